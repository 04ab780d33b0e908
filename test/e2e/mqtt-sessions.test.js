"use strict";
/**
 * Sessions at random of the client with its `store`: publications both ways at each QoS, subscriptions, ends, and faults of network, broker
 * and power, which may go at any write to Storage. Then what must hold of all of them. `SEED=7 npx jest test/e2e/mqtt-sessions` repeats
 * one, `RUNS=5000` makes more.
 */
const { expect, test } = require("@jest/globals");
const path = require("node:path");
const { createDevice } = require("../mock");
const { generator, sessions } = require("../rig/random");
const { SessionBroker } = require("./support/sessionbroker");

const dist = (name) => path.join(__dirname, "../../dist/espruino", name + ".js");

/**
 * What runs on the board. All that matters is printed at once, since the power may go at any moment: B(egin) of a call, how it was T(aken),
 * V(olatile: the store has no room for it), what its callback was told (C), a message (G), E(nd), F(ull: the store has no room for what
 * QoS 2 has to remember).
 */
const BOARD = (options, size) => `
var next = [], current = 0, client;
function later() { if (next.length) next.shift()(); }
function D(n) { return function (e) { print("C " + n + " " + (e ? e.code : "ok")); later(); }; }
function make() {
  var o = ${JSON.stringify(options)};
  var kept = o.store = require("store").open("session", ${size}), put = kept.put;
  kept.put = function (record) { var key = put(record); if (!key && record.length < 7) print("F"); return key; };
  client = require("mqtt").connect(o);
  client.on("message", function (topic, payload, packet) { print("G " + payload + " " + packet.qos); later(); });
  client.on("error", function (e) { if (e.code === "storage") print("V " + current); else if (e.code === "limit") print("T " + current + " limit"); });
  client.on("end", function () { print("E"); });
  ["connect", "close", "offline"].forEach(function (name) { client.on(name, later); });
}
function go(n, f) {
  var outer = current;
  current = n;
  print("B " + n);
  try { f(n); print("T " + n + " ok"); } catch (e) { print("T " + n + " " + e.code); if (!e.code) throw e; }
  current = outer;
}
make();
client.subscribe({ "in/0": { qos: 0 }, "in/1": { qos: 1 }, "in/2": { qos: 2 } });`;

function start(seed) {
  const random = generator(seed);
  const below = (n) => Math.floor(random() * n);
  const s = { below, chance: (p) => random() < p, pick: (list) => list[below(list.length)], n: 0, lives: [], calls: {}, given: {} };
  s.broker = new SessionBroker();
  s.device = createDevice({
    storage: { mqtt: dist("mqtt"), store: dist("store") },
    seed: seed + 1,
    chunk: s.pick([3, 64, 536]),
    latency: s.pick([0, 0, 20]),
    flash: 65536,
  });
  s.device.serve = s.device.net.serve(1883, (peer) => s.broker.accept(peer));
  s.size = s.pick([400, 1500, 4096]);
  s.options = {
    host: "localhost",
    clientId: "device",
    clean: false,
    keepalive: s.pick([10, 60]),
    queueLimit: s.pick([300, 2000, 16384]),
    maxInflight: s.pick([1, 3, 20]),
  };
  boot(s);
  return s;
}

/** What was in memory only is gone: nobody will release its identifiers, so the broker does. */
function release(s) {
  const volatile = s.lives.flatMap(({ log }) => log.filter((line) => line.startsWith("V ")).map((line) => "p" + line.slice(2)));
  for (const [id, text] of s.broker.held) if (volatile.includes(text)) s.broker.held.delete(id);
}

/** A life of the board: what it printed goes to the last of `lives`. */
function boot(s) {
  release(s);
  s.device.log.length = 0;
  s.lives.push({ log: s.device.log.slice(), cut: false });
  run(s, BOARD(s.options, s.size));
}

/** Keeps what was printed, and turns the power on again where it was cut. */
function look(s) {
  const life = s.lives[s.lives.length - 1];
  life.log.push(...s.device.log.splice(0));
  if (!s.device.machine.loop.stopped) return;
  life.cut = true;
  s.device.storage.cutAt(0);
  s.device.restart();
  boot(s);
}

function run(s, code) {
  if (s.device.machine.loop.stopped) return look(s);
  s.device.run(code);
  look(s);
}

function tick(s, ms) {
  s.device.tick(ms);
  look(s);
}

