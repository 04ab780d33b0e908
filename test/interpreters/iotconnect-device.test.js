"use strict";
/** iotconnect with the modules beside it on the real interpreters: updates by `ota`, a chip by `tpm`, and a flash file that outlives the program. */
const fs = require("fs");
const { start, temporary } = require("../rig/child");
const { store } = require("../rig/espruino");
const { missing, startSwtpm } = require("../rig/swtpm");
const { tpmChallenge } = require("../clouds/azure/tpm-challenge");
const { createCloud, KEY } = require("../clouds/iotconnect");
const packages = require("../../tool/ota/package.js");

const SECRET = "00112233445566778899aabbccddeeff";
const PAIR = ["espruino64", "espruino32"];

const flat = (...names) => ({ p: "", tg: "", d: names.map((ln) => ({ ln, dt: 0, dv: "", tg: "" })) });

async function listening(t, about) {
  const cloud = createCloud(about);
  await cloud.listen({});
  t.defer(() => cloud.close());
  return cloud;
}

function directory(t) {
  const cwd = temporary();
  t.defer(() => fs.rmSync(cwd, { recursive: true, force: true }));
  return cwd;
}

const options = (cloud, more) =>
  JSON.stringify({
    cpId: cloud.cpId,
    uniqueId: cloud.uniqueId,
    devicePrimaryKey: KEY,
    discoveryUrl: cloud.url,
    ntp: "",
    protocol: "mqtt",
    reconnectPeriod: 200,
    ...more,
  });

/** One boot of the device in `cwd` until a line begins with `until`, or until it restarts itself. */
async function boot(t, cwd, until, seconds = 30) {
  const run = start(t.interpreter.binary, [], { cwd, timeout: seconds * 1000, until: (line) => line.indexOf(until) === 0 });
  const { lines, output, timedOut } = await run.ended;
  if (timedOut || /OUT OF MEMORY|Uncaught/.test(output)) t.assert.fail("no end of " + lines.join(" | ") + output.slice(-800));
  return lines;
}

const PROGRAM = (name, cloud) => `
function R(text) { print("R " + text); }
var ota = require("ota").create({ hmacKey: "${SECRET}", target: "espruino", model: "board", retryPeriod: 50, confirmTimeout: 60 });
R("program ${name}");
var options = ${options(cloud)};
options.ota = ota;
options.otaSource = require("otahttp").source;
options.DeviceCallback = function (d) { if (d.cmdType !== "0x16") R("device " + d.cmdType); };
var sdk = require("iotconnect").create(options);
sdk.on("error", function (e) { R("error " + e.code + " " + e.message); });
sdk.on("update", function (version) { R("update " + version); });
sdk.on("connect", function () { R("connect"); ota.confirm(); });
`;

function release(seq, program, secret = SECRET) {
  const files = [{ name: "main", data: Buffer.from(program + "// " + "x".repeat(3000)) }];
  const made = packages.build({ version: "1." + seq, seq, target: "espruino", model: "board", main: "main", files });
  return packages.assemble(made, packages.hmac(Buffer.from(secret, "hex"), made.manifest));
}

