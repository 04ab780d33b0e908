"use strict";
const path = require("node:path");
const { createDevice, createNetwork } = require("../../mock");
const { createCloud } = require("../../clouds/watson");

const FILE = path.join(__dirname, "../../../dist/espruino/watson.js");
const CONFIG = "org=abc123\ntype=therm\nid=t-001\nauth-method=token\nauth-token=dev-Tok(1)\nhost=127.0.0.1\nport=1883\n";

/** The shipped file on a board, and the platform on the board's own clock. */
function world({ boot = "", config = CONFIG, ...options } = {}) {
  const network = createNetwork();
  let device;
  const timers = new Set();
  const clock = {
    now: () => device.clock.now(),
    after: (fn, ms) => {
      const timer = { fn, due: device.clock.now() + ms };
      timers.add(timer);
      return timer;
    },
    cancel: (timer) => timers.delete(timer),
  };
  const cloud = createCloud({ clock });
  network.serve(1883, cloud.peer);
  device = createDevice({ storage: { watson: FILE }, net: network, layout: "esp32", ...options });
  device.storage.write("app.cfg", config);
  if (boot) device.storage.write(".bootcde", boot);
  const it = {
    cloud,
    network,
    device,
    clock,
    there: cloud.devices.of("abc123", "therm", "t-001"),
    pass(ms) {
      const end = device.clock.now() + ms;
      do {
        const due = Math.min(end, ...[...timers].map((timer) => timer.due));
        device.tick(Math.max(0, due - device.clock.now()));
        for (const timer of [...timers]) if (timer.due <= device.clock.now() && timers.delete(timer)) timer.fn();
      } while (device.clock.now() < end);
      return it;
    },
  };
  return it;
}

/** On the board: clients, what they heard, and each callback with how often it was called. */
const BOARD = `
var watson = require("watson"), clients = [], managed = [], calls = {}, threw = {}, faults = [], heard = [], errors = [], fetching = {};
function dice(n) { return Math.floor(Math.random() * n); }
function inside() {
  var c = clients[dice(clients.length)];
  if (!wild || !c || dice(8)) return;
  var what = dice(7);
  if (what === 0) c.end(true);
  else if (what === 1) c.disconnect();
  else if (what === 2) c.connect();
  else if (what === 3 && c.manage) c.manage();
  else if (what === 4) c.publishEvent.apply(c, [].concat(c.manage ? [] : ["therm", "t-001"], "x", 1));
  else if (what === 5) throw new Error("of the application");
  else if (managed.length) managed[dice(managed.length)][dice(2) ? "unmanage" : "manage"](function () {});
}
function answer(id) {
  calls[id] = [];
  return function (e) {
    calls[id].push(e ? e.code || "" + e : "");
    inside();
  };
}
function attempt(id, fn) {
  try { fn(); } catch (e) {
    threw[id] = e.code || e.message;
    if (!e.code && e.message !== "of the codec") faults.push("thrown: " + e.message);
  }
}
function make(role, options) {
  var c = new watson[{ a: "ApplicationClient", d: "DeviceClient", g: "GatewayClient" }[role]](options);
  var bad = function () { throw new Error("of the codec"); };
  c.number = clients.push(c) - 1;
  c.codecs = { bad: { encode: bad, decode: bad }, odd: { encode: function (x) { return JSON.stringify(x); }, decode: function () { return undefined; } } };
  c.on("error", function (e) {
    errors.push({ client: c.number, code: e.code || e.message, topic: e.topic, raw: e.raw });
    inside();
  });
  "deviceEvent deviceCommand command deviceStatus appStatus notification".split(" ").forEach(function (kind) {
    c.on(kind, function (m) {
      heard.push({ client: c.number, kind: kind, raw: m.raw, m: m });
      inside();
    });
    c[kind + "Callback"] = function (a, b) {
      var last = heard[heard.length - 1];
      if ((b || a) && heard.indexOf(last) < 0) faults.push("a callback before its event");
      (b || a).again = ((b || a).again || 0) + 1;
      if ((b || a).again > 1) faults.push("a callback twice");
    };
  });
}
function call(i, name, args, id) {
  var c = clients[i];
  if (c && c[name]) attempt(id, function () { c[name].apply(c, id ? args.concat([answer(id)]) : args); });
}
function installer(kind, key) {
  return function (firmware, done) {
    fetching[key] = fetching[key] || 0;
    if (fetching[key]++) faults.push("two installers at once");
    var end = function (e) { if (fetching[key]) fetching[key] = 0; done(e); };
    var wrong = { message: "of the source", code: ["network", "verify", "storage", "odd"][dice(4)] };
    var how = dice(6);
    if (how < 2) end(how ? wrong : undefined);
    else if (how === 2) { fetching[key] = 0; throw wrong; }
    else setTimeout(function () { end(how === 3 ? wrong : undefined); if (how === 5) done(); inside(); }, dice(20000));
  };
}
function manage(i, o, id) {
  var c = clients[i];
  if (!c || !c.manage) return;
  if (o.can) {
    var key = i + ":" + JSON.stringify(o.device);
    o.reboot = o.factoryReset = inside;
    o.firmware = { download: installer("download", key), update: installer("update", key) };
    o.bundles = { own: function (action) { if (action === "bad") throw new Error("odd"); return action === "none" ? undefined : 205; } };
  }
  delete o.can;
  attempt(id, function () { managed.push(c.manage(o, answer(id))); });
}
function ask(k, name, args, id) {
  var me = managed[k];
  if (me) attempt(id, function () { me[name].apply(me, args.concat([answer(id)])); });
}
`;

