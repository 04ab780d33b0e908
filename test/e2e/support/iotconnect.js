"use strict";
/** A device with the module and a local IoTConnect before it; `createDevice(options)` gives the mock, or what behaves like it. */
const { createCloud, KEY } = require("../../clouds/iotconnect");

const APP = `
function R(what, value) { print("R " + what + (value === undefined ? "" : " " + JSON.stringify(value))); }
function said(e) { return e ? e.code + ": " + e.message : "ok"; }
BEFORE
var options = OPTIONS;
if (options.DeviceCallback !== false) options.DeviceCallback = function (d) { R("device", d); };
else delete options.DeviceCallback;
options.TwinUpdateCallback = function (t) { R("twin", t); };
var sdk = require("iotconnect").create(options);
["error"].forEach(function (n) { sdk.on(n, function (e) { print("R error " + said(e)); }); });
["connect", "close", "barred"].forEach(function (n) { sdk.on(n, function () { R(n); }); });
sdk.on("unknown", function (m) { R("unknown", m); });
SETUP
`;

module.exports = function world(createDevice) {
  function start({
    options = {},
    cloud: about = {},
    device: deviceOptions = {},
    before = "",
    setup = "",
    device: kept,
    script,
    ms = 2000,
    net,
  } = {}) {
    const device = kept && kept.run ? kept : createDevice({ ...deviceOptions, net });
    const cloud = about.messages ? about : createCloud({ now: () => device.clock.now(), ...about });
    if (about !== cloud || !about.attached) cloud.attach(device, { commonName: cloud.id });
    if (script) script(cloud);
    const all = { cpId: "acme01", uniqueId: cloud.uniqueId, devicePrimaryKey: KEY, ntp: "", version: cloud.version, ...options };
    if (all.offlineStorage === undefined) all.offlineStorage = { availSpaceInMb: 0.03 };
    const text = APP.replace("BEFORE", () => before)
      .replace(
        "OPTIONS",
        () =>
          "{" +
          Object.entries(all).map(([name, value]) => `${name}: ${typeof value === "function" ? value() : JSON.stringify(value)}`) +
          "}",
      ) // prettier-ignore
      .replace("SETUP", () => setup);
    const lines = () => device.log.filter((line) => line.startsWith("R ")).map((line) => line.slice(2));
    const it = {
      device,
      cloud,
      lines,
      app: text,
      has: (part) => lines().filter((line) => line.includes(part)).length,
      /** What was told under that name, parsed. */
      told: (name) =>
        lines()
          .filter((line) => line.startsWith(name + " "))
          .map((line) => JSON.parse(line.slice(name.length + 1))),
      pass(time) {
        const target = device.clock.now() + time;
        while (device.clock.now() < target) {
          device.tick(Math.max(1, Math.min(target, cloud.azure.clock.next()) - device.clock.now()));
          cloud.azure.run();
        }
        return it;
      },
      run(code) {
        device.run(code);
        return it.pass(20);
      },
      /** Samples as the seed takes them; the result comes as a line. */
      send: (...list) => it.run(`R("sent", sdk.sendData(${JSON.stringify(list)}, function (e, how) { R("done", e ? said(e) : how); }));`),
      clear() {
        cloud.messages.length = cloud.faults.length = 0;
        device.log.length = 0;
        return it;
      },
      boot(more = {}) {
        device.run(text);
        return it.pass(more.ms || ms);
      },
    };
    it.boot();
    return it;
  }
  return { start, KEY };
};
