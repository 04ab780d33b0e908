"use strict";
/** Alibaba Cloud IoT on the real interpreters: every vector byte for byte, a session, and an update from push to confirmation. */
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const { createCloud } = require("../clouds/ali");
const { runShell, startDevice } = require("../rig");
const { certificates, pem } = require("../rig/certs");
const { encrypted } = require("../rig/encrypted");
const { start, temporary } = require("../rig/child");
const { store } = require("../rig/espruino");
const { ANSWER, cases } = require("./ali-vectors");
const bundle = require("./ali-bundle");
const { ANNEX_B } = require("./core");

const PK = "a1AbCdEfGhI";
const SECRET = "ds0123456789abcdefABCDEF0123456";

const ask = (list) => `${ANSWER}\n${list.map(({ call }, i) => `R("${i} " + answer(m, ${JSON.stringify(call)}));`).join("\n")}\nR("end");`;

const vectors = {
  name: "vectors",
  on: ["espruino64", "espruino32", "iotjs", "jerry", "mujs"],
  timeout: 60000,
  async run(t) {
    const { kind, binary } = t.interpreter;
    const list = cases();
    const ali = await bundle.build(kind);
    const shell = `function R(t){print("R "+t)}\n${ANNEX_B}var m = require("ali");\n${ask(list)}`;
    const device = { modules: { ali }, script: `var m = require("ali");\n${ask(list)}`, timeout: 60000, until: (line) => line === "end" };
    const result =
      kind === "shell"
        ? await runShell(binary, { files: { ali }, script: shell, timeout: 60000 })
        : await (
            await startDevice(t.interpreter, device)
          ).ended;
    const wrong = list.flatMap(({ name, expect }, i) => {
      const got = (result.lines.find((line) => line.startsWith(`${i} `)) || "").slice(`${i} `.length);
      return got === expect ? [] : [`${name}: ${got || "no answer"}, not ${expect}`];
    });
    t.assert.deepStrictEqual(wrong, []);
    t.note(`${list.length} vectors`);
  },
};

async function platform(t, more = {}) {
  const { tls, ...rest } = more;
  const cloud = createCloud({ devices: [{ productKey: PK, deviceName: "dev001", secret: SECRET }], connectsPerMinute: 100, ...rest });
  await cloud.listen({ tls });
  t.defer(() => cloud.close());
  return { cloud, device: cloud.devices.get(`${PK}/dev001`) };
}

const CREATE = (port, more = "") => `
var AliIot = require("aliiot").AliIot;
var server = AliIot({ productKey: "${PK}", deviceName: "dev001", deviceSecret: "${SECRET}", protocol: "mqtt", host: "127.0.0.1", port: ${port}, reconnectPeriod: 200${more} });
server.on("error", function (e) { R("error " + e.code + " " + e.message); });`;

const session = {
  name: "a session: reports, services, RRPC, shadow, time, a lost connection",
  on: ["espruino64", "espruino32", "iotjs"],
  timeout: 40000,
  async run(t) {
    const { cloud, device } = await platform(t);
    cloud.model = { [PK]: { temperature: "float" } };
    const script = `${CREATE(cloud.port, ', types: { temperature: "float", add: { z: "double" } }')}
server.addEvent("alarm");
server.addService("add", function (input) { return { z: input.x + input.y, text: "wärme" }; });
server.addProperty("Power", function (value) { R("power " + value); });
server.setCallback(function (topic, data) { return data === "ping" ? "pong" : { echo: data }; });
server.connect(function (err) {
  R("connected " + (err || server.status));
  server.propertiesReport({ temperature: 10, place: "Zürich €" }, function (e, answer) {
    R("properties " + (e || answer.code));
    server.eventReport("alarm", { level: 3 }, function (e2, a2) {
      R("event " + (e2 || a2.code));
      server.shadow("update", { colour: "red" }, function (e3) {
        R("shadow " + (e3 || "ok"));
        server.shadow("delete", null, function (e4) {
          R("shadow " + (e4 || "empty"));
          server.ntp(function (e5, ms) { R("time " + (e5 || ms > 1.7e12)); R("ready"); });
        });
      });
    });
  });
});`;
    const run = await t.device({ modules: ["aliiot"], script, timeout: 40000 });
    await t.until(() => run.lines.includes("ready"), "the first answers");
    t.assert.deepStrictEqual(run.lines, [
      "connected true",
      "properties 200",
      "event 200",
      "shadow ok",
      "shadow empty",
      "time true",
      "ready",
    ]);
    t.assert.strictEqual(device.properties.place, "Zürich €");
    t.assert.ok(cloud.messages[0].payload.includes('"temperature":{"value":10.0,'), cloud.messages[0].payload);
    const answer = await cloud.call(device, "add", { x: 2, y: 3 });
    t.assert.deepStrictEqual(answer.data, { z: 5, text: "wärme" });
    t.assert.deepStrictEqual((await cloud.sync(device, "add", { x: 4, y: 5 })).data.z, 9);
    t.assert.strictEqual((await cloud.set(device, { Power: 1 })).code, 200);
    t.assert.strictEqual(String(await cloud.rrpc(device, "ping")), "pong");
    t.assert.deepStrictEqual(JSON.parse(await cloud.rrpc(device, '{"ü":"€"}')), { echo: { ü: "€" } });
    [...cloud.wires].forEach((wire) => wire.destroy());
    await t.until(() => device.session, "the second connection");
    await t.until(() => device.session.filters.size >= 6, "its subscriptions");
    t.assert.strictEqual((await cloud.set(device, { Power: 2 })).code, 200);
    await t.until(() => device.properties.Power === 2, "the property reported");
    t.assert.deepStrictEqual([cloud.refused, cloud.lost], [[], []]);
  },
};

