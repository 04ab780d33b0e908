"use strict";
/**
 * Sessions at random: calls of the application and faults of network, platform and clock in any order, against the local platform, on
 * virtual time. Then what must hold of all of them. `SEED=7 npx jest test/e2e/aliiot-sessions` repeats one, `RUNS=5000` makes more.
 */
const path = require("node:path");
const { expect, test } = require("@jest/globals");
const { createCloud } = require("../clouds/ali");
const { createDevice } = require("../mock");
const { generator, sessions } = require("../rig/random");

const FILE = path.resolve(__dirname, "../../dist/espruino/aliiot.js");
const PK = "a1AbCdEfGhI";
const S = `/sys/${PK}/dev001/`;

/** What runs on the board: calls are numbered, and what each callback got is kept; `next` is done inside the next event. */
const BOARD = (options) => `
var told = {}, taken = {}, did = [], got = [], next = [];
function then() { if (next.length) next.shift()(); }
function D(n) { return function (e, r) { (told[n] = told[n] || []).push([e ? e.code : "", r && r.id || null]); then(); }; }
function go(n, f) { did.push(n); try { taken[n] = f(n); } catch (e) { taken[n] = "threw " + e.code; } }
var A = require("aliiot"), d = A.AliIot(${JSON.stringify(options)}), child;
d.addEvent("alarm");
d.addService("add", function (input) { then(); if (input.x < 0) throw new Error("below"); return { z: input.x + 1 }; });
d.addService("slow", function (input, reply) { if (input.x) setTimeout(function () { reply({ z: 1 }); }, 3000); });
d.addProperty("heating", function (value) { got.push(value); then(); });
d.setCallback(function (topic, data) { if (data && data.own) got.push(data.own); then(); });
["connect", "close", "offline", "error"].forEach(function (name) { d.on(name, then); });`;

function start(seed) {
  const random = generator(seed);
  const below = (n) => Math.floor(random() * n);
  const chance = (p) => random() < p;
  const pick = (list) => list[below(list.length)];
  const s = { below, chance, pick, n: 0, m: 0, calls: {}, deaf: [], sent: [], asked: [], lag: 0, later: [] };
  const registers = chance(0.15);
  const device = createDevice({
    storage: { aliiot: FILE },
    seed: seed + 1,
    chunk: pick([1, 64, 536]),
    latency: pick([0, 0, 20, 300]),
  });
  const own = registers ? {} : { secret: "ds0123456789abcdef" };
  const cloud = createCloud({
    devices: [{ productKey: PK, deviceName: "dev001", ...own }, { productKey: PK, deviceName: "child", secret: "cs" }], // prettier-ignore
    products: { [PK]: { secret: "ps", dynamic: true } },
    connectsPerMinute: 5,
    now: () => device.clock.now(),
  });
  Object.assign(s, { device, cloud, dev: cloud.devices.get(`${PK}/dev001`) });
  // Nothing comes back to some questions, and to some late or twice.
  cloud.mute = (topic) => s.deaf.some((part) => topic.includes(part));
  cloud.later = (fn) => {
    if (s.lag) s.later.push([device.clock.now() + s.lag, fn]);
    else fn();
    if (s.twice) fn();
  };
  cloud.countConnect = (one) => s.open !== false && Object.getPrototypeOf(cloud).countConnect.call(cloud, one);
  device.net.serve(1883, cloud.peer);
  const options = { productKey: PK, deviceName: "dev001", protocol: "mqtt", host: "127.0.0.1", queueLimit: pick([3, 20]) };
  options[registers ? "productSecret" : "deviceSecret"] = registers ? "ps" : own.secret;
  if (chance(0.3)) options.clean = false;
  if (chance(0.3)) options.qos = 0;
  device.run(BOARD(options));
  return s;
}

function run(s, ms) {
  for (const end = s.device.clock.now() + ms; ;) {
    s.device.settle();
    for (const one of s.later.filter(([at]) => at <= s.device.clock.now())) {
      s.later.splice(s.later.indexOf(one), 1);
      one[1]();
    }
    s.device.settle();
    const due = Math.min(s.device.machine.loop.next(), ...s.later.map(([at]) => at));
    if (due > end) return s.device.tick(end - s.device.clock.now());
    s.device.tick(Math.max(0, due - s.device.clock.now()));
  }
}

