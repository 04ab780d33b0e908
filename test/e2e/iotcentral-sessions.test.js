"use strict";
/* global expect, test */
/**
 * The minified client through random sessions against the local Azure: random calls, random faults, then all is well and it is checked
 * that nothing was lost, doubled or left. `SEED=7 npx jest test/e2e/iotcentral-sessions` repeats one, `RUNS=5000` makes more.
 */
const path = require("node:path");
const { createDevice } = require("../mock");
const { attach } = require("../clouds/azure/mock");
const { deriveKey } = require("../clouds/azure/sas");
const { merge } = require("../clouds/azure/twin");
const { sessions } = require("../rig/random");

const storage = Object.fromEntries(["iotcentral", "store"].map((name) => [name, path.join(__dirname, `../../dist/espruino/${name}.js`)]));
const GROUP = Buffer.alloc(64, "a group of random sessions").toString("base64");
const MINUTE = 60000;

/** The program: each callback notes itself, and then does the `next` mischief. */
const PROGRAM = `
var next = "", late = [], calls = 0, c = require("iotcentral").create(OPTIONS);
function note() { print("R" + JSON.stringify([].slice.call(arguments))); }
function word(e) { return e ? e.code || "" + e.message : "ok"; }
function mischief() { var what = next; next = ""; eval(what); }
function C() { var id = ++calls; note("connect", id); c.connect(function (e) { note("connected", id, word(e)); mischief(); }); }
function D() { var id = ++calls; note("end", id); c.disconnect(function () { note("ended", id); mischief(); }); }
function T(n, size) {
  var queued = c.status().queued;
  c.sendTelemetry({ n: n, text: "x".repeat(size) }, { messageId: "m" + n }, function (e) { note("sent", n, word(e)); mischief(); });
  if (c.status().queued > queued) note("stored", n);
}
function P(n, patch) { note("report", n); c.sendProperty(patch, function (e) { note("reported", n, word(e)); mischief(); }); }
c.on("error", function (e) { note("error", e.code, e.message); mischief(); });
["connect", "close", "offline", "reconnect", "end"].forEach(function (name) { c.on(name, function () { note(name + "!"); mischief(); }); });
c.on("properties", function (name, value, p) { note("property", name, value, p.version); mischief(); return value; });
c.on("enqueuedCommands", function (x) { note("offline command", x.name); mischief(); });
c.on("commands", function (x, ack) {
  if (x.name === "no") return false;
  if (x.name === "late") late.push(function () { ack(x, 1); });
  else ack(x, x.payload);
  mischief();
});
C();`;

/** A linear congruence: the same numbers from the same seed on every machine. */
const generator = (n) => () => ((n = (Math.imul(n, 1664525) + 1013904223) >>> 0) >>> 8) / 16777216;

