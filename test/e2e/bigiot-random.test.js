"use strict";
/**
 * Sessions at random: calls of the application and faults of network, platform and clock in any order, against the local platform, on
 * virtual time. Then what must hold of all of them. A fault names its seed: SEED=7 repeats that session, SESSIONS=5000 runs more.
 */
const { expect, test } = require("@jest/globals");
const { world } = require("../clouds/bigiot/world");
const { DEMO } = require("../clouds/bigiot/registry");

const SESSIONS = Number(process.env.SESSIONS || 100);
const IDS = ["66120", "66121", "66122"];
const FORMATS = { stamp: /^\d{10}$/, "Y-m-d": /^\d{4}-\d\d-\d\d$/, "H:i:s": /^\d\d:\d\d:\d\d$/ };

/** mulberry32 */
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What runs on the board: calls are numbered, and what each callback got is kept; `next` is done inside the next event. */
const BOARD = (options) => `
var told = {}, taken = {}, did = [], said = [], online = 0, next = [];
function D(n) { return function (e, r) { (told[n] = told[n] || []).push([e ? e.code : "", r === undefined ? null : r]); if (next.length) next.shift()(); }; }
var device = require("bigiot").create(${JSON.stringify(options).replace(/}$/, ', md5: require("md5").md5 }')});
device.on("online", function () { online++; });
device.on("say", function (e) { said.push(e.msg); });
["online", "offline", "say", "error", "login", "command"].forEach(function (name) { device.on(name, function () { if (next.length) next.shift()(); }); });
device.sayCallback(function () { if (next.length) next.shift()(); });
function go(n, f) { did.push(n); try { taken[n] = f(n); } catch (e) { taken[n] = "threw " + e.code; } }`;

function start(seed) {
  const random = generator(seed);
  const below = (n) => Math.floor(random() * n);
  const chance = (p) => random() < p;
  const pick = (list) => list[below(list.length)];
  const port = pick([8282, 8282, 8181, 8585]);
  const encrypted = chance(0.2);
  const accounts = { ...DEMO, devices: DEMO.devices.map((one) => (one.id === "70413" ? { ...one, encrypted } : { ...one })) };
  const s = {
    random,
    below,
    chance,
    pick,
    port,
    quiet: [],
    held: [],
    n: 0,
    calls: {},
    values: {},
    sent: [],
    heard: [],
    clean: true,
    noise: 0,
  };
  s.w = world({
    port,
    device: { seed: seed + 1, chunk: pick([1, 7, 64, 536]), latency: pick([0, 0, 20, 300]) },
    cloud: {
      accounts,
      // What is lost on the platform, and what it answers late.
      before: (m, session) => {
        if (s.quiet.includes(m.M)) return false;
        if (s.lag && ["time", "isOL", "status"].includes(m.M)) return void s.w.timers.after(() => session.id && answer(session, m), s.lag), false; // prettier-ignore
        return true;
      },
    },
  });
  const answer = (session, m) => {
    const { lag } = s;
    s.lag = 0;
    // The pace was measured when it came.
    const was = { ...session.last };
    session.last = {};
    session.take(m);
    session.last = was;
    s.lag = lag;
  };
  // Lines are cut anywhere, and garbage stands between them.
  const accept = s.w.cloud.accept.bind(s.w.cloud);
  s.w.cloud.accept = (peer, ...more) => {
    const write = (bytes) => {
      if (s.noise && chance(s.noise))
        bytes += pick(["{\n", "\n\r\n", '{"M":5}\n', "[1]\n", "x".repeat(3000) + "\n", '{"M":"what"}\n', "\xe8\xb4\n", '{"M":"say"}\n']);
      const cut = chance(0.3) ? below(bytes.length) : 0;
      if (cut) peer.write(bytes.slice(0, cut));
      peer.write(bytes.slice(cut));
    };
    return accept({ ...peer, write }, ...more);
  };
  s.user = s.w.cloud.user("30211", (m) => m.M === "say" && s.heard.push(m.C));
  const options = { id: 70413, apiKey: "abc123key", userKey: "userkey00", port, checkoutFirst: chance(0.5), queueLimit: pick([2, 16]) };
  if (chance(0.3)) options.heartbeat = 30000;
  s.w.device.run(BOARD(options));
  return s;
}

/** A call of the application, numbered; now, or inside whatever comes next. */
function call(s, kind, text, more = {}) {
  const n = ++s.n;
  s.calls[n] = { kind, ...more };
  const code = `go(${n}, function (n) { return ${text}; })`;
  s.w.device.run(
    s.chance(0.15) ? `next.push(function () { ${code}; ${s.chance(0.1) ? 'throw new Error("of the application")' : ""} })` : code,
  );
}