/** A call of the application, numbered; now, or inside whatever comes next. */
function call(s, what, text) {
  const n = ++s.n;
  s.calls[n] = { ...what, life: s.lives.length - 1 };
  const code = `go(${n}, function (n) { ${text}; })`;
  run(s, s.chance(0.2) ? `next.push(function () { ${code}; })` : code);
}

const STEPS = {
  publish(s) {
    const qos = s.pick([0, 1, 1, 2, 2]);
    const mute = s.chance(0.2);
    const more = s.chance(0.3) ? " " + "x".repeat(s.below(200)) : "";
    call(s, { kind: "publish", qos, mute }, `client.publish("out", "p" + n + "${more}", { qos: ${qos} }${mute ? "" : ", D(n)"})`);
  },
  publishes(s) {
    for (let i = s.below(8); i >= 0; i--) STEPS.publish(s);
  },
  incoming(s) {
    const qos = s.below(3);
    const text = "g" + ++s.n;
    if (s.broker.publish("in/" + qos, text)) s.given[text] = { qos, session: s.broker.sessions, life: s.lives.length - 1 };
  },
  incomings(s) {
    for (let i = s.below(5); i >= 0; i--) STEPS.incoming(s);
  },
  subscribe: (s) => call(s, { kind: "subscribe" }, `client.subscribe("x/1", { qos: ${s.below(3)} }, D(n))`),
  unsubscribe: (s) => call(s, { kind: "unsubscribe" }, `client.unsubscribe("x/1", D(n))`),
  end(s) {
    run(s, `client.end(${s.pick(["", "true", "function () {}"])})`);
    tick(s, s.pick([0, 10, 5000]));
    run(s, s.chance(0.5) ? "client.reconnect()" : "client.end(true)");
    if (s.chance(0.5)) renew(s);
  },
  reconnect: (s) => run(s, "client.reconnect()"),
  cut: (s) => s.device.links.length && s.pick([(l) => l.reset(), (l) => l.finish("fin"), (l) => l.silence()])(s.device.links[0]),
  away(s) {
    s.device.offline();
    tick(s, s.pick([10, 3000]));
    s.device.offline(false);
  },
  power(s) {
    s.device.powerCut({ reset: s.chance(0.5) });
    look(s);
  },
  // At a write that is to come.
  powers: (s) => s.device.storage.cutAt(1 + s.below(10), s.pick(["before", "inside", "after"]), s.chance(0.3) ? s.below(20) : undefined),
  lose: (s) => s.broker.lose(),
  hold: (s) => (s.broker.hold = s.chance(0.5)),
  flush(s) {
    const { late } = s.broker;
    for (let i = s.below(6); late && late.length && i >= 0; i--) late.shift()();
  },
  deaf: (s) => (s.broker.deaf = s.chance(0.3)),
  refuse: (s) => (s.broker.refuse = s.chance(0.3)),
};
const NAMES = ["publish", "publish", "publish", "publishes", "incoming", "incomings", "flush", "flush"].concat(Object.keys(STEPS));

/** Another client takes over the store: the one before has to be at its end. */
function renew(s) {
  const lives = s.lives.length;
  run(s, "client.end(true)");
  // The host closes a link within five seconds, whatever the peer has read.
  tick(s, 5010);
  if (s.lives.length > lives) return;
  expect(s.device.alive).toEqual({ timers: 0, sockets: 0 });
  s.lives[lives - 1].renewed = s.n;
  release(s);
  run(s, "make()");
}

/** All is well again: what waits must go. */
function heal(s) {
  const { broker, device } = s;
  Object.assign(broker, { hold: false, deaf: false, refuse: false });
  broker.flush();
  device.storage.cutAt(0);
  run(s, "var all = next; next = []; all.forEach(function (f) { f(); });");
  run(s, "client.reconnect()");
  tick(s, 300000);
}

/** What was printed in a life: for each call how it was taken and told, and what came. */
function story({ log }) {
  const of = (letter) => log.filter((line) => line.startsWith(letter + " ")).map((line) => line.slice(2).split(" "));
  const by = (list) => list.reduce((all, [n, what]) => ((all[n] = (all[n] || []).concat(what)), all), {});
  return { begun: by(of("B")), taken: by(of("T")), told: by(of("C")), volatile: by(of("V")), got: of("G") };
}

