"use strict";
/** The shipped file on the real interpreters against the local IoTConnect. */
const { certificates, pem } = require("../rig/certs");
const { encrypted } = require("../rig/encrypted");
const { createCloud, KEY } = require("../clouds/iotconnect");

const TIME = "2021-01-24T10:06:17.857Z";
const n = (ln, more) => ({ ln, dt: 0, dv: "", tg: "", agt: 0, tw: "", ...more });
const flat = (...list) => ({ p: "", dt: null, agt: 0, tw: "", tg: "", d: list });

const APP = (options) => `
var options = ${JSON.stringify(options)};
options.DeviceCallback = function (d) {
  R("device " + d.cmdType + " " + d.command);
  if (d.cmdType === "0x01" && d.ackId) sdk.sendAck({ ackId: d.ackId, st: 6, msg: "done é", childId: "" }, 5);
};
options.TwinUpdateCallback = function (t) { R("twin " + (t.reported ? "whole" : JSON.stringify(t.desired))); };
var sdk = require("iotconnect").create(options);
function send(data) {
  return sdk.sendData([{ uniqueId: options.uniqueId, time: "${TIME}", data: data }], function (e, how) { R("sent " + (e ? e.code : how)); });
}
sdk.on("error", function (e) { R("error " + e.code + " " + e.message); });
sdk.on("connect", function () { R("connect"); });
sdk.on("close", function () { R("close"); for (var i = 0; i < 5; i++) send({ temperature: i }); });
setInterval(function () {}, 10000);`;

const ALL = ["espruino64", "espruino32", "iotjs"];

async function begin(t, { secure, ...about } = {}, options = {}) {
  const cloud = createCloud(about);
  const { ca, server } = secure ? certificates() : {};
  await cloud.listen(secure ? { tls: server } : {});
  t.defer(() => cloud.close());
  const all = {
    cpId: cloud.cpId,
    uniqueId: cloud.uniqueId,
    devicePrimaryKey: KEY,
    discoveryUrl: cloud.url,
    ntp: "",
    version: about.version || "1.0",
    reconnectPeriod: 200,
    ...options,
  };
  if (secure) all.ca = pem(ca.cert);
  else all.protocol = "mqtt";
  const device = await t.device({ modules: ["iotconnect"], script: APP(all), timeout: 60000 });
  await t.until(() => device.lines.includes("connect"), "the connection", 20000);
  await t.until(() => device.lines.includes("twin whole"), "the twin");
  return { cloud, device, line: (text, ms) => t.until(() => device.lines.includes(text), text, ms) };
}

async function session(t, secure) {
  const att = [
    flat(n("temperature", { dv: "-40to85" }), n("mode", { dt: 1 })),
    { p: "gyro", dt: 2, tg: "", d: [n("x", { dv: "-2to2" }), n("y")] },
  ];
  const { cloud, device, line } = await begin(t, { secure, template: { att, set: [n("interval")] } });
  cloud.command("0x01", { command: "go", ack: true, ackId: "a-1" });
  await line("device 0x01 go");
  await t.until(() => cloud.of(5).length === 1, "the acknowledgement");
  t.assert.deepStrictEqual(cloud.of(5)[0].d, { ackId: "a-1", st: 6, msg: "done é", childId: "" });
  cloud.hub.twin(cloud.id).patch({ interval: 45 });
  await t.until(() => device.lines.some((text) => /^twin .*"interval":45/.test(text)), "the desired property");
  cloud.hub.drop(cloud.id);
  await t.until(() => cloud.elements(0).length === 5, "what was stored while it was away", 20000);
  t.assert.deepStrictEqual(cloud.elements(0).map((e) => [e.od, e.dt, e.d[0].temperature]), [0, 1, 2, 3, 4].map((i) => [1, TIME, i])); // prettier-ignore
  t.assert.deepStrictEqual(cloud.faults, []);
  cloud.command("0x99");
  await line("device 0x16 false");
  t.assert.ok(!device.lines.some((text) => /^error (?!network)/.test(text)), device.lines.join("\n"));
}

/** What the device sends once it has connected. */
const SEND = (options, list) =>
  APP(options).replace('R("connect");', `R("connect"); ${list.map((data) => `sdk.sendData(${JSON.stringify(data)});`).join(" ")}`);

/** A local cloud, gone with the test, and what a device over plain TCP has to know of it. */
async function place(t, about) {
  const cloud = createCloud(about);
  await cloud.listen({});
  t.defer(() => cloud.close());
  const options = {
    cpId: cloud.cpId,
    uniqueId: cloud.uniqueId,
    devicePrimaryKey: KEY,
    discoveryUrl: cloud.url,
    ntp: "",
    protocol: "mqtt",
    version: about.version || "1.0",
  };
  return { cloud, options };
}