const CALLS = {
  update(s) {
    const id = s.pick(IDS);
    const mute = s.chance(0.5);
    call(s, "update", `device.update(${id}, ${s.n + 1}${mute ? "" : ", D(n)"})`, { ids: [id], mute });
  },
  updates: (s) => call(s, "update", `device.update({ 66120: ${s.n + 1}, 66122: ${s.n + 1} }, D(n))`, { ids: ["66120", "66122"] }),
  loop: (s) => s.w.device.run(`for (var i = 0; i < 30; i++) device.status(function () {})`),
  say: (s) => call(s, "say", `device.say({ to: "${s.pick(["U30211", "ALL"])}", msg: "s${s.n + 1}" }, D(n))`),
  isOnline: (s) => call(s, "isOnline", `device.isOnline(["U30211", 40877], D(n))`, { like: /^{"U30211":(true|false),"D40877":false}$/ }),
  status: (s) => call(s, "status", "device.status(D(n))", { like: /^"(checked|connected)"$/ }),
  time(s) {
    const format = s.pick(Object.keys(FORMATS));
    call(s, "time", `device.time("${format}", D(n))`, { like: new RegExp(FORMATS[format].source.replace("^", '^"').replace("$", '"$')) });
  },
  times: (s) => (CALLS.time(s), CALLS.time(s)),
  alert: (s) => call(s, "alert", `device.alert("a${s.n + 1}", D(n))`),
  checkIn: (s) => call(s, "checkIn", "device.checkIn(D(n))"),
  checkOut: (s) => call(s, "checkOut", "device.checkOut(D(n))"),
};

const FAULTS = {
  cut: (s, link) => link && link[s.pick(["reset", "finish", "silence"])]("fin"),
  expel: (s) => s.user.checkout("70413"),
  mute: (s) => (s.quiet = s.chance(0.5) ? [] : s.pick([["checkin"], ["time", "isOL"], ["status"], ["checkout"], ["beat", "b"]])),
  late: (s) => (s.lag = s.pick([0, 2000, 7000, 40000])),
  noise: (s) => (s.noise = s.pick([0, 0.2, 1])),
  // The pace of alerts counts by the clock while the device stays away: this is no fault of it.
  clock: (s) => s.w.device.run(`setTime(getTime() + ${s.pick([-1e6, -3, 3])})`),
  user: (s) => {
    s.sent.push("u" + s.sent.length);
    s.user.say("D70413", s.sent[s.sent.length - 1]);
  },
  speaker: (s) => s.w.cloud.speak("70413", s.pick(["play", "stop", "own"]), s.chance(0.5) ? { on: "开" } : undefined),
  peer: (s) => s.w.cloud.announce("D40877", s.pick(["login", "logout"])),
};

function walk(s) {
  const { device } = s.w;
  for (let i = 0; i < 40; i++) {
    if (s.chance(0.6)) CALLS[s.pick(Object.keys(CALLS))](s);
    else FAULTS[s.pick(Object.keys(FAULTS))](s, device.links.filter((link) => link.port === s.port).pop());
    s.w.run(s.pick([0, 0, 10, 700, 3000, 12000, 50000, 200000]));
  }
}

/** All is well again: what waits must go. */
function heal(s) {
  s.quiet = [];
  s.lag = s.noise = 0;
  s.w.run(120000);
  s.w.device.run("while (next.length) try { next.shift()(); } catch (e) {} device.checkIn();");
  s.w.run(100000);
  // Alerts, ten minutes apart.
  const waits = () => s.w.ask(`Object.keys(told).length < ${Object.values(s.calls).filter(({ mute }) => !mute).length}`);
  for (let i = 0; i < 20 && waits(); i++) s.w.run(650000);
}

function judge(s) {
  const { w } = s;
  const state = w.ask("{ told: told, taken: taken, did: did, said: said, online: device.online, keys: Object.keys(device).length }");
  expect([w.device.errors, state.online]).toEqual([[], true]);
  for (const [n, { kind, like, mute }] of Object.entries(s.calls)) {
    const told = state.told[n] || [];
    const what = `${n} ${kind} ${state.taken[n]} ${JSON.stringify(told)}`;
    if (mute) continue;
    expect(`${told.length} ${what}`).toBe(`1 ${what}`);
    if (like && told[0][0] === "") expect(JSON.stringify(told[0][1])).toMatch(like);
    // These are kept over every loss.
    if (/update|alert/.test(kind) && state.taken[n]) expect(what).toMatch(/\[\["",/);
    if (state.taken[n] === false) expect(what).toMatch(/"(limit|offline)"/);
  }
  // The newest accepted value of each interface is the platform's.
  const last = {};
  for (const n of state.did) if (s.calls[n].kind === "update" && state.taken[n]) for (const id of s.calls[n].ids) last[id] = String(n);
  for (const id in last) s.values[id] = w.cloud.devices[70413].values[id];
  expect(s.values).toEqual(last);
  // What was said arrives once at most, in order; both ways.
  for (const [heard, sent] of [
    [
      s.heard,
      Object.keys(s.calls)
        .filter((n) => s.calls[n].kind === "say")
        .map((n) => "s" + n),
    ],
    [state.said.filter((m) => /^u/.test(m)), s.sent],
  ]) {
    // prettier-ignore
    expect(new Set(heard).size).toBe(heard.length);
    if (sent === s.sent) expect(heard).toEqual(sent.filter((m) => heard.includes(m)));
    for (const m of heard) expect(sent).toContain(m);
  }
  expect(w.cloud.violations.filter(({ rule }) => rule !== "not checked in")).toEqual([]);
  expect(state.keys).toBeLessThan(34);
  w.device.run("device.checkOut()");
  w.run(10000);
  expect(w.device.alive).toEqual({ timers: 0, sockets: 0 });
}

function session(seed) {
  try {
    const s = start(seed);
    walk(s);
    heal(s);
    judge(s);
  } catch (e) {
    e.message = `SEED=${seed}: ${e.message}`;
    throw e;
  }
}

test("whatever happens, what was accepted is delivered or told, once, in order, and nothing is left", () => {
  const seed = Number(process.env.SEED);
  for (let i = seed || 1; i <= (seed || SESSIONS); i++) session(i);
}, 600000);