function ask(s, code) {
  const mark = s.device.log.length;
  s.device.run(`print("=" + JSON.stringify(${code}))`);
  return JSON.parse(s.device.log.splice(mark).find((line) => line[0] === "=").slice(1)); // prettier-ignore
}

/** A call of the application, numbered; now, or inside whatever comes next. */
function call(s, kind, text) {
  const n = ++s.n;
  s.calls[n] = kind;
  const code = `go(${n}, function (n) { return ${text}; })`;
  s.device.run(
    s.chance(0.15) ? `next.push(function () { ${code}; ${s.chance(0.1) ? 'throw new Error("of the application")' : ""} })` : code,
  );
}

const CALLS = {
  report: (s) => call(s, "report", `d.propertiesReport({ n: ${s.n + 1} }, D(n))`),
  burst: (s) => { for (let i = s.below(12); i--;) CALLS.report(s); }, // prettier-ignore
  event: (s) => call(s, "event", `d.eventReport("alarm", { n: ${s.n + 1} }, D(n))`),
  tags: (s) => call(s, "request", 'd.request("tags", { a: 1 }, D(n))'),
  desired: (s) => call(s, "request", 'd.request("desired", ["heating"], D(n))'),
  shadow: (s) => call(s, "shadow", s.pick(['d.shadow("get", D(n))', 'd.shadow("update", { a: 1 }, D(n))', 'd.shadow("clear", D(n))'])),
  ntp: (s) => call(s, "ntp", "d.ntp(D(n))"),
  own: (s) => call(s, "own", `d.publish("user/out", { n: ${s.n + 1} }, D(n))`),
  hear: (s) => call(s, "own", `d.subscribe("user/in", D(n))`),
  inform: (s) => call(s, "own", 'd.otaDeviceInform("1.0", "app", D(n))'),
  bind: (s) => call(s, "child", `(child = d.subDevice({ productKey: "${PK}", deviceName: "child", deviceSecret: "cs" })).bind(D(n))`),
  login: (s) => call(s, "child", "child ? child.login(D(n)) : d.request('desired', [], D(n))"),
  logout: (s) => call(s, "child", "child ? child.logout(D(n)) : d.request('desired', [], D(n))"),
  ofChild: (s) => call(s, "child", `child ? child.propertiesReport({ n: ${s.n + 1} }, D(n)) : d.request('desired', [], D(n))`),
  connect: (s) => call(s, "connect", "d.connect(D(n)) === 0"),
  disconnect: (s) => call(s, "disconnect", "d.disconnect(D(n))"),
};

const tell = (s, topic, body, qos) => s.cloud.tell(s.dev, topic, body, qos);

const FAULTS = {
  cut: (s, link) => link && (s.chance(0.3) ? link.silence() : s.chance(0.5) ? link.reset() : link.finish("fin")),
  kick: (s) => s.dev.session && s.dev.session.wire.close("kicked"),
  closed: (s) => (s.open = s.chance(0.3) ? false : undefined),
  mute: (s) => (s.deaf = s.chance(0.4) ? [] : s.pick([["property/post"], ["/ext/"], ["shadow"], ["deviceinfo", "desired"], ["/"]])),
  lag: (s) => (s.lag = s.pick([0, 0, 1000, 20000, 45000])),
  twice: (s) => (s.twice = s.chance(0.4)),
  clock: (s) => s.device.run(`setTime(getTime() + ${s.pick([-1e6, 1e6, 7])})`),
  garbage: (s) => tell(s, s.pick([`${S}event/property/post_reply`, `${S}thing/event/property/post_reply`, `${S}thing/service/property/set`, `${S}rrpc/request/7`, `/shadow/get/${PK}/dev001`, `/ext/ntp/${PK}/dev001/response`, `/ota/device/upgrade/${PK}/dev001`, `/ext/error/${PK}/dev001`, `/ext/rrpc/1/${PK}/dev001/user/x`]), s.pick(["", "{", "null", "[]", "5", "{}", '{"id":null,"method":7,"params":5}', '{"payload":null,"data":null}', "\xff\xfe", '{"id":{"a":1},"params":{"heating":null}}', '{"id":"1","params":[1]}'])), // prettier-ignore
  set: (s) =>
    tell(s, `${S}thing/service/property/set`, { id: String(++s.m), params: { heating: s.m }, version: "1.0.0" }) && s.sent.push(s.m),
  service: (s) => tell(s, `${S}thing/service/add`, { id: String(++s.m), params: { x: s.below(3) - 1 } }),
  sync: (s) => {
    const id = `${++s.m}`;
    const params = { x: s.below(2) };
    const heard = tell(s, `${S}rrpc/request/r${id}`, { id, method: `thing.service.${s.pick(["slow", "add", "none"])}`, params });
    if (heard) s.asked.push(`${S}rrpc/response/r${id}`);
  },
  own: (s) => tell(s, `/${PK}/dev001/user/in`, { own: `o${++s.m}` }) && s.sent.push(`o${s.m}`),
  upgrade: (s) => tell(s, `/ota/device/upgrade/${PK}/dev001`, { code: "1000", data: { module: "app", version: "2" }, id: 7 }),
  wish: (s) => s.cloud.desire(s.dev, { heating: 1 }),
  broadcast: (s) => tell(s, `${S}broadcast/request/1`, "all"),
  lostChild: (s) => s.cloud.error(s.cloud.devices.get(`${PK}/child`), s.pick([520, 427]), "gone"),
};

