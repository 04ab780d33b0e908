"use strict";
/** A device that is managed, a gateway and an application on one board: each moment, each act. `ALL=1` runs all pairs. */
const { matrix } = require("../rig/moments");
const { GARBAGE, HERE, world } = require("./support/watson");

const BOOT = `
var watson = require("watson"), here = ${JSON.stringify(HERE)};
function make(role, o) { o.host = here.host; o.port = here.port; return new watson[role](o); }
var d = make("DeviceClient", { org: "abc123", type: "therm", id: "t-001", authToken: "dev-Tok(1)", keepalive: 30 });
var g = make("GatewayClient", { org: "abc123", type: "gwtype", id: "gw-01", authToken: "gw-Tok(1)", keepalive: 30 });
var a = make("ApplicationClient", { id: "myApp", authKey: "a-abc123-k3yk3yk3y0", authToken: "S3cret(tok*en)", keepalive: 30 });
var events = "connect reconnect close offline error end ";
listen(d, "d.", events + "command deviceUpdate");
listen(g, "g.", events + "notification deviceCommand");
listen(a, "a.", events + "deviceEvent deviceStatus");
d.commandCallback = function () { at("commandCallback"); };
a.eventCallback = function () { at("eventCallback"); };
a.statusCallback = function () { at("statusCallback"); };
g.notificationCallback = function () { at("notificationCallback"); };
d.codecs.own = {
  encode: function (x) { at("encode"); return "" + x; },
  decode: function (x) { at("decode"); return { data: x }; }
};
var m = d.manage({
  lifetime: 3600, timeout: 5000,
  reboot: function () { at("reboot"); }, factoryReset: function () { at("factoryReset"); },
  firmware: {
    download: function (f, next) { at("download"); setTimeout(function () { next(); next(); }, 100); },
    update: function (f, next) { at("update"); setTimeout(next, 100); }
  },
  bundles: { own: function () { at("bundle"); return 205; } }
}, done("managed"));
a.subscribeToDeviceEvents({}, done("subscribed"));
a.subscribeToDeviceStatus({ deviceType: "therm" });
`;

/** What it says itself; a codec's throw is the caller's. */
const CALLS = `
attempt(function () { d.publishEvent("x", 1, { qos: 1 }, done("published")); });
try { d.publishEvent("x", 1, { format: "own" }); } catch (e) {}
attempt(function () { g.publishDeviceEvent("nobody", "n", "x", 1); g.publishDeviceEvent("therm", "t-002", "x", 1, done("published of another")); });
attempt(function () { a.publishCommand("therm", "t-001", "x", 1, done("command sent")); });
attempt(function () { m.setLocation({ latitude: 1, longitude: 2 }, done("located")); });
attempt(function () { m.addLog("x", "", 1, done("logged")); });
attempt(function () { a.unsubscribeFrom("deviceStatus", { deviceType: "therm" }, done("unsubscribed")); });
`;

const REQUESTS = [
  ["device/update", { fields: [{ field: "mgmt.firmware", value: { version: "2", uri: "u", state: 0, updateStatus: 0 } }] }],
  ["observe", { fields: [{ field: "mgmt.firmware" }] }],
  ["mgmt/initiate/firmware/download"],
  ["mgmt/initiate/firmware/update"],
  ["mgmt/initiate/device/reboot"],
  ["mgmt/initiate/device/factory_reset"],
  ["mgmt/custom/own/x"],
];

function day(w) {
  const { cloud, there } = w;
  w.run(1000);
  w.device.run(CALLS);
  w.run(1000);
  cloud.route("abc123", "iot-2/type/therm/id/t-001/cmd/c/fmt/own", "5", 0);
  cloud.route("abc123", "iot-2/type/therm/id/t-001/cmd/c/fmt/json", '{"d":1}', 1);
  cloud.route("abc123", "iot-2/type/gwtype/id/gw-01/cmd/c/fmt/json", '{"d":1}', 1);
  for (const bytes of GARBAGE) cloud.route("abc123", "iot-2/type/therm/id/t-001/evt/x/fmt/json", bytes, 0);
  for (const [path, d] of REQUESTS) {
    there.send(path, { reqId: path, d });
    w.run(1000);
  }
  for (const link of w.device.links) link.reset();
  w.run(200000);
  w.device.run(CALLS);
  w.run(100000);
  w.device.run(`d.end(done("ended")); g.disconnect(); a.end(true);`);
  w.run(60000);
}