const PRODUCT = "psABCDEFGHIJKLMN";

/** What is registered inside TLS is then used inside TLS. */
async function enrol(t, registration) {
  const { ca, server } = certificates();
  const { cloud, device } = await platform(t, {
    tls: server,
    devices: [{ productKey: PK, deviceName: "dev001" }],
    products: { [PK]: { secret: PRODUCT, dynamic: true } },
  });
  const options = {
    productKey: PK,
    deviceName: "dev001",
    productSecret: PRODUCT,
    registration,
    host: "localhost",
    port: cloud.port,
    registrationHost: "localhost",
    registrationPort: cloud.authPort,
    ca: pem(ca.cert),
    reconnectPeriod: 1000,
  };
  const script = `
var server = require("aliiot").AliIot(${JSON.stringify(options)});
server.on("error", function (e) { R("error " + e.code + " " + e.message); });
server.connect(function (err) {
  R("connected " + (err || server.authInfo.deviceSecret));
  server.propertiesReport({ place: "Zürich" }, function (e, answer) { R("properties " + (e || answer.code)); });
});`;
  const run = await t.device({ modules: ["aliiot"], script, timeout: 60000 });
  await t.until(() => run.lines.some((line) => /^properties/.test(line)), "the report", 40000);
  t.assert.deepStrictEqual(run.lines, [`connected ${device.secret}`, "properties 200"]);
  t.assert.strictEqual(device.properties.place, "Zürich");
  t.assert.strictEqual(cloud.http.length, registration === "https" ? 1 : 0);
  t.assert.deepStrictEqual(
    cloud.packets.filter((p) => p.cmd === "connect").map(({ clientId }) => /securemode=2/.test(clientId)),
    registration === "https" ? [true] : [true, true],
  );
  t.assert.deepStrictEqual(cloud.refused, []);
}

const secured = ["https", "mqtt"].flatMap((registration) => [
  {
    name: `registration over ${registration} and a session, verified TLS`,
    on: ["iotjs"],
    timeout: 70000,
    run: (t) => enrol(t, registration),
  },
  {
    name: `registration over ${registration} and a session, TLS`,
    on: ["espruino64", "espruino32"],
    timeout: 70000,
    run: encrypted((t) => enrol(t, registration)),
  },
]);

/** The seed's own usage example, line by line. */
const example = {
  name: "the seed's example, translated",
  on: ["espruino64", "espruino32", "iotjs"],
  async run(t) {
    const { cloud, device } = await platform(t);
    const script = fs.readFileSync(path.join(__dirname, "ali-seed.js"), "utf8").replace("PORT", cloud.port);
    const run = await t.device({ modules: ["aliiot", "aliiotota"], script });
    await t.until(() => run.lines.includes("reported"), "the reports");
    t.assert.strictEqual(device.properties.phone_num, "123456789");
    t.assert.deepStrictEqual(device.events.map(({ event, params }) => [event, params.value]), [["low_power_alarm", { power_level: 20 }]]); // prettier-ignore
    t.assert.strictEqual(device.versions["QuecPython-Tracker-Laike"], "1.1.0");
    t.assert.strictEqual((await cloud.call(device, "query_power_level", {})).code, 200);
    t.assert.strictEqual((await cloud.set(device, { energy: 1 })).code, 200);
    await cloud.rrpc(device, "hello");
    cloud.tell(device, `/${PK}/dev001/user/get`, "x");
    run.lines.length = 0;
    t.assert.deepStrictEqual([cloud.refused, cloud.lost], [[], []]);
  },
};

const HMAC = "00112233445566778899aabbccddeeff";