/** Publications: in order, none lost that the store has, none told wrongly; callbacks once. */
function published(s, lives) {
  const arrived = s.broker.received.map(({ text }) => text);
  for (const [n, { kind, qos, life, mute }] of Object.entries(s.calls)) {
    const { begun, taken = {}, told, volatile } = lives[life];
    if (!begun[n]) continue;
    const answers = told[n] || [];
    const last = life === lives.length - 1;
    const what = `${kind} ${n} of QoS ${qos}, life ${life}: taken ${taken[n]} told ${answers}`;
    const there = arrived.includes("p" + n);
    if (answers.length > 1 || (last && !mute && taken[n].includes("ok") && !answers.length)) throw new Error("callbacks: " + what);
    if (kind !== "publish") continue;
    // At once: before the call was over.
    const { log } = lives[life];
    const refused = (taken[n] && String(taken[n]) !== "ok") || (answers[0] && answers[0] !== "ok" && log.indexOf(`C ${n} ${answers[0]}`) < log.indexOf(`T ${n} ok`)); // prettier-ignore
    if (refused && there) throw new Error("refused, and sent: " + what);
    if (!qos || refused) continue;
    if (answers[0] === "ok" && !there) throw new Error("told, and not sent: " + what);
    // Kept over everything but what interrupted the call itself; in memory only, until the power goes or the client is another one.
    const kept = taken[n] && (!volatile[n] || (last && !(s.lives[life].renewed >= n)));
    if (kept && !there) throw new Error("lost: " + what);
  }
  const first = arrived.filter((text, i) => s.calls[text.slice(1)].qos && arrived.indexOf(text) === i).map((text) => +text.slice(1));
  const begun = lives.flatMap(({ log }) => log.filter((line) => line.startsWith("B ")).map((line) => +line.slice(2)));
  expect(first).toEqual(begun.filter((n) => first.includes(n)));
}

/** Where there was no room for what QoS 2 has to remember, a message may go or come once more after a restart. */
const full = (lives) => lives.some(({ log }) => log.includes("F"));

/** Messages: at QoS 2 once while the session lives, at QoS 1 once at least. */
function heard(s, lives) {
  const all = lives.flatMap(({ got }, life) => got.map(([text, qos]) => ({ text, qos: +qos, life })));
  for (const [text, { qos, session, life }] of Object.entries(s.given)) {
    const times = all.filter((one) => one.text === text);
    if (qos !== 1 && times.length > 1 && !(qos && full(lives))) throw new Error(`${text} of QoS ${qos} was heard ${times.length} times`);
    // What came when the power went may be known to the store, and not to the program.
    if (qos && !times.length && session === s.broker.sessions && !(qos === 2 && s.lives.slice(life).some(({ cut }) => cut)))
      throw new Error(`${text} of QoS ${qos} was never heard`);
  }
}

function judge(s) {
  const { device, broker } = s;
  const lives = s.lives.map((life) => ({ ...story(life), log: life.log }));
  expect(device.errors).toEqual([]);
  expect(broker.faults.filter((text) => !(full(lives) && /came twice$/.test(text)))).toEqual([]);
  published(s, lives);
  heard(s, lives);
  expect([broker.owed, [...broker.held], broker.late.length]).toEqual([[], [], 0]);
  run(s, `print(JSON.stringify(client.status())); var left = require("store").open("session", ${s.size}); print(left.room - left.free);`);
  const { log } = s.lives[s.lives.length - 1];
  expect(JSON.parse(log[log.length - 2])).toMatchObject({ connected: true, queued: 0, bytes: 0, inflight: 0 });
  // The identifiers of a session that the broker lost are dropped one by one: those that a power cut left count for the next session's.
  const left = +log[log.length - 1];
  if (s.broker.sessions > 1 && s.lives.length > 1) expect([left % 6, left < 60]).toEqual([0, true]);
  else expect(left).toBe(0);
  // Two modules, two files; a name that a power cut tore belongs to nobody.
  expect(device.storage.list().length).toBeLessThan(4 + s.lives.length);
  run(s, "client.end()");
  tick(s, 100);
  expect([log[log.length - 1], device.alive]).toEqual(["E", { timers: 0, sockets: 0 }]);
}

function session(seed) {
  const s = start(seed);
  for (let i = 0; i < 30; i++) {
    STEPS[s.pick(NAMES)](s);
    tick(s, s.pick([0, 0, 0, 1, 30, 2000, 20000]));
  }
  heal(s);
  judge(s);
}

test(
  "what the store has taken arrives, once where it may not twice, whatever happens, and nothing is left",
  () => sessions(200, session),
  600000,
);