const update = {
  name: "an update through the module ota: commanded, verified, applied, acknowledged; a wrong signature refused",
  on: PAIR,
  timeout: 120000,
  async run(t) {
    const cloud = await listening(t);
    const cwd = directory(t);
    const modules = { ".bootcde": t.dist("otaboot"), ota: t.dist("ota"), otahttp: t.dist("otahttp"), iotconnect: t.dist("iotconnect") };
    await store(t.interpreter.binary, cwd, { ...modules, main: PROGRAM("factory", cloud) });
    const acks = () => cloud.of(11).map((m) => m.d);
    const order = (ackId) =>
      cloud.command("0x02", { command: "ota", ack: true, ackId, urls: [{ url: `${cloud.url}/fw.ota`, uniqueId: "dev1" }] });

    // The session is kept: a command waits at the hub for a device that is away.
    cloud.files["/fw.ota"] = release(1, PROGRAM("forged", cloud), "ff".repeat(16));
    order("u-1");
    const first = start(t.interpreter.binary, [], { cwd, timeout: 40000 });
    t.defer(() => first.stop());
    await t.until(() => acks().length === 1, "the refusal; " + first.output().slice(-500), 20000);
    t.assert.deepStrictEqual(acks(), [{ ackId: "u-1", st: 4, msg: "ota.new is not what was signed", childId: "" }]);
    t.assert.deepStrictEqual(first.lines, ["program factory", "connect", "device 0x02"]);

    cloud.files["/fw.ota"] = release(1, PROGRAM("one", cloud));
    order("u-2");
    const { lines, timedOut, output } = await first.ended;
    t.assert.ok(!timedOut, output.slice(-800));
    t.assert.deepStrictEqual(lines.slice(3), ["device 0x02", "update 1.1"]);
    t.assert.strictEqual(acks().length, 1);

    const second = start(t.interpreter.binary, [], { cwd, timeout: 40000 });
    t.defer(() => second.stop());
    await t.until(() => acks().length === 2, "the acknowledgement by the new program; " + second.output().slice(-500), 20000);
    t.assert.deepStrictEqual(acks()[1], { ackId: "u-2", st: 7, msg: "1.1", childId: "" });
    t.assert.deepStrictEqual(second.lines, ["program one", "connect"]);
    t.assert.deepStrictEqual(cloud.faults, []);
  },
};

const chip = {
  name: "authentication type 4: a software TPM is enrolled, signs the token, data arrive; after a restart without enrolment",
  on: ["espruino64", "espruino32", "iotjs"],
  timeout: 90000,
  async run(t) {
    if (missing()) t.skip(missing());
    const swtpm = await startSwtpm();
    t.defer(() => swtpm.remove());
    const cloud = await listening(t, { at: 4, template: { att: [flat("temperature")] }, dps: { individuals: {} } });
    const { dps } = cloud.azure;
    const at = { host: "127.0.0.1", port: swtpm.port, timeout: 15000, dpsHost: "127.0.0.1", dpsPort: dps.httpsPort, plain: true };
    const app = (body) => `var chip = require("tpm").create(${JSON.stringify(at)});\n${body}`;
    const run = (modules, body) => t.device({ modules, script: app(body), timeout: 40000 });

    const reader = await run(["tpm"], `chip.keys(function (e, keys) { R("ek " + (e ? e.message : keys.endorsementKey)); });`);
    const ek = (await t.until(() => reader.lines[0], "the endorsement key", 20000)).slice(3);
    reader.stop();
    dps.individuals[cloud.id] = { tpm: { endorsementKey: ek, challenge: tpmChallenge } };

    const more = { scopeId: dps.idScope, devicePrimaryKey: undefined, cache: false };
    const body = `
var options = ${options(cloud, more)};
options.tpm = { sign: chip.sign, register: function (scope, id, done) { R("register " + id); chip.register(scope, id, done); } };
var sdk = require("iotconnect").create(options);
sdk.on("error", function (e) { R("error " + e.code + " " + e.message); });
sdk.on("connect", function () {
  R("connect");
  sdk.sendData([{ uniqueId: "dev1", data: { temperature: 21.5 } }], function (e, how) { R("data " + (e ? e.code : how)); });
});`;
    cloud.script("sync", [1]);
    const device = await run(["iotconnect", "tpm"], body);
    await t.until(() => device.lines.includes("data sent"), "the data", 30000);
    t.assert.deepStrictEqual(device.lines, ["error refused identity 1: device not registered", `register ${cloud.id}`, "connect", "data sent"]); // prettier-ignore
    t.assert.deepStrictEqual(cloud.of(0).map((m) => m.d[0].d), [[{ temperature: 21.5 }]]); // prettier-ignore
    device.stop();

    await swtpm.restart();
    const again = await run(["iotconnect", "tpm"], body);
    await t.until(() => again.lines.includes("data sent"), "the data of the second boot", 30000);
    t.assert.deepStrictEqual(again.lines, ["connect", "data sent"]);
    // The hub knows no other key than the one that came through the service into the chip.
    t.assert.notStrictEqual(cloud.hub.device(cloud.id).key, KEY);
    t.assert.deepStrictEqual(cloud.faults, []);
  },
};

