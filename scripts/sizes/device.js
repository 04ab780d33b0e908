"use strict";
// JsVars of a module on a real Espruino: written to Storage, loaded from there, and connected to a broker on loopback.
const { createCloud } = require("../../test/clouds/bigiot");
const { createCloud: createIotConnect, KEY } = require("../../test/clouds/iotconnect");
const { createCloud: createAzure } = require("../../test/clouds/azure");
const { startAedes } = require("../../test/rig/broker");
const { runEspruino } = require("../../test/rig/espruino");

const GROUP = Buffer.alloc(32, "thincloud").toString("base64");

// How each client says "connect, subscribe once, then be idle": ours, and the peers of the Espruino module collection.
const connectors = {
  mqtt: (port) => `
    var c = m.connect("mqtt://127.0.0.1:${port}", { clientId: "sizes" });
    c.on("connect", function () { c.subscribe("a/b", function () { check(arguments[0]); setTimeout(report, 300, "idle"); }); });`,
  bigiot: (port) => `
    var c = m.create({ id: 70413, apiKey: "abc123key", host: "127.0.0.1", port: ${port} });
    c.on("online", function () { setTimeout(report, 300, "idle"); });`,
  aliiot: (port) => `
    var c = m.AliIot({ productKey: "a1AbCdEfGhI", deviceName: "dev001", deviceSecret: "ds0123456789abcdefABCDEF0123456", protocol: "mqtt", host: "127.0.0.1", port: ${port} });
    c.connect(function () { check(arguments[0]); setTimeout(report, 300, "idle"); });`,
  watson: (port) => `
    var c = m.ApplicationClient({ org: "abc123", id: "sizes", authKey: "a-abc123-k", authToken: "t", host: "127.0.0.1", port: ${port}, protocol: "mqtt" });
    c.on("connect", function () { c.subscribeToDeviceEvents("t", function () { check(arguments[0]); setTimeout(report, 300, "idle"); }); });`,
  iotconnect: (url) => `
    var c = m.create({ cpId: "acme01", uniqueId: "dev1", devicePrimaryKey: "${KEY}", discoveryUrl: "${url}", protocol: "mqtt", ntp: "" });
    c.on("connect", function () { setTimeout(report, 500, "idle"); });`,
  iotcentral: ({ dps, hub }) => `
    var c = m.create({ idScope: "${dps.idScope}", deviceId: "sizes", groupKey: "${GROUP}", modelId: "dtmi:thincloud:Sizes;1", dpsHost: "localhost", dpsPort: ${dps.port}, port: ${hub.port}, protocol: "mqtt" });
    c.connect(function () { check(arguments[0]); setTimeout(report, 1500, "idle"); });`,
  peer: (port) => `
    var c = m.create("127.0.0.1", { port: ${port}, client_id: "sizes" });
    c.on("connected", function () { c.subscribe("a/b"); setTimeout(report, 500, "idle"); });
    c.connect();`,
};

// `process.memory` collects garbage before it counts. What the measuring itself needs is made before the first count, and the
// connecting program lies in flash as the module does: the text of its callbacks is not the module's cost.
const script = (connect) => `
require("Storage").read("subject", 0, 1);
var start, m;
function check(error) { if (error) print("Uncaught " + error); }
function report(what) { print("R " + what + " " + (process.memory().usage - start)); if (what === "idle") print("R done"); }
setTimeout(function () {
  start = 0; start = process.memory().usage; m = require("subject"); report("loaded");
  ${connect ? 'setTimeout(require("Storage").read("program"), 1);' : 'print("R done");'}
}, 100);
`;

async function execute(binary, bytes, connect) {
  const storage = { subject: Buffer.from(bytes, "latin1"), ...(connect && { program: connect }) };
  const until = (line) => line === "done";
  const { lines, output } = await runEspruino(binary, { storage, script: script(connect), timeout: 10000, until });
  const found = Object.fromEntries(lines.map((line) => line.split(" ")));
  const vars = (what) => found[what] && Number(found[what]);
  const [fault] = /(Uncaught|OUT OF MEMORY)[^\r\n]*/.exec(output) || ["done" in found ? undefined : "no answer"];
  return { loaded: vars("loaded"), idle: fault ? undefined : vars("idle"), fault };
}

/** @param {{ name: string, bytes: string, peer?: boolean }[]} subjects  files; a peer is no module of ours but an MQTT client of theirs */
async function measure(binary, subjects) {
  const out = {};
  const broker = await startAedes();
  const { port } = broker;
  const bigiot = createCloud();
  const ports = { mqtt: port, peer: port, watson: port, aliiot: port, bigiot: (await bigiot.listen())[8282] };
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
  for (const { name, bytes, peer } of subjects) {
    const kind = peer ? "peer" : name;
    out[name] = await execute(binary, bytes, connectors[kind] && connectors[kind](ports[kind]));
  }
  await bigiot.close();
  await iotconnect.close();
  await azure.close();
  await broker.stop();
  return out;
}

module.exports = { measure };