async function scene(t, about, list, ready, more = {}) {
  const { cloud, options } = await place(t, about);
  const device = await t.device({ modules: ["iotconnect"], script: SEND({ ...options, ...more }, list), timeout: 60000 });
  await t.until(() => ready(cloud), "the messages; " + JSON.stringify(cloud.faults), 20000);
  t.assert.deepStrictEqual(cloud.faults, []);
  return { cloud, device };
}

const sample = (uniqueId, data) => ({ uniqueId, time: TIME, data });

/** A client that is disposed of by a command, and the next one, once the hub has seen the first one go. */
const FAREWELL = (options) => `
var iotconnect = require("iotconnect"), options = ${JSON.stringify(options)}, sdk;
options.DeviceCallback = function (d) {
  R("device " + d.cmdType + " " + d.command);
  if (d.command === "bye") sdk.dispose(function () { R("over"); setTimeout(begin, 1000); });
};
function begin() {
  sdk = iotconnect.create(options);
  sdk.on("error", function (e) { R("error " + e.code + " " + e.message); });
  sdk.on("connect", function () { R("connect"); });
}
begin();
setInterval(function () {}, 10000);`;

/** Clients that are disposed of deep inside their own callbacks, one after the other. */
const ENDS = (options) => `
var iotconnect = require("iotconnect"), rounds = 0, sdk;
function sample(done) { sdk.sendData([{ uniqueId: "dev1", data: { t: rounds } }], done); }
var ways = [
  function (ack, next) { ack(function () { sample(function () { sdk.dispose(next); }); }); },
  function (ack, next) { sdk.updateTwin("a", 1); ack(function () { sdk.dispose(next); }); },
  function (ack, next) { ack(function () { sample(function () { ack(function () { sdk.updateTwin("a", 2, function () { sdk.getAllTwins(function () { sdk.dispose(next); }); }); }); }); }); },
];
function round() {
  var options = ${JSON.stringify(options)}, taken;
  options.DeviceCallback = function (d) {
    if (d.cmdType !== "0x01" || taken) return;
    taken = true;
    ways[rounds % 3](function (done) { sdk.sendAck({ ackId: d.ackId, st: 6 }, 5, done); }, next);
  };
  sdk = iotconnect.create(options);
  sdk.on("error", function (e) { R("error " + e.message); });
  sdk.on("connect", function () { R("up"); });
}
function next() { rounds++; sdk = undefined; setTimeout(function () { if (rounds % 3 === 0) R("usage " + process.memory().usage); round(); }, 200); }
round();`;