/** Each method of each client, well and badly called. */
const good = (c) => ({
  [`ends ${c}`]: `${c}.end(done("inner"));`,
  [`cuts ${c} off`]: `${c}.end(true, done("inner"));`,
  [`disconnects and connects ${c}`]: `${c}.disconnect(); ${c}.connect();`,
  [`connects ${c}`]: `${c}.connect(); ${c}.connect();`,
  [`adds and removes a listener of ${c}`]: `var f = function () {}; ${c}.on("error", f); ${c}.on("connect", f); ${c}.removeListener("error", f);`,
});
const acts = {
  ...good("d"),
  ...good("g"),
  ...good("a"),
  "publishes": `attempt(function () { d.publishEvent("y", 1, 1, done("inner")); a.publishEvent("therm", "t-001", "y", 1, done("inner")); g.publishEvent("y", 1, done("inner")); });`, // prettier-ignore
  "subscribes": `attempt(function () { a.subscribeToDeviceCommands({}, done("inner")); g.subscribeToDeviceCommands("therm", "t-002", done("inner")); a.subscribeToAppStatus("x"); });`, // prettier-ignore
  "unsubscribes": `attempt(function () { a.unsubscribeFrom("deviceEvent", {}, done("inner")); g.unsubscribeFromDeviceCommands("therm", "t-002", done("inner")); });`, // prettier-ignore
  manages: `attempt(function () { d.manage(done("inner")); m.manage(done("inner")); });`,
  unmanages: `attempt(function () { m.unmanage(done("inner")); });`,
  "unmanages and manages": `attempt(function () { m.unmanage(done("inner")); m.manage(done("inner")); });`,
  "asks 20 things": `for (var i = 0; i < 20; i++) attempt(function () { m.setErrorCode(i, done("inner")); });`,
  "tells all else": `attempt(function () { m.clearErrorCodes(done("inner")); m.clearLog(done("inner")); m.addLog("a", "b", 2, done("inner")); m.setLocation({}, done("inner")); d.stats(); });`, // prettier-ignore
};
const WRONG = `[undefined, null, 5, "", "a/b", [], {}, NaN, true, function () {}]`;
for (const [who, names] of [
  ["d", "publishEvent manage"],
  ["g", "publishDeviceEvent subscribeToDeviceCommands manage"],
  ["a", "publishEvent publishCommand subscribeToDeviceEvents subscribeTo unsubscribeFrom subscribeToDeviceStatus"],
  ["m", "setLocation setErrorCode addLog"],
])
  acts[`calls ${who} with wrong arguments`] =
    `${WRONG}.forEach(function (x) { "${names}".split(" ").forEach(function (name) { attempt(function () { ${who}[name](x, x); }); attempt(function () { ${who}[name]("x", x, x, x); }); }); });`;

const both = (heads, names) => heads.flatMap((head) => names.split(" ").map((name) => `${head}.${name}`));
matrix({
  world(onLog) {
    const w = world({ onLog });
    return { ...w, run: w.pass };
  },
  boot: BOOT,
  day,
  start: "d.connect(); g.connect(); a.connect();",
  up: "d.connected && g.connected && a.connected",
  stop: "d.end(); g.end(); a.end();",
  moments: [
    ...both(["d", "g", "a"], "connect reconnect close offline end"),
    ..."d.command d.deviceUpdate g.notification g.deviceCommand a.deviceEvent a.deviceStatus a.error".split(" "),
    ..."commandCallback eventCallback statusCallback notificationCallback encode decode reboot factoryReset download update bundle".split(
      " ",
    ),
    ..."managed,subscribed,published,published of another,command sent,located,logged,unsubscribed,ended".split(","),
  ],
  acts,
});