function session(seed) {
  const s = start(seed);
  CALLS.connect(s);
  for (let i = 0; i < 40; i++) {
    if (s.chance(0.6)) CALLS[s.pick(Object.keys(CALLS))](s);
    else FAULTS[s.pick(Object.keys(FAULTS))](s, s.device.links[s.device.links.length - 1]);
    run(s, s.pick([0, 0, 10, 300, 3000, 20000, 70000]));
  }
  // All is well again: what waits must go.
  s.deaf = [];
  s.lag = s.twice = 0;
  s.open = undefined;
  run(s, 400000);
  s.device.run("while (next.length) try { next.shift()(); } catch (e) {}");
  run(s, 100000);
  s.device.run("d.connect();");
  run(s, 400000);
  judge(s);
}

function judge(s) {
  const { device, cloud } = s;
  const state = ask(s, "{ told: told, taken: taken, did: did, got: got, status: d.status, keys: Object.keys(d).length }");
  expect([device.errors, state.status]).toEqual([[], true]);
  for (const n of state.did) {
    const told = state.told[n] || [];
    const what = `${n} ${s.calls[n]} ${state.taken[n]} ${JSON.stringify(told)}`;
    expect(`${told.length} ${what}`).toBe(`1 ${what}`);
  }
  // What was accepted and not told otherwise arrived; what was told as answered did; once, where nothing was sent again.
  for (const [kind, part] of [
    ["report", "thing/event/property/post"],
    ["event", "thing/event/alarm/post"],
    ["own", "user/out"],
  ]) {
    const seen = cloud.messages.filter(({ device: key, topic }) => key === `${PK}/dev001` && topic.endsWith(part)).map(({ payload }) => /"n":(?:\{"value":)?(\d+)/.exec(payload)).filter(Boolean).map(([, n]) => Number(n)); // prettier-ignore
    for (const n of state.did)
      if (s.calls[n] === kind && kind !== "own" && state.told[n][0][0] === "") expect(`${n} ${seen.includes(n)}`).toBe(`${n} true`);
    const first = seen.filter((n, i) => seen.indexOf(n) === i);
    expect(first).toEqual(state.did.filter((n) => first.includes(n)));
  }
  // What the platform says (no garbage, which sets null) is heard once at most, in order; where it waits for an answer it has one at most.
  const got = state.got.filter((one) => one !== null);
  expect(got).toEqual(s.sent.filter((one) => got.includes(one)));
  const answers = cloud.messages.filter(({ topic }) => s.asked.includes(topic)).map(({ topic }) => topic);
  expect(answers).toEqual([...new Set(answers)]);
  // What a child had on its way when its session ended, a SUBSCRIBE too, goes again before it is logged in.
  expect([cloud.lost, cloud.refused.filter((text) => !/child/.test(text))]).toEqual([[], []]);
  expect(state.keys).toBeLessThan(40);
  device.run("d.disconnect()");
  run(s, 60000);
  expect(device.alive).toEqual({ timers: 0, sockets: 0 });
}

test("whatever happens, what was accepted is delivered or told, once, in order, and nothing is left", () => sessions(40, session), 3600000);
