"use strict";
/**
 * Sessions at random: calls of the application and faults of network, power, platform and clock in any order, against the local platform,
 * on virtual time; of a device, of a node that sends datagrams, and of a user. Then what must hold of all of them.
 * `SEED=7 npx jest test/e2e/bigiot-sessions` repeats one, `RUNS=5000` makes more.
 */
const { expect, test } = require("@jest/globals");
const { world } = require("../clouds/bigiot/world");
const { DEMO } = require("../clouds/bigiot/registry");
const { generator, sessions } = require("../rig/random");

const IDS = ["66120", "66121", "66122"];
const FORMATS = { stamp: /^"\d{10}"$/, "Y-m-d": /^"\d{4}-\d\d-\d\d"$/, "H:i:s": /^"\d\d:\d\d:\d\d"$/ };

/** What runs on the board: calls are numbered, and what each callback got is kept; `next` is done inside the next event. */
const BOARD = (options) => `
var told = {}, taken = {}, did = [], said = [], values = [], next = [];
function D(n) { return function (e, r) { (told[n] = told[n] || []).push([e ? e.code : "", r === undefined ? null : r]); if (next.length) next.shift()(); }; }
var device = require("bigiot").create(${JSON.stringify(options).replace(/}$/, ', md5: require("md5").md5 }')});
device.on("say", function (e) { said.push(e.msg); });
device.on("update", function (v, e) { values.push([e.id, v]); });
["online", "offline", "say", "error", "login", "command", "update"].forEach(function (name) { device.on(name, function () { if (next.length) next.shift()(); }); });
device.sayCallback(function () { if (next.length) next.shift()(); });
function go(n, f) { did.push(n); try { taken[n] = f(n); } catch (e) { taken[n] = "threw " + e.code; } }`;

/** Who is on the board: its own options, and whom it talks to. */
const WHO = {
  device: (s) => ({
    id: 70413,
    apiKey: "abc123key",
    userKey: "userkey00",
    port: s.pick([8282, 8282, 8181, 8585]),
    checkoutFirst: s.chance(0.5),
  }),
  datagrams: (s) => ({ id: 70413, apiKey: "abc123key", udp: true, updateInterval: s.pick([1000, 5000, 20000]) }),
  user: () => ({ id: 30211, apiKey: "userkey00", user: true, port: 8585 }),
};