/** What every version of the program has: it says who it is, and does the updates that the platform pushes. */
const PROGRAM = (version, port) => `
function R(text) { print("R " + text); }
var ota = require("ota").create({ hmacKey: "${HMAC}", target: "espruino", model: "board" });
var AliIotOTA = require("aliiotota").AliIotOTA;
${CREATE(port)}
var update = new AliIotOTA("app", "MCU", { installer: ota, http: require("otahttp").source, every: 10 });
update.setServer(server);
server.setCallback(function (topic, data) {
  if (topic.indexOf("/ota/device/upgrade/") !== 0) return;
  update.setOtaData(data.data);
  R("job " + JSON.stringify(update.getOtaInfo()));
  update.start(function (err, v) {
    server.disconnect(function () {
      R(err ? "failed " + err.code + " " + err.message : "installed " + v);
      if (!err) ota.restart();
    });
  });
});
R("runs ${version}");
server.connect(function (err) {
  ota.confirm();
  server.otaDeviceInform("${version}", "app", function () { R("informed"); });
});`;

const update = {
  name: "AliIotOTA: several files over HTTP, verified, applied, confirmed; a wrong digest is told and changes nothing",
  on: ["espruino64", "espruino32"],
  timeout: 90000,
  async run(t) {
    const packages = require("../../tool/ota/package.js");
    const { cloud, device } = await platform(t);
    const cwd = temporary();
    t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
    const boot = async (until) => {
      const run = start(t.interpreter.binary, [], { cwd, timeout: 30000, until: (line) => until && line.indexOf(until) === 0 });
      const { lines, output, timedOut } = await run.ended;
      if (timedOut) t.assert.fail(`no end of ${lines.join(" | ")}${output.slice(-800)}`);
      return lines;
    };
    const release = (version, seq) => {
      const files = [
        { name: "part", data: Buffer.from(`exports.name = "part ${version}"; // ${"x".repeat(2500)}\n`) },
        { name: "main", data: Buffer.from(PROGRAM(version, cloud.port)) },
      ];
      const made = packages.build({ target: "espruino", model: "board", main: "main", version, seq, files });
      const whole = packages.assemble(
        made,
        crypto.createHmac("sha256", Buffer.from(HMAC, "hex")).update(packages.message(made.manifest)).digest(),
      );
      // The platform keeps files: the head of the package is the first, its files are the others.
      const sizes = files.map(({ data }) => data.length);
      const head = whole.length - sizes[0] - sizes[1];
      return [["head.ota", 0, head], ["part", head, head + sizes[0]], ["main", head + sizes[0], whole.length]].map(([name, from, to]) => ({ name, bytes: whole.subarray(from, to) })); // prettier-ignore
    };
    const modules = {
      ota: t.dist("ota"),
      otahttp: t.dist("otahttp"),
      aliiot: t.dist("aliiot"),
      aliiotota: t.dist("aliiotota"),
      ".bootcde": t.dist("otaboot"),
    };
    await store(t.interpreter.binary, cwd, { ...modules, main: PROGRAM("1.0", cloud.port) });

    const bad = (data) => ((data.files[2].fileSign = data.files[2].fileSign.replace(/^./, (c) => (c === "0" ? "1" : "0"))), data);
    let plan = cloud.plan(device, { module: "app", version: "2.0", files: release("2.0", 2), signMethod: "Md5", change: bad });
    let lines = await boot("failed");
    t.assert.deepStrictEqual(lines.slice(-1), ["failed refused main has another digest than the platform said"]);
    const steps = () => device.progress.splice(0).map(({ step }) => step);
    t.assert.strictEqual(plan.state, "failed");
    t.assert.ok(!steps().includes(100));

    for (const [signMethod, version] of [
      ["Md5", "2.0"],
      ["SHA256", "3.0"],
    ]) {
      plan = cloud.plan(device, { module: "app", version, files: release(version, Number(version[0])), signMethod }); // prettier-ignore
      const from = device.versions.app;
      lines = await boot("-");
      t.assert.strictEqual(lines[0], `runs ${from}`);
      t.assert.strictEqual(lines[lines.length - 1], `installed ${version}`);
      const seen = steps();
      t.assert.strictEqual(seen[0], 1);
      t.assert.strictEqual(seen[seen.length - 1], 100);
      t.assert.deepStrictEqual(seen, [...seen].sort((a, b) => a - b)); // prettier-ignore
      t.assert.strictEqual(plan.state, "upgrading");
      lines = await boot("informed");
      t.assert.deepStrictEqual(lines.filter((line) => !/^job/.test(line)), [`runs ${version}`, "informed"]); // prettier-ignore
      t.assert.strictEqual(plan.state, "done");
      t.note(`${signMethod}: progress ${seen.join(" ")}`);
    }
    t.assert.deepStrictEqual([cloud.refused, cloud.lost], [[], []]);
  },
};

module.exports = [vectors, session, ...secured, example, update];