const CUTS = 12;

const cuts = {
  name: "offline storage: the process killed " + CUTS + " times while it stores, with its flash file kept",
  on: PAIR,
  timeout: 300000,
  async run(t) {
    const cloud = await listening(t, { template: { att: [flat("t")] } });
    const cwd = directory(t);
    const app = (n, away) => `
function R(text) { print("R " + text); }
var options = ${options(cloud, { offlineStorage: { availSpaceInMb: 0.02 }, flushPeriod: 5, ...(away && { port: 1, discoveryUrl: "http://127.0.0.1:1" }) })};
var sdk = require("iotconnect").create(options), i = ${n * 10000};
sdk.on("error", function () {});
sdk.on("connect", function () { R("connect"); });
sdk.on("drained", function () { R("drained " + sdk.status().stored); });
function next() {
  var mine = ++i;
  sdk.sendData([{ uniqueId: "dev1", time: "2021-01-24T10:06:17.857Z", data: { t: mine } }], function (e, how) { R("put " + mine + " " + how); });
  setTimeout(next, 1);
}
${away ? "next();" : ""}`;
    await store(t.interpreter.binary, cwd, { iotconnect: t.dist("iotconnect"), ".bootcde": app(0, false) });
    await boot(t, cwd, "connect");
    const put = [];
    for (let n = 1; n <= CUTS; n++) {
      await store(t.interpreter.binary, cwd, { ".bootcde": app(n, true) }, true);
      const run = start(t.interpreter.binary, [], { cwd, timeout: 20000 });
      const told = () => run.lines.filter((line) => /^put \d+ stored/.test(line)).length;
      const wanted = 15 + Math.random() * 10;
      await t.until(() => told() > wanted, "records; " + run.output().slice(-500), 15000);
      await new Promise((done) => setTimeout(done, Math.random() * 20));
      run.stop();
      const { lines } = await run.ended;
      put.push(...lines.filter((line) => /^put \d+ stored/.test(line)).map((line) => +line.split(" ")[1]));
    }
    t.assert.deepStrictEqual(cloud.of(0), []);
    await store(t.interpreter.binary, cwd, { ".bootcde": app(0, false) }, true);
    const last = start(t.interpreter.binary, [], { cwd, timeout: 40000 });
    t.defer(() => last.stop());
    const drained = () => last.lines.filter((line) => /^drained/.test(line));
    await t.until(() => drained().length, "that all is with the cloud; " + cloud.of(0).length + " records", 30000);
    t.assert.deepStrictEqual(drained(), ["drained 0"]);
    const got = cloud.elements(0).map((e) => e.d[0].t);
    t.note(`${put.length} stored, the newest ${got.length} kept`);
    t.assert.deepStrictEqual(got, [...new Set(got)].sort((a, b) => a - b)); // prettier-ignore
    t.assert.ok(cloud.of(0).every((m) => m.od === 1));
    // What is older than the limit is gone, and nothing else: of what was told to be stored all that is not older is there.
    t.assert.ok(got.length >= 60, got.length + " records in 20 kB");
    const from = put.findIndex((n) => n >= got[0]);
    t.assert.ok(from > 0, "the limit was never reached");
    t.assert.deepStrictEqual(put.slice(from).filter((n) => !got.includes(n)), []); // prettier-ignore
    // A cut may leave one whole record that was not told yet.
    t.assert.ok(got.length - (put.length - from) <= CUTS);
    t.assert.deepStrictEqual(cloud.faults, []);
  },
};

module.exports = [update, chip, cuts];