function start(seed) {
  const random = generator(seed);
  const below = (n) => Math.floor(random() * n);
  const chance = (p) => random() < p;
  const pick = (list) => list[below(list.length)];
  const s = { below, chance, pick, quiet: [], n: 0, life: 0, lives: [], calls: {}, sent: [], heard: [], noise: 0, lost: false };
  s.who = pick(["device", "device", "device", "datagrams", "user"]);
  s.options = { ...WHO[s.who](s), queueLimit: pick([1, 2, 16]), ...(chance(0.3) ? { heartbeat: 30000 } : {}) };
  // Where the device beats by itself it may do so as often as it likes.
  if (s.options.port !== 8282 && chance(0.2)) s.options.heartbeat = 3000;
  const encrypted = chance(0.2);
  const accounts = { ...DEMO, devices: DEMO.devices.map((one) => (one.id === "70413" ? { ...one, encrypted } : { ...one })) };
  s.w = world({
    port: s.options.port,
    device: { seed: seed + 1, chunk: pick([1, 7, 64, 536]), latency: pick([0, 0, 20, 300]), retry: 400 },
    cloud: {
      accounts,
      rules: { answerCheckout: chance(0.3) },
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
  const { cloud } = s.w;
  // Lines are cut anywhere, and garbage stands between them.
  const accept = cloud.accept.bind(cloud);
  cloud.accept = (peer, ...more) => {
    const write = (bytes) => {
      if (s.noise && chance(s.noise))
        bytes += pick(["{\n", "\n\r\n", '{"M":5}\n', "[1]\n", "x".repeat(3000) + "\n", '{"M":"what"}\n', "\xe8\xb4\n", '{"M":"say"}\n']);
      const cut = chance(0.3) ? below(bytes.length) : 0;
      if (cut) peer.write(bytes.slice(0, cut));
      peer.write(bytes.slice(cut));
    };
    return accept({ ...peer, write }, ...more);
  };
  s.w.network.udp(9090, (data) => cloud.datagram(Buffer.from(data, "latin1").toString("utf8")));
  // Who hears what the board says.
  const listen = (m) => m.M === "say" && /^s\d/.test(m.C) && s.heard.push(m.C);
  s.me = s.who === "user" ? "U30211" : "D70413";
  s.peer = s.who === "user" ? "D70413" : "U30211";
  if (s.who === "user") cloud.heard.D70413 = listen;
  else cloud.user("30211", listen);
  s.w.device.run(BOARD(s.options));
  return s;
}

/** A call of the application, numbered; now, or inside whatever comes next. */
function call(s, kind, text, more = {}) {
  const n = ++s.n;
  s.calls[n] = { kind, life: s.life, ...more };
  const code = `go(${n}, function (n) { return ${text}; })`;
  s.w.device.run(
    s.chance(0.15) ? `next.push(function () { ${code}; ${s.chance(0.1) ? 'throw new Error("of the application")' : ""} })` : code,
  );
}

const CALLS = {
  update(s) {
    if (s.who === "user") return call(s, "getdata", "device.update(40877, D(n))");
    const id = s.pick(IDS);
    const mute = s.chance(0.5);
    call(s, "update", `device.update(${id}, ${s.n + 1}${mute ? "" : ", D(n)"})`, { ids: [id], mute });
  },
  updates(s) {
    if (s.who === "user") return CALLS.update(s);
    call(s, "update", `device.update({ 66120: ${s.n + 1}, 66122: ${s.n + 1} }, D(n))`, { ids: ["66120", "66122"] });
  },
  loop: (s) => s.w.device.run(`for (var i = 0; i < 30; i++) device.status(function () {})`),
  say: (s) => call(s, "say", `device.say({ to: "${s.pick([s.peer, "ALL"])}", msg: "s${s.n + 1}" }, D(n))`),
  isOnline: (s) => call(s, "isOnline", `device.isOnline(["U30211", 40877], D(n))`, { like: /^{"U30211":(true|false),"D40877":false}$/ }),
  status: (s) => call(s, "status", "device.status(D(n))", { like: /^"(checked|connected)"$/ }),
  time(s) {
    const format = s.pick(Object.keys(FORMATS));
    call(s, "time", `device.time("${format}", D(n))`, { like: FORMATS[format] });
  },
  times: (s) => (CALLS.time(s), CALLS.time(s)),
  alert: (s) => (s.who === "user" ? CALLS.say(s) : call(s, "alert", `device.alert("a${s.n + 1}", D(n))`)),
  checkIn: (s) => call(s, "checkIn", "device.checkIn(D(n))"),
  checkOut: (s) => call(s, "checkOut", "device.checkOut(D(n))"),
};

const FAULTS = {
  cut: (s, link) => link && link[s.pick(["reset", "finish", "silence"])]("fin"),
  // Datagrams may be lost at any time; over TCP it is only delay.
  loss(s) {
    s.w.device.faults.loss = s.pick([0, 0.3]);
    s.lost = true;
  },
  away(s) {
    s.w.device.offline();
    s.lost = true;
    s.w.run(s.pick([10, 5000, 100000]));
    s.w.device.offline(false);
  },
  power: (s) => reboot(s),
  expel: (s) => s.w.cloud.expel(s.me, "198.51.100.7"),
  mute: (s) => (s.quiet = s.chance(0.5) ? [] : s.pick([["checkin", "login"], ["time", "isOL"], ["status"], ["checkout"], ["beat", "b"]])),
  late: (s) => (s.lag = s.pick([0, 2000, 7000, 40000])),
  noise: (s) => (s.noise = s.pick([0, 0.2, 1])),
  // While the device stays away its pace counts by the clock: what the clock leaps ahead, the platform has not waited.
  clock(s) {
    const by = s.pick([-1e6, -3, 3]);
    s.w.device.run(`setTime(getTime() + ${by})`);
    if (by < 0) return;
    for (const device of Object.values(s.w.cloud.devices)) {
      device.last -= by * 1000;
      device.alerted -= by * 1000;
    }
  },
  peer(s) {
    const C = "u" + s.sent.length;
    s.sent.push(C);
    s.w.cloud.deliver(s.me, { M: "say", ID: s.peer, NAME: "n", C, T: s.w.cloud.time() });
  },
  speaker: (s) => s.w.cloud.speak("70413", s.pick(["play", "stop", "own"]), s.chance(0.5) ? { on: "开" } : undefined),
  // Another device of the same owner: comes, goes, measures.
  other(s) {
    if (s.chance(0.5)) s.w.cloud.announce("D40877", s.pick(["login", "logout"]));
    else s.w.cloud.store(s.w.cloud.devices[40877], { 66999: "" + ++s.n }, 0);
  },
};

/** What the application knows. */
const state = (s) => s.w.ask("{ told: told, taken: taken, did: did, said: said, values: values }");

/** The power is gone, and comes back: all that the board knew is lost, and nobody was told. */
function reboot(s) {
  const { device, cloud } = s.w;
  s.lives.push(state(s));
  s.life++;
  device.powerCut({ reset: s.chance(0.3) });
  s.w.run(s.pick([0, 3000, 100000]));
  device.restart();
  // What was on its way arrives yet; the pace is lost, too.
  s.w.run(1000);
  delete cloud.devices[70413].last;
  delete cloud.devices[70413].alerted;
  device.run(BOARD(s.options));
}

function walk(s) {
  const { device } = s.w;
  for (let i = 0; i < 40; i++) {
    if (s.chance(0.6)) CALLS[s.pick(Object.keys(CALLS))](s);
    else FAULTS[s.pick(Object.keys(FAULTS))](s, device.links.filter((link) => link.port === s.options.port).pop());
    s.w.run(s.pick([0, 0, 10, 700, 3000, 12000, 50000, 200000]));
  }
}

/** Alerts of this life that were accepted, but have not arrived. */
function absent(s) {
  const taken = s.w.ask("taken");
  const arrived = s.w.cloud.alerts.map(({ text }) => text);
  return Object.keys(s.calls).filter((n) => s.calls[n].kind === "alert" && taken[n] === true && !arrived.includes("a" + n));
}

/** All is well again: what waits must go. */
function heal(s) {
  const { device } = s.w;
  s.quiet = [];
  s.lag = s.noise = device.faults.loss = 0;
  s.w.run(120000);
  const flush = "while (next.length) try { next.shift()(); } catch (e) {}";
  device.run(flush + " device.checkIn();");
  s.w.run(100000);
  // Alerts, ten minutes apart; what was gone when the line broke goes again.
  const all = Object.values(s.calls).filter(({ life, mute }) => life === s.life && !mute);
  for (let i = 0; i < 20 && (s.w.ask("Object.keys(told).length") < all.length || absent(s).length); i++) s.w.run(650000);
  // Over TCP what was lost on the way has gone again by now; what no fault meets arrives whatever was before.
  if (s.who === "device") valued(s, s.lives.concat(state(s)));
  if (s.who !== "user") {
    call(s, "update", `device.update({ 66120: ${s.n + 1}, 66121: ${s.n + 1}, 66122: ${s.n + 1} }, D(n))`, { ids: IDS });
    device.run(flush);
    s.w.run(30000);
  }
}

/** Every call of this life has had its answer, once; every call of an earlier one had it once at most. */
function answered(s) {
  for (const [n, { kind, like, mute, life }] of Object.entries(s.calls)) {
    const { told: all, taken } = s.lives[life];
    const told = all[n] || [];
    const what = `${n} ${kind} ${taken[n]} ${JSON.stringify(told)}`;
    if (mute) continue;
    expect(`${life < s.life ? Math.max(told.length, 1) : told.length} ${what}`).toBe(`1 ${what}`);
    if (like && told[0] && told[0][0] === "") expect(JSON.stringify(told[0][1])).toMatch(like);
    // These are kept over every loss.
    if (told[0] && taken[n] && (kind === "update" || kind === "alert")) expect(what).toMatch(/\[\["",/);
    if (taken[n] === false) expect(what).toMatch(/"(limit|offline)"/);
  }
}

/** The newest accepted value of each interface is the platform's, and older ones never follow newer ones. */
function valued(s, lives) {
  const device = s.w.cloud.devices[70413];
  const last = {};
  const all = lives.map(({ did, taken }) => did.filter((n) => s.calls[n].kind === "update" && taken[n] === true));
  for (const n of all[s.life]) for (const id of s.calls[n].ids) last[id] = String(n);
  expect(device.values).toMatchObject(last);
  const place = (value) => all.flat().indexOf(+value);
  for (const id in last) {
    const places = device.history.filter((one) => one.id === id).map(({ value }) => place(value));
    expect([id, places]).toEqual([id, places.slice().sort((a, b) => a - b)]);
    expect(places[0]).not.toBe(-1);
  }
}

/** What was said arrives once at most, in order; both ways. */
function said(s) {
  const ways = [
    [s.heard, s.lives.flatMap(({ did }) => did.filter((n) => s.calls[n].kind === "say").map((n) => "s" + n))],
    [s.lives.flatMap((one) => one.said.filter((m) => /^u\d/.test(m))), s.sent],
  ];
  for (const [heard, sent] of ways) expect(heard).toEqual(sent.filter((m) => heard.includes(m)));
  // A datagram that nothing met arrives.
  const { told } = s.lives[s.life];
  if (s.who === "datagrams" && !s.lost)
    for (const n in told) if (s.calls[n].kind === "say" && told[n][0][0] === "") expect(s.heard).toContain("s" + n);
}

function judge(s) {
  const { device, cloud } = s.w;
  s.lives.push(state(s));
  expect([device.errors, s.w.ask("device.online")]).toEqual([[], true]);
  answered(s);
  said(s);
  if (s.who === "user") {
    const got = s.lives.flatMap((one) => one.values.filter(([id]) => id === "D40877").map(([, v]) => +v[66999] || 0));
    expect(got).toEqual(got.slice().sort((a, b) => a - b));
  } else valued(s, s.lives);
  expect(absent(s)).toEqual([]);
  expect(cloud.violations.filter(({ rule }) => rule !== "not checked in")).toEqual([]);
  expect(s.w.ask("Object.keys(device).length")).toBeLessThan(34);
  device.run("device.checkOut()");
  s.w.run(10000);
  expect(device.alive).toEqual({ timers: 0, sockets: 0 });
}

function session(seed) {
  const s = start(seed);
  walk(s);
  heal(s);
  judge(s);
}

test(
  "whatever happens, what was accepted is delivered or told, once, in order, and nothing is left",
  () => sessions(100, session),
  3600000,
);