module.exports = [
  { name: "session: commands, acks, twin, offline storage, hard stop; plain TCP", on: ALL, timeout: 60000, run: (t) => session(t, false) },
  { name: "the same, verified TLS", on: ["iotjs"], timeout: 60000, run: (t) => session(t, true) },
  {
    name: "the same, TLS",
    on: ["espruino64", "espruino32"],
    timeout: 60000,
    run: encrypted((t) => session(t, true)),
  },
  {
    name: "validation: values, faults, numbers as they are",
    on: ALL,
    timeout: 60000,
    async run(t) {
      const att = [
        flat(
          n("a"),
          n("b", { dv: "1to3,7,9to11" }),
          n("c", { dv: "0.5to1.5" }),
          n("s", { dt: 1, dv: "auto,red, green" }),
          n("f", { dt: 3 }),
        ),
        { p: "g", dt: 2, tg: "", d: [n("x", { dv: "-10 to 10" })] },
      ];
      const data = { a: "15.5", b: 7, c: 1.6, s: "green", f: 0.1, g: { x: -10.5 }, z: [1, 2] };
      const { cloud } = await scene(t, { template: { att } }, [[sample("dev1", data)]], (c) => c.of(0).length && c.of(1).length);
      t.assert.deepStrictEqual(cloud.of(0)[0].d[0].d, [{ a: 15.5, b: 7, s: "green", f: 0.1 }]);
      t.assert.deepStrictEqual(cloud.of(1)[0].d[0].d, [{ c: "1.6", g: { x: "-10.5" }, z: [1, 2] }]);
    },
  },
  {
    name: "edge gateway: windows of each child, rules",
    on: ALL,
    timeout: 60000,
    async run(t) {
      const att = [flat(n("rssi", { tg: "gw", agt: 63, tw: "1s" }), n("temp", { tg: "child", agt: 63, tw: "1s" }))];
      const devices = [{ id: "gw1", tg: "gw" }, { id: "c1", tg: "child" }, { id: "c2", tg: "child" }]; // prettier-ignore
      const r = [{ g: "rg", es: "es", con: "child#temp > 25 AND gw#rssi < -50", cmd: "fan on" }, { g: "r2", es: "es", con: "temp >", cmd: "" }]; // prettier-ignore
      const samples = [[sample("gw1", { rssi: -60 }), sample("c1", { temp: 30.5 }), sample("c2", { temp: 20 })]];
      const { cloud, device } = await scene(
        t,
        { uniqueId: "gw1", edge: 1, devices, template: { att, r } },
        samples,
        (c) => c.of(2).length > 1,
      );
      t.assert.deepStrictEqual(cloud.of(3)[0].d[0].cv, { temp: 30.5, rssi: -60 });
      const windows = cloud.of(2).flatMap((m) => m.d.map((e) => [e.id, e.d[0]]));
      t.assert.deepStrictEqual(windows.sort(), [["c1", { temp: [30.5, 30.5, 30.5, 30.5, 1, 30.5] }], ["c2", { temp: [20, 20, 20, 20, 1, 20] }], ["gw1", { rssi: [-60, -60, -60, -60, 1, -60] }]]); // prettier-ignore
      t.assert.ok(device.lines.includes("device 0x01 fan on"));
      t.assert.ok(device.lines.some((text) => /^error protocol rule: temp >/.test(text)));
    },
  },
  {
    name: "message 2.1: telemetry, faults, children by MQTT",
    on: ALL,
    timeout: 60000,
    async run(t) {
      const att = [flat(n("temp", { dt: 3, dv: "-40 to 85", tg: "gw" }), n("day", { dt: 6, tg: "gw" }), n("at", { dt: 5, tg: "gw" }))];
      const devices = [{ id: "dev1", tg: "gw" }, { id: "c1", tg: "child" }]; // prettier-ignore
      const { cloud, options } = await place(t, { version: "2.1", devices, template: { att } });
      // What comes over MQTT is there when the children are.
      const later = `
        function look() {
          if (!sdk.devices || sdk.devices.length < 2) return setTimeout(look, 100);
          send({ temp: 99, day: "2026-01-01", at: "25:00" });
          R("devices " + sdk.devices.length);
        }
        look();`;
      const device = await t.device({ modules: ["iotconnect"], script: APP(options) + later, timeout: 60000 });
      await t.until(() => cloud.of("rpt").length && cloud.of("flt").length, "the messages", 20000);
      t.assert.deepStrictEqual([cloud.of("rpt")[0].d[0].d, cloud.of("flt")[0].d[0].d], [{ day: "2026-01-01" }, { temp: 99, at: "25:00" }]);
      t.assert.ok(device.lines.includes("devices 2"));
      t.assert.deepStrictEqual(cloud.faults, []);
    },
  },
  {
    name: "a command during the farewell is given to the next client",
    on: ALL,
    timeout: 60000,
    async run(t) {
      const { cloud, options } = await place(t, { template: { att: [flat(n("temperature"))] } });
      const device = await t.device({ modules: ["iotconnect"], script: FAREWELL(options), timeout: 60000 });
      await t.until(() => device.lines.includes("connect"), "the connection", 20000);
      const mails = [cloud.command("0x01", { command: "bye", ackId: "b" }), cloud.command("0x01", { command: "later", ackId: "l" })];
      await t.until(() => device.lines.includes("over"), "the end", 20000);
      await t.until(() => device.lines.includes("device 0x01 later"), "the second command", 20000);
      t.assert.ok(device.lines.indexOf("device 0x01 later") > device.lines.indexOf("over"));
      await t.until(() => mails.every((m) => m.outcome === "completed"), "both acknowledged");
      t.assert.ok(!device.lines.some((text) => /^error/.test(text)), device.lines.join("\n"));
    },
  },
  {
    name: "clients that are disposed of inside their callbacks leave no JsVar behind",
    on: ["espruino64", "espruino32"],
    timeout: 60000,
    async run(t) {
      const { cloud, options } = await place(t, { template: { att: [flat(n("t"))] } });
      const device = await t.device({ modules: ["iotconnect"], script: ENDS(options), timeout: 60000 });
      const ups = () => device.lines.filter((line) => line === "up").length;
      for (let round = 1; round <= 9; round++) {
        await t.until(() => ups() === round, `connection ${round}`, 20000);
        cloud.command("0x01", { command: "go", ack: true, ackId: "a" + round });
      }
      const usage = () => device.lines.filter((line) => /^usage/.test(line)).map((line) => +line.split(" ")[1]);
      await t.until(() => usage().length === 3, "the last round", 20000);
      const [first, , last] = usage();
      t.note(`${first} vars after 3 clients, ${last} after 9`);
      t.assert.ok(last <= first + 8, `${last - first} vars more`);
    },
  },
];
