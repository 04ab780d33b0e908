"use strict";
// JsVars of a module on a real Espruino: written to Storage, loaded from there, and connected to a broker on loopback.
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const net = require("node:net");
const { spawn } = require("node:child_process");
const { createCloud } = require("../../test/clouds/bigiot");
const { createCloud: createIotConnect, KEY } = require("../../test/clouds/iotconnect");
const { createCloud: createAzure } = require("../../test/clouds/azure");

const literal = (bytes) => JSON.stringify(bytes).replace(/[\x7f-\xff]/g, (c) => "\\x" + c.charCodeAt(0).toString(16));

/** Statements that put a file into the interpreter's flash. */
function store(name, bytes) {
  let out = "";
  for (let at = 0; at < bytes.length; at += 512)
    out += `require("Storage").write("${name}",${literal(bytes.slice(at, at + 512))},${at}${at ? "" : "," + bytes.length});\n`;
  return out;
}

const GROUP = Buffer.alloc(32, "thincloud").toString("base64");

// How each client says "connect, subscribe once, then be idle": ours, and the two of the Espruino module collection.
const connectors = {
  mqtt: (port) => `
    var c = m.connect("mqtt://127.0.0.1:${port}", { clientId: "sizes" });
    c.on("connect", function () { c.subscribe("a/b", function () { setTimeout(report, 300, "idle"); }); });`,
  bigiot: (port) => `
    var c = m.create({ id: 70413, apiKey: "abc123key", host: "127.0.0.1", port: ${port} });
    c.on("online", function () { setTimeout(report, 300, "idle"); });`,
  aliiot: (port) => `
    var c = m.AliIot({ productKey: "a1AbCdEfGhI", deviceName: "dev001", deviceSecret: "ds0123456789abcdefABCDEF0123456", protocol: "mqtt", host: "127.0.0.1", port: ${port} });
    c.connect(function () { setTimeout(report, 300, "idle"); });`,
  watson: (port) => `
    var c = m.ApplicationClient({ org: "abc123", id: "sizes", authKey: "a-abc123-k", authToken: "t", host: "127.0.0.1", port: ${port}, protocol: "mqtt" });
    c.on("connect", function () { c.subscribeToDeviceEvents("t", function () { setTimeout(report, 300, "idle"); }); });`,
  iotconnect: (url) => `
    var c = m.create({ cpId: "acme01", uniqueId: "dev1", devicePrimaryKey: "${KEY}", discoveryUrl: "${url}", protocol: "mqtt", ntp: "" });
    c.on("connect", function () { setTimeout(report, 500, "idle"); });`,
  iotcentral: ({ dps, hub }) => `
    var c = m.create({ idScope: "${dps.idScope}", deviceId: "sizes", groupKey: "${GROUP}", modelId: "dtmi:thincloud:Sizes;1", dpsHost: "localhost", dpsPort: ${dps.port}, port: ${hub.port}, protocol: "mqtt" });
    c.connect(function () { setTimeout(report, 1500, "idle"); });`,
  peer: (port) => `
    var c = m.create("127.0.0.1", { port: ${port}, client_id: "sizes" });
    c.on("connected", function () { c.subscribe("a/b"); setTimeout(report, 500, "idle"); });
    c.connect();`,
};

// `process.memory` collects garbage before it counts. What the measuring itself needs is made before the first count, and the
// connecting program lies in flash as the module does: the text of its callbacks is not the module's cost.
const script = (bytes, connect) => `
require("Storage").eraseAll();
${store("subject", bytes)}${connect ? store("program", connect) : ""}
var start, m;
function report(what) { print("@@" + what + " " + (process.memory().usage - start) + "@@"); if (what === "idle") print("@@done 0@@"); }
setTimeout(function () {
  start = 0; start = process.memory().usage; m = require("subject"); report("loaded");
  ${connect ? 'setTimeout(require("Storage").read("program"), 1);' : 'print("@@done 0@@");'}
}, 100);
`;

function execute(binary, source, seconds = 10) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sizes-"));
  fs.writeFileSync(path.join(dir, "run.js"), source, "latin1");
  return new Promise((resolve) => {
    // Its standard input stays open: at the end of it the interpreter reads 0xFF for ever.
    const child = spawn(binary, ["run.js"], { cwd: dir, stdio: ["pipe", "pipe", "pipe"] });
    const found = {};
    let text = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    child.on("error", (e) => (text += e.message));
    child.stdout.on("data", (data) => {
      text += data.toString("latin1");
      for (const [, what, vars] of text.matchAll(/@@(\w+) (-?\d+)@@/g)) found[what] = Number(vars);
      if ("done" in found) child.kill("SIGKILL");
    });
    child.on("close", () => {
      clearTimeout(timer);
      fs.rmSync(dir, { recursive: true, force: true });
      const fault = /(Uncaught[^\n]*|OUT OF MEMORY[^\n]*)/.exec(text);
      resolve({ loaded: found.loaded, idle: found.idle, fault: "done" in found ? undefined : fault ? fault[1] : "no answer" });
    });
  });
}

async function broker() {
  const { Aedes } = await import("aedes");
  const aedes = await Aedes.createBroker();
  const server = net.createServer(aedes.handle);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, close: () => new Promise((resolve) => aedes.close(() => server.close(resolve))) };
}

/** @param {{ name: string, bytes: string, kind?: string }[]} subjects */
async function measure(binary, subjects) {
  const out = {};
  const { port, close } = await broker();
  const bigiot = createCloud();
  const ports = { mqtt: port, peer: port, watson: port, bigiot: (await bigiot.listen())[8282] };
  // A template of two attributes and an object.
  const attribute = (ln, dv) => ({ ln, dt: 0, dv, tg: "", sq: 1, agt: 0, tw: "" });
  const att = [
    { p: "", dt: null, agt: 0, tw: "", tg: "", d: [attribute("temperature", "-40to85"), attribute("humidity", "0to100")] },
    { p: "gyro", dt: 2, agt: 0, tw: "", tg: "", d: [attribute("x", ""), attribute("y", "")] },
  ];
  const iotconnect = createIotConnect({ template: { att } });
  ports.iotconnect = (await iotconnect.listen()).url;
  const azure = createAzure({ dps: { groups: { all: { key: GROUP } }, assignedHub: "localhost", retryAfter: 1, polls: 1 } });
  ports.iotcentral = await azure.listen();
  for (const { name, bytes, kind } of subjects) out[name] = await execute(binary, script(bytes, kind && connectors[kind](ports[kind])));
  await bigiot.close();
  await iotconnect.close();
  await azure.close();
  await close();
  return out;
}

module.exports = { measure };