/** One session: what was done, what the program noted, what ought to be. */
function session(seed) {
  const random = generator(Math.imul(seed, 0x9e3779b1));
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  const device = createDevice({ storage, seed: 1 + below(1e9), latency: pick([0, 0, 20, 300]) });
  const enrolment = { key: GROUP };
  const cloud = attach(device, { dps: { groups: { all: enrolment } }, hub: { sessions: pick(["all", "c2d", "none"]) }, keep: 200 });
  const [hub, kept] = [cloud.hub, random() < 0.3];
  const options = {
    idScope: cloud.dps.idScope, deviceId: "dev-1", logLevel: 1, ntp: "", cache: random() < 0.5 ? undefined : false,
    tokenLifetime: pick([60, 600, 3600]), keepalive: pick([30, 180]), queueLimit: pick([16384, 2000]), dropOldest: !kept && random() < 0.2,
    registrationTimeout: pick([20000, 300000]), reprovisionAfter: pick([3, 30]),
  }; // prettier-ignore
  const sign = `function (b, done) { setTimeout(done, ${below(9000)}, undefined, atob(require("iotcentral").deviceKey("${deriveKey(GROUP, "dev-1")}", b))); }`;
  const proof = random() < 0.2 ? `sign: ${sign}` : `groupKey: "${GROUP}"`;
  const text = JSON.stringify(options).replace(/}$/, `, ${proof} ${kept ? `, store: require("store").open("q", 8192)` : ""} }`);
  const it = { device, cloud, options, id: "dev-1", heard: [], steps: [], reported: {}, renamed: false, lost: new Set(), messages: [], methods: [] }; // prettier-ignore
  let [read, telemetry, reports] = [0, 0, 0];

  const boot = () => device.run(PROGRAM.replace("OPTIONS", () => text));
  const wire = () => hub.devices.has(it.id) && hub.device(it.id).wire;
  /** What the program has noted since the last time. */
  const collect = () => {
    for (; read < device.log.length; read++) if (device.log[read][0] === "R") it.heard.push(JSON.parse(device.log[read].slice(1)));
  };

  const desired = () => ({ ["d" + below(3)]: pick([below(9), "x", false, { y: below(9) }]) });
  const calls = {
    telemetry: () => device.run(Array.from({ length: 1 + below(4) }, () => `T(${++telemetry}, ${pick([0, 10, 100, 900])});`).join("")),
    report() {
      const value = pick([null, below(9), [1, { a: 1 }], { x: below(9) }, { y: { z: below(9) } }, { y: null }, { y: 5 }]);
      const patch = { ["k" + pick([0, 0, 0, 1, 2])]: value };
      it.reported = merge(it.reported, patch);
      device.run(`P(${++reports}, ${JSON.stringify(patch)});`);
    },
    desire: () => hub.devices.has(it.id) && hub.twin(it.id).patch(desired()),
    method() {
      const name = pick(["echo", "no", "late", "pump*echo"]);
      const method = { name, online: wire() && wire().session.has("$iothub/methods/POST/#") };
      it.methods.push(method);
      hub.invoke(it.id, name, { n: 1 }).then((answer) => (method.answer = answer));
    },
    late: () => device.run("late.splice(0).forEach(function (ack) { ack(); });"),
    message() {
      const name = "m" + it.messages.length;
      if (hub.devices.has(it.id) && hub.device(it.id).mail.queue.length < 13)
        it.messages.push(hub.send(it.id, "@", { messageId: name, properties: { "method-name": name }, ttl: 1e12 }));
    },
    connect: () => device.run("C();"),
    disconnect: () => device.run("D();"),
    mischief: () =>
      device.run(`next = "${pick(["throw null", "throw new Error('broken')", "D()", "D(); C()", "c.reconnect()", "T(0, 0)"])}";`),
  };

  const faults = {
    drop: () => wire() && hub.drop(it.id),
    silence: () => device.links.forEach((link) => link.silence()),
    away: () => (device.offline(), cloud.advance(pick([1, 60, 3600]) * 1000), device.offline(false)),
    slow: () => (device.faults.latency = pick([0, 50, 2000])),
    missed: () => hub.devices.has(it.id) && hub.twin(it.id).apply("desired", desired()),
    provisioning: () =>
      cloud.dps.script(Array.from({ length: 1 + below(4) }, () => pick([
        400, 401, 403, 404, 409, 412, 415, 429, 500, 503, { status: 429, retryAfter: 7 }, { status: 503, retryAfter: 400 }, "failed", "disabled",
        "unassigned", "assigning", { silent: true }, { drop: true }, { state: "assigned", stray: true }, { connack: pick([1, 2, 3, 4, 5]) },
        { status: 200, body: "{garbage" }, { status: 200, body: "null" }, { status: 200, body: { status: "assigned" } },
      ]))), // prettier-ignore
    refuse: () => hub.script("connect", Array(1 + below(5)).fill(pick([1, 2, 3, 4, 5, "silent", "drop"]))),
    twin: () => hub.script("get", pick([429, 500, "silent", "drop", { delay: 40000 }, { status: 200, body: pick(["{garbage", "5"]) }])),
    reported: () => hub.script("reported", pick([429, 503, "silent", "drop", { delay: 5000 }, { delay: 40000 }])),
    puback: () => hub.script("telemetry", pick(["silent", "drop", { delay: 5000 }])),
    disable: () => hub.devices.has(it.id) && hub.disable(it.id),
    enable: () => hub.devices.forEach((one) => (one.enabled = one.id === it.id)),
    garbage() {
      const topics = ["twin/PATCH/properties/desired/?$version=x", "twin/res/200/?$rid=1", "methods/POST/x/?$rid=zz", "twin/res", "x/%"];
      if (wire()) wire().deliver("$iothub/" + pick(topics), pick(["", "{", "null", "[]", '{"$version":1}']));
    },
    clock: () => device.run(`setTime(${pick([0, 1000, ...[-90000, -1800, 0, 1800, 90000].map((s) => device.clock.now() / 1000 + s)])});`),
    renamed() {
      if (!hub.devices.has(it.id)) return;
      hub.disable(it.id);
      it.id = enrolment.deviceId = "dev-" + (10 + it.steps.length);
      it.renamed = true;
    },
    power() {
      collect();
      device.powerCut({ reset: random() < 0.5 });
      cloud.advance(pick([10, 10000, 10 * MINUTE]));
      const full = it.heard.some(([name, code]) => name === "error" && code === "storage");
      const stored = (n) => kept && !full && it.heard.some(([name, other]) => name === "stored" && other === n);
      for (let n = 1; n <= telemetry; n++) if (!stored(n)) it.lost.add(n);
      it.heard.push(["boot"]);
      // What was on its way may have arrived or not.
      it.reported = hub.devices.has(it.id) ? { ...hub.twin(it.id).sections.reported } : {};
      boot(device.restart());
    },
  };

  if (random() < 0.1) faults.clock();
  boot();
  for (let steps = 4 + below(25); steps--;) {
    const list = random() < 0.65 ? calls : faults;
    const name = pick(Object.keys(list));
    it.steps.push(name);
    list[name]();
    cloud.advance(Math.floor(10 ** (random() * (random() < 0.1 ? 7 : 5))));
    collect();
  }

  // All is well again: a link that is dead is noticed within ten minutes, the longest pause ends after an hour or two.
  cloud.dps.scripted = [];
  for (const name of Object.keys(hub.scripts)) hub.scripts[name] = [];
  faults.enable();
  device.offline(false);
  device.faults.latency = 20;
  device.run(`next = ""; setTime(${device.clock.now() / 1000}); C();`);
  faults.drop();
  cloud.advance(10 * MINUTE);
  for (let tries = 0; !it.healed && tries < 240; tries++) {
    cloud.advance(2 * MINUTE);
    device.run(`note("state", c.isConnected() && !c.status().queued);`);
    collect();
    it.healed = it.heard.pop()[1];
  }
  device.run(`D();`);
  cloud.advance(10 * MINUTE);
  device.run(`function size(name) { return (c["#on" + name] || []).length; }
note("left", c.status().bytes, size("connect"), size("end"), size("message"));`);
  collect();
  return { ...it, made: telemetry };
}

