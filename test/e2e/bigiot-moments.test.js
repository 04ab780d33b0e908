"use strict";
/** A device checked in over TCP, and a user: each moment, each act. `ALL=1` runs all pairs. */
const { world } = require("../clouds/bigiot/world");
const { matrix } = require("../rig/moments");

const EVENTS = "online offline say login logout error command update";

const boot = (options) => `
var md5 = require("md5").md5, options = ${JSON.stringify(options)};
options.md5 = function (text) { at("md5"); return md5(text); };
var d = require("bigiot").create(options);
listen(d, "", "${EVENTS}");
d.sayCallback(function () { at("sayCallback"); });
d.checkIn(done("checked in"));
`;

const CALLS = `
attempt(function () { d.say({ to: "D40877", msg: "hello" }, done("said")); });
attempt(function () {
  if (options.user) d.update(40877, done("updated"));
  else d.update({ 66121: [1, 2], 66122: "x" }, done("updated"));
});
if (!options.user) d.update(66120, 5);
attempt(function () { d.isOnline("U30211", done("is online")); });
attempt(function () { d.isOnline(["D40877"], done("are online")); });
attempt(function () { d.status(done("status")); });
attempt(function () { d.time(done("time")); });
attempt(function () { d.time("Y-m-d", done("formatted")); });
if (!options.user) attempt(function () { d.alert("x", "qq", done("alerted")); });
`;

const HOSTILE = [
  "", "{", "null", "5", "[]", "{}", '{"M":null}', '{"M":{}}', '{"M":"constructor"}', '{"M":"say"}', '{"M":"say","ID":5,"C":{},"NAME":null}',
  '{"M":"isOL","R":null}', '{"M":"isOL","R":{"x":{}}}', '{"M":"isOL"}', '{"M":"time"}', '{"M":"time","T":{}}', '{"M":"update"}', '{"M":"update","V":5,"ID":{}}',
  '{"M":"login"}', '{"M":"logout","ID":[]}', '{"M":"checkinok"}', '{"M":"loginok","ID":7}', '{"M":"checked","T":[]}', '{"M":"token"}', '{"M":"say","ID":"U1","C":"play","S":"{"}',
  '{"M":"say","ID":"U1","C":"play","S":"null"}', '{"M":"say","ID":"U1","C":"play","S":5}', "\xff\xfe", "x".repeat(3000), '{"M":"say","C":"' + "x".repeat(5000) + '"}',
]; // prettier-ignore

function day(w) {
  const me = w.user ? "U30211" : "D70413";
  const pace = 20000;
  w.run(10000);
  w.device.run(CALLS);
  w.run(pace);
  w.cloud.deliver(me, { M: "say", ID: "D40877", NAME: "n", C: "play", T: "1" });
  w.cloud.announce("D40877", "login");
  w.cloud.announce("D40877", "logout");
  w.cloud.tell(me, { M: "update", ID: "D40877", V: { 66999: "1" } });
  const session = w.cloud.session(me);
  for (const text of HOSTILE) if (session) session.raw(text + "\n");
  w.run(pace);
  for (const link of w.device.links) link.reset();
  w.run(200000);
  w.device.run(CALLS);
  w.cloud.expel(me, "192.0.2.9");
  w.run(200000);
  w.device.run(CALLS + `d.checkOut(done("checked out"));`);
  w.run(60000);
}

const WRONG = `[undefined, null, 5, -1, "", "a/b", [], [null], {}, { to: {} }, NaN, true, function () {}]`;
const acts = {
  "checks out": `d.checkOut(done("inner"));`,
  "checks out and in": `d.checkOut(done("inner")); d.checkIn(done("inner"));`,
  "checks in": `d.checkIn(done("inner")); d.checkIn();`,
  "checks in and out": `d.checkIn(done("inner")); d.checkOut();`,
  "does everything": CALLS.replace(/done\("[^"]*"\)/g, 'done("inner")'),
  "updates much": `for (var i = 0; i < 70; i++) attempt(function () { if (options.user) d.update(40877, done("inner")); else d.update(66120 + i % 3, i, done("inner")); });`,
  "says much": `for (var i = 0; i < 70; i++) attempt(function () { d.say({ to: "U30211", msg: "x" }, done("inner")); });`,
  "asks much": `for (var i = 0; i < 20; i++) attempt(function () { d.time(done("inner")); d.status(done("inner")); d.isOnline("U1", done("inner")); });`,
  "listens to says anew": `d.sayCallback(undefined); d.sayCallback(function () { at("sayCallback"); });`,
  "adds and removes listeners": `"${EVENTS}".split(" ").forEach(function (name) { var f = function () {}; d.on(name, f); d.removeListener(name, f); });`,
  "calls with wrong arguments": `${WRONG}.forEach(function (x) { "say update isOnline time".split(" ").forEach(function (name) { attempt(function () { d[name](x, x); }); attempt(function () { d[name]("x", x, x, x); }); }); });`, // prettier-ignore
};

const moments = ("online offline say sayCallback command login logout update checked in,said,updated,is online,are online," +
  "status,time,formatted,alerted,checked out").split(/,| (?!in|out|online,)/); // prettier-ignore

const table = (options, names, user) => ({
  world(onLog) {
    const encrypted = !user;
    const { DEMO } = require("../clouds/bigiot/registry");
    const accounts = { ...DEMO, devices: DEMO.devices.map((one) => ({ ...one, encrypted: one.id === "70413" && encrypted })) };
    return { ...world({ port: options.port, device: { onLog }, cloud: { accounts } }), user };
  },
  boot: boot(options),
  day,
  start: "d.checkIn();",
  // An alert waits ten minutes for the next.
  last: 4000000,
  up: "d.online",
  stop: "d.checkOut();",
  moments: names,
  acts,
});

matrix(table({ id: 70413, apiKey: "abc123key", userKey: "userkey00", checkoutFirst: true, port: 8282 }, [...moments, "md5"]));
matrix(table({ id: 30211, apiKey: "userkey00", user: true, port: 8585 }, moments.filter((name) => name !== "alerted" && name !== "command"), true)); // prettier-ignore