/** What random sessions are made of. */
const HERE = { host: "127.0.0.1", port: 1883 };
const ROLES = [
  ["d", { org: "abc123", type: "therm", id: "t-001", authToken: "dev-Tok(1)" }],
  ["d", { org: "abc123", type: "therm", id: "t-002", authToken: "dev-Tok(2)", envelope: false }],
  ["g", { org: "abc123", type: "gwtype", id: "gw-01", authToken: "gw-Tok(1)" }],
  ["a", { id: "myApp", authKey: "a-abc123-k3yk3yk3y0", authToken: "S3cret(tok*en)", queueLimit: 800 }],
  ["a", { id: "turns", type: "shared", instanceId: "i1", authKey: "a-abc123-k3yk3yk3y0", authToken: "S3cret(tok*en)" }],
  ["a", { id: "turns", type: "shared", instanceId: "i2", authKey: "a-abc123-k3yk3yk3y0", authToken: "S3cret(tok*en)" }],
  ["d", { org: "quickstart", type: "t", id: "q1" }],
  ["d", { org: "abc123", type: "therm", id: "t-001", authToken: "wrong" }],
];
const FORMATS = ["json", "json", "text", "bin", "bad", "odd", "json-iotf", "constructor"];
const ASKED = [
  ["manage"],
  ["unmanage"],
  ["setLocation", { latitude: 1, longitude: 2 }],
  ["setLocation", {}],
  ["setErrorCode", 5],
  ["clearErrorCodes"],
];
ASKED.push(["addLog", "m", "eA==", 1], ["clearLog"]);
const FIRMWARE = ["device/update", "mgmt/initiate/firmware/download", "mgmt/initiate/firmware/update"];
const ORDERS = [...FIRMWARE, ...FIRMWARE, "observe", "cancel", "mgmt/initiate/device/reboot", "mgmt/initiate/device/factory_reset"];
ORDERS.push("mgmt/custom/own/bad", "mgmt/custom/own/x", "mgmt/custom/nobody/x", "mgmt");
const GARBAGE = [
  "",
  "{",
  "null",
  "5",
  '{"d":',
  "\xff\xfe",
  '{"Time":"x"}',
  '{"Time":5,"ConnectTime":{}}',
  "[]",
  '{"d":1,"ts":"2026-13-01"}',
];
GARBAGE.push('{"d":{"fields":5}}', '{"reqId":1,"d":{"fields":[null,"metadata",{"field":5},{"field":"__proto__","value":1}]}}');
GARBAGE.push('{"rc":500,"reqId":"1"}', '{"reqId":{},"rc":"x"}', '{"d":{"fields":[{"field":"mgmt.firmware","value":{"state":"x"}}]}}');
const OTHER = ["iot-2/type/a/id/b/mon", "iot-2/app/x/mon", "iot-2/type/gwtype/id/gw-01/notify", "x", "iot-2/cmd//fmt/", "iotdm-1/"];

module.exports = { ASKED, BOARD, FORMATS, GARBAGE, HERE, ORDERS, OTHER, ROLES, world };