const OURS = /TypeError|RangeError|Cannot read|is not a function|undefined|call stack/;
/** Why the hub may have ended a connection, whatever the client does right. */
const EXCUSED = /^(dropped|as told|disabled|keep-alive|no CONNECT|token expired|expired token|no device|another connection)/;

/** What is not as promised. */
function check({ device, cloud, options, id, heard, reported, renamed, lost, messages, methods, made, healed }) {
  const wrong = [];
  const say = (...what) => wrong.push(what.join(" "));
  const json = JSON.stringify;
  const once = (list) => new Set(list).size === list.length;
  if (!healed) return ["it never came back"];
  device.errors.forEach((e) => say("left the program:", e && e.message));
  device.log.filter((line) => OURS.test(line)).forEach((line) => say("a fault of ours:", line));
  cloud.closed.filter(({ reason }) => !EXCUSED.test(reason)).forEach(({ reason }) => say("the hub hung up:", reason));
  if (device.alive.timers || device.alive.sockets) say("left:", json(device.alive));
  if (json(heard.pop()) !== '["left",0,1,1,0]') say("left: bytes or listeners");

  // Between two starts: each callback once, nothing told twice, versions in order.
  const boots = heard.flatMap(([name], i) => (name === "boot" ? [i] : [])).concat(heard.length);
  boots.forEach((to, i) => {
    const part = heard.slice(i && boots[i - 1], to);
    const of = (event) => part.filter(([name]) => name === event).map(([, what]) => what);
    for (const [asked, told] of [
      ["connect", "connected"],
      ["end", "ended"],
      ["report", "reported"],
    ])
      // prettier-ignore
      if (!once(of(told)) || (to === heard.length && of(told).length < of(asked).length)) say(told, of(told), "of", of(asked));
    const properties = part.filter(([name]) => name === "property");
    if (!renamed && !once(properties.map(([, name, , v]) => name + v))) say("a property twice:", json(properties));
    if (!renamed && properties.some(([, , , v], n) => n && v < properties[n - 1][3])) say("an old property:", json(properties));
    if (!once(of("offline command"))) say("an offline command twice:", of("offline command"));
  });

  // What was taken arrives, in order; what was refused does not.
  const got = [...new Set(cloud.hub.telemetry.map(({ system }) => +(system.messageId || "").slice(1)).filter(Boolean))];
  if (got.some((n, i) => n < got[i - 1])) say("telemetry out of order:", got);
  for (let n = 1; n <= made; n++) {
    const words = heard.filter(([name, other]) => name === "sent" && other === n).map(([, , word]) => word);
    if (words.length > 1 || (!words.length && boots.length < 2)) say("telemetry", n, "was answered", words.length, "times:", words);
    if (words.length && !/^(ok|limit|offline)$/.test(words[0])) say("telemetry", n, words[0]);
    // Answered already, it may still make room for a newer one.
    const gone = lost.has(n) || words[0] === "limit" || (words[0] === "offline" && options.dropOldest);
    if (got.includes(n) ? words[0] === "limit" : !gone) say("telemetry", n, words[0], got.includes(n) ? "came" : "is lost");
  }

  if (!renamed) {
    const twin = cloud.hub.twin(id);
    for (const name of ["k0", "k1", "k2"])
      if (json(twin.reported[name]) !== json(reported[name])) say(name, json(twin.reported[name]), "instead of", json(reported[name]));
    for (const [name, value] of Object.entries(twin.sections.desired))
      if (json((twin.reported[name] || {}).value) !== json(value)) say(name, "is not acknowledged:", json(twin.reported[name]));
    for (const { outcome, messageId } of messages) if (outcome !== "completed") say("offline command", messageId, outcome);
  }
  for (const { name, online, answer = {} } of methods) {
    const good = name === "no" ? [404] : name === "late" ? [200, 202, 500] : [200, 500];
    if (![...good, 504, online ? 504 : 404].includes(answer.status)) say("command", name, "was answered", answer.status);
  }
  return wrong;
}

async function judged(seed) {
  const it = session(seed);
  await new Promise(setImmediate);
  const wrong = check(it);
  if (wrong.length) expect([it.steps.join(" "), ...wrong]).toEqual([]);
}

test("random sessions", () => sessions(200, judged), 3600000);
