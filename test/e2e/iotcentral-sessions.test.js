"use strict";
/* global expect, test */
/**
 * The minified client through random sessions against the local Azure: random calls, random faults, then the checks. A session that fails
 * names its seed: `SEED=n npx jest iotcentral-sessions` repeats it, `RUNS=5000` makes more of them.
 */
const path = require("node:path");
const { createDevice } = require("../mock");
const { merge } = require("../clouds/azure/twin");
const { attach } = require("../clouds/azure/mock");

const storage = Object.fromEntries(["iotcentral", "store"].map((name) => [name, path.join(__dirname, `../../dist/espruino/${name}.js`)]));
const GROUP = Buffer.alloc(64, "a group of random sessions").toString("base64");
const [SECOND, MINUTE, HOUR] = [1000, 60000, 3600000];

/** mulberry32 */
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The program: each callback notes itself, and then does the `next` mischief. */
const PROGRAM = `
var next = "", late = [];
function note() { print("R" + JSON.stringify([].slice.call(arguments))); }
function word(e) { return e ? e.code || "" + e.message : "ok"; }
function mischief() {
  var what = next;
  next = "";
  if (what === "throw") throw null;
  if (what === "break") throw new Error("broken");
  if (what === "end") D();
  if (what === "cycle") { D(); C(); }
  if (what === "send") c.sendTelemetry({ extra: 1 });
  if (what === "again") c.reconnect();
}
function C() { var id = ++calls; note("connect", id); c.connect(function (e) { note("connected", id, word(e)); mischief(); }); }
function D() { var id = ++calls; note("end", id); c.disconnect(function () { note("ended", id); mischief(); }); }
function T(n, size) {
  try {
    var queued = c.status().queued;
    c.sendTelemetry({ n: n, at: getTime(), text: "x".repeat(size) }, { messageId: "m" + n }, function (e) { note("sent", n, word(e)); mischief(); });
    if (c.status().queued > queued) note("stored", n);
  } catch (e) { note("sent", n, "thrown " + word(e)); }
}
function P(n, patch) { note("report", n); c.sendProperty(patch, function (e) { note("reported", n, word(e)); mischief(); }); }
var calls = 0, c = require("iotcentral").create(OPTIONS);
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

/** One session; what it finds wrong is thrown. */
function session(seed) {
  const random = generator(seed);
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  const kept = random() < 0.3;
  const device = createDevice({ storage, seed: 1 + below(1e9), latency: pick([0, 0, 20, 300]) });
  const enrolment = { key: GROUP };
  const cloud = attach(device, {
    dps: { groups: { all: enrolment }, retryAfter: 1 },
    hub: { sessions: pick(["all", "c2d", "none"]) },
    keep: 200,
  });
  const options = {
    idScope: cloud.dps.idScope, deviceId: "dev-1", groupKey: GROUP, logLevel: 1,
    tokenLifetime: pick([60, 600, 3600]), queueLimit: pick([16384, 2000]), keepalive: pick([30, 180]), registrationTimeout: pick([20000, 300000]),
    reprovisionAfter: pick([3, 30]), ...(random() < 0.5 ? {} : { cache: false }), ntp: "",
  }; // prettier-ignore
  const text = JSON.stringify(options).replace(/}$/, kept ? `, store: require("store").open("q", 8192) }` : "}");
  const heard = [];
  let read = 0;
  let id = "dev-1";
  let telemetry = 0;
  let reports = 0;
  const model = { reported: {}, made: new Map(), lost: new Set(), sure: true, clock: true, messages: [], methods: [], steps: [] };

  const run = (source) => device.run(source);
  /** What the program has noted since the last time. */
  function collect() {
    for (; read < device.log.length; read++) if (device.log[read][0] === "R") heard.push(JSON.parse(device.log[read].slice(1)));
  }
  const boot = () => run(PROGRAM.replace("OPTIONS", () => text));
  const wire = () => cloud.hub.devices.has(id) && cloud.hub.device(id).wire;

  const calls = {
    telemetry() {
      for (let i = 1 + below(4); i--;) {
        model.made.set(++telemetry, device.clock.now());
        run(`T(${telemetry}, ${pick([0, 10, 100, 900])});`);
      }
    },
    report() {
      const value = pick([null, below(9), [1, { a: below(9) }], { x: below(9) }, { y: { z: below(9) } }, { y: null }, { y: 5 }]);
      const patch = { ["k" + below(3)]: value };
      model.reported = merge(model.reported, patch);
      run(`P(${++reports}, ${JSON.stringify(patch)});`);
    },
    desire: () =>
      cloud.hub.devices.has(id) && cloud.hub.twin(id).patch({ ["d" + below(3)]: pick([below(9), "x", false, { y: below(9) }]) }),
    missed() {
      if (!wire()) return;
      const { twin } = cloud.hub.device(id);
      const { notify } = twin;
      twin.notify = () => {};
      calls.desire();
      twin.notify = notify;
    },
    method() {
      const name = pick(["echo", "no", "late", "pump*echo"]);
      const method = { name, online: wire() && wire().session.has("$iothub/methods/POST/#") };
      model.methods.push(method);
      cloud.hub.invoke(id, name, { n: 1 }).then((answer) => (method.answer = answer));
    },
    late: () => run("late.splice(0).forEach(function (ack) { ack(); });"),
    message() {
      if (!cloud.hub.devices.has(id) || cloud.hub.device(id).mail.queue.length > 12) return;
      const name = "m" + model.messages.length;
      model.messages.push(cloud.hub.send(id, "@", { messageId: name, properties: { "method-name": name }, ttl: 1e12 }));
    },
    connect: () => run("C();"),
    disconnect: () => run("D();"),
    mischief: () => run(`next = "${pick(["throw", "break", "end", "cycle", "send", "again"])}";`),
  };

  const faults = {
    drop: () => wire() && cloud.hub.drop(id),
    silence: () => device.links.forEach((link) => link.silence()),
    away: () => (device.offline(), cloud.advance(pick([SECOND, MINUTE, HOUR])), device.offline(false)),
    slow: () => (device.faults.latency = pick([0, 50, 2000])),
    provisioning: () =>
      cloud.dps.script(Array.from({ length: 1 + below(4) }, () => pick([
        400, 401, 403, 404, 409, 412, 415, 429, 500, 503, { status: 429, retryAfter: 7 }, { status: 503, retryAfter: 400 }, "failed", "disabled",
        "unassigned", "assigning", { silent: true }, { drop: true }, { state: "assigned", stray: true }, { connack: pick([1, 2, 3, 4, 5]) },
        { status: 200, body: "{garbage" }, { status: 200, body: "null" }, { status: 200, body: { status: "assigned" } },
      ]))), // prettier-ignore
    refuse: () => cloud.hub.script("connect", Array(1 + below(5)).fill(pick([1, 2, 3, 4, 5, "silent", "drop"]))),
    twin: () =>
      cloud.hub.script(
        "get",
        pick([429, 500, "silent", "drop", { delay: 40000 }, { status: 200, body: "{garbage" }, { status: 200, body: "5" }]),
      ),
    reported: () => cloud.hub.script("reported", pick([429, 503, "silent", "drop", { delay: 5000 }, { delay: 40000 }])),
    puback: () => cloud.hub.script("telemetry", pick(["silent", "drop", { delay: 5000 }])),
    disable() {
      if (cloud.hub.devices.has(id)) cloud.hub.disable(id);
    },
    enable: () => cloud.hub.devices.forEach((one) => (one.enabled = one.id === id)),
    garbage: () => wire() && wire().deliver(pick(["$iothub/twin/PATCH/properties/desired/?$version=x", "$iothub/twin/res/200/?$rid=1", "$iothub/methods/POST/x/?$rid=zz", "a/b", "$iothub/twin/res"]), pick(["", "{", "null", "[]", '{"$version":1}'])), // prettier-ignore
    clock() {
      model.clock = false;
      run(`setTime(${pick([0, 1000, device.clock.now() / 1000 + pick([-90000, -1800, 1800, 90000]), device.clock.now() / 1000])});`);
    },
    renamed() {
      if (!cloud.hub.devices.has(id)) return;
      cloud.hub.disable(id);
      id = enrolment.deviceId = "dev-" + (10 + model.steps.length);
      model.sure = false;
    },
    power() {
      collect();
      device.powerCut({ reset: random() < 0.5 });
      cloud.advance(pick([10, 10 * SECOND, 10 * MINUTE]));
      const full = !kept || heard.some(([name, code]) => name === "error" && code === "storage");
      for (const n of model.made.keys()) if (full || !heard.some(([name, other]) => name === "stored" && other === n)) model.lost.add(n);
      heard.push(["boot"]);
      // What was on its way may have arrived or not.
      model.reported = { ...(cloud.hub.devices.has(id) ? cloud.hub.twin(id).sections.reported : {}) };
      boot(device.restart());
    },
  };

  if (random() < 0.1) run("setTime(0);");
  boot();
  for (let steps = 4 + below(25); steps--;) {
    const list = random() < 0.65 ? calls : faults;
    const name = pick(Object.keys(list));
    model.steps.push(name);
    list[name]();
    cloud.advance(Math.floor(10 ** (random() * (random() < 0.1 ? 7 : 5))));
    collect();
  }
  heal();
  return { ...model, heard, device, cloud, id, kept, options, last: telemetry, gone: finish() };

  /** All is well again, and stays so until all is done. */
  function heal() {
    cloud.dps.scripted = [];
    for (const name of Object.keys(cloud.hub.scripts)) cloud.hub.scripts[name] = [];
    faults.enable();
    device.offline(false);
    device.faults.latency = 20;
    run(`next = ""; setTime(${device.clock.now() / 1000}); C();`);
    if (wire()) cloud.hub.drop(id);
    const settled = () => {
      collect();
      run(`note("state", c.isConnected() && !c.status().queued);`);
      collect();
      return heard.pop()[1];
    };
    // A link that is dead is noticed.
    cloud.advance(10 * MINUTE);
    let hours = 0;
    while (hours < 8 && !(cloud.advance(2 * MINUTE), settled())) hours += 1 / 30;
    model.healed = hours < 8;
    cloud.advance(2 * MINUTE);
    collect();
    model.connects = cloud.trace.connections;
    model.bytes = device.clock.now();
  }

  /** Says good-bye; what is left. */
  function finish() {
    run(`D();`);
    cloud.advance(10 * MINUTE);
    run(
      `c.on("last", function () {}); note("listeners", ["end", "close", "message"].map(function (name) { return (c["#on" + name] || []).length; }).join());`,
    );
    collect();
    return device.alive;
  }
}

const OURS = /TypeError|RangeError|Cannot read|is not a function|undefined|call stack|Maximum/;
/** Why the hub may have ended a connection, whatever the client does right. */
const EXCUSED = /^(dropped|as told|disabled|keep-alive|no CONNECT|token expired|expired token|no device|closing|another connection)/;

/** What is not as promised. */
function check(it) {
  const wrong = [];
  const say = (...what) => wrong.push(what.join(" "));
  const { heard, cloud, device, model } = { model: it, ...it };
  if (!model.healed) return ["it never came back"];
  device.errors.forEach((e) => say("left the program:", e && e.message + e.stack));
  device.log.filter((line) => OURS.test(line)).forEach((line) => say("a fault of ours:", line));
  cloud.closed.filter(({ reason }) => !EXCUSED.test(reason)).forEach(({ reason }) => say("the hub hung up:", reason));
  if (JSON.stringify(it.gone) !== '{"timers":0,"sockets":0}') say("left:", JSON.stringify(it.gone));

  // Each callback once.
  let from = 0;
  const boots = heard.reduce((list, [name], i) => (name === "boot" ? [...list, i] : list), []).concat(heard.length);
  for (const to of boots) {
    const part = heard.slice(from, to);
    const whole = to === heard.length;
    for (const [asked, told] of [
      ["connect", "connected"],
      ["end", "ended"],
      ["report", "reported"],
    ])
      // prettier-ignore
      for (const [, n] of part.filter(([name]) => name === asked)) {
        const times = part.filter(([name, other]) => name === told && other === n).length;
        if (times > 1 || (whole && !times)) say(told, n, times, "times");
      }
    const seen = new Set();
    let version = 0;
    for (const [, name, , v] of part.filter(([event]) => event === "property")) {
      if (model.sure && (seen.has(name + v) || v < version)) say("property", name, v, "after", version);
      seen.add(name + v);
      version = v;
    }
    const commands = part.filter(([event]) => event === "offline command").map(([, name]) => name);
    if (new Set(commands).size !== commands.length) say("an offline command twice:", commands);
    from = to;
  }

  // Telemetry: what was accepted arrives, in order; what was refused does not.
  const got = [];
  for (const { system } of cloud.hub.telemetry) {
    const n = +(system.messageId || "").slice(1);
    if (n && !got.includes(n)) got.push(n);
  }
  const answers = (n) => heard.filter(([name, other]) => name === "sent" && other === n).map(([, , word]) => word);
  for (const n of model.made.keys()) {
    const words = answers(n);
    const refused = words[0] === "limit";
    if (words.length > 1 || (!words.length && !heard.some(([name]) => name === "boot")))
      say("telemetry", n, "was answered", words.length, "times:", words);
    if (words.length && !/^(ok|limit|offline)$/.test(words[0])) say("telemetry", n, words[0]);
    if (got.includes(n) ? refused : !refused && !model.lost.has(n)) say("telemetry", n, refused ? "was refused and came" : "is lost");
  }
  if (got.some((n, i) => n < got[i - 1])) say("telemetry out of order:", got);

  // The twin.
  if (model.sure) {
    const { desired, reported } = cloud.hub.twin(it.id);
    for (const name of ["k0", "k1", "k2"])
      if (JSON.stringify(reported[name]) !== JSON.stringify(model.reported[name])) say(name, JSON.stringify(reported[name]), "instead of", JSON.stringify(model.reported[name])); // prettier-ignore
    for (const name of Object.keys(desired).filter((one) => one[0] === "d"))
      if (!reported[name] || JSON.stringify(reported[name].value) !== JSON.stringify(desired[name])) say(name, "is not acknowledged:", JSON.stringify(reported[name])); // prettier-ignore
    for (const { outcome, messageId } of model.messages) if (outcome !== "completed") say("offline command", messageId, outcome);
  }
  for (const { name, online, answer } of model.methods) {
    const good = { echo: [200, 500], "pump*echo": [200, 500], no: [404], late: [200, 202, 500] }[name];
    if (!answer) say("command", name, "was not answered at all");
    else if (![...good, 504, ...(online ? [] : [404])].includes(answer.status)) say("command", name, answer.status, online);
  }
  return wrong;
}

const only = process.env.SEED;
const runs = only ? 1 : +(process.env.RUNS || 150);

test(`${runs} random sessions`, async () => {
  for (let i = 0; i < runs; i++) {
    const seed = only ? +only : i + 1;
    const it = session(seed);
    await new Promise(setImmediate);
    const wrong = check(it);
    if (wrong.length) expect([`SEED=${seed}`, it.steps.join(" "), ...wrong]).toEqual([]);
  }
}, 3600000);
