"use strict";
/**
 * Random sessions of the minified file against the local IoTConnect: a seed makes the options, the calls and the faults; after each session
 * the promises of docs/iotconnect.md are checked. `SEED=n npx jest test/e2e/iotconnect-sessions` repeats one, `RUNS=n` makes more.
 */
const path = require("node:path");
const { expect, test } = require("@jest/globals");
const { createDevice, PowerCut } = require("../mock");
const { generator, sessions } = require("../rig/random");
const world = require("./support/iotconnect");
const storage = { iotconnect: path.join(__dirname, "../../dist/espruino/iotconnect.js") };
const { start, KEY } = world((options) => createDevice({ storage, flash: 131072, ...options }));

/** The application: it notes what it is told, and throws or disposes where it was told to. */
const BEFORE = `
var doom = "", thrown = 0, calls = 0;
function hit(where) {
  if (doom.substr(2) !== where) return;
  var what = doom.charAt(0);
  doom = "";
  if (what === "d") bye();
  else { thrown++; throw new Error("mine"); }
}
function bye() { R("bye"); sdk.dispose(function () { R("over"); }); }
function back(i) { return function (e, how) { R("back", [i, e ? e.code : how]); hit("back"); }; }
function call(i, name, list) {
  var was = sdk.status().connected, ok;
  try { ok = sdk[name].apply(sdk, list.concat(back(i))); } catch (e) { R("back", [i, "thrown " + e.code]); }
  R("called", [i, name, ok, was]);
}`;
const SETUP = `
sdk.on("command", function (d) { if (d.ackId) R("given", d.ackId); });
["connect", "close", "drained", "command", "ota", "module", "twin", "unknown", "error"].forEach(function (n) {
  sdk.on(n, function (e) { if (n !== "error" || !e || e.message !== "mine") hit(n); });
});
sdk.on("drained", function () { R("drained"); });`;

const n = (ln, more) => ({ ln, dt: 0, dv: "", tg: "", agt: 16, tw: "10s", ...more });
const GARBAGE = ["", "{", "null", "[]", "5", '"x"', "{}", '{"cmdType":5}', '{"cmdType":"0x17","data":{"df":"x"}}', '{"cmdType":"0x01"}', "\xff\xfe",
  '{"d":{"ct":201,"att":5}}', '{"d":{"ec":3,"ct":203}}', '{"ct":105,"df":-1}', '{"ct":0}', '{"cmdType":"0x02","data":{"urls":[null,5,{}]}}']; // prettier-ignore
const ANSWERS = [1, 2, 3, 4, 5, 99, "drop", "silent", { status: 500, body: "sorry" }, { body: "null" }, { body: { d: null } }, { body: { d: { rc: 0, ds: 0, p: {} } } },
  { body: "{" }, { body: { d: { ec: 0, rc: 0, at: 5, att: 5, p: { h: "h", sub: "s", topics: {} } } } }]; // prettier-ignore

function session(seed) {
  const random = generator(seed);
  const below = (k) => Math.floor(random() * k);
  const one = (list) => list[below(list.length)];
  const chance = (p) => random() < p;

  const v21 = chance(0.3);
  const calm = chance(0.3);
  const small = !calm && chance(0.2);
  const edge = chance(0.2) ? 1 : 0;
  const tags = chance(0.4) ? ["gw", "ch"] : [""];
  const devices = [{ id: "dev1", tg: tags[0] }, ...(tags[1] ? [{ id: "c1", tg: "ch" }] : [])];
  const att = [{ p: "", dt: null, agt: 0, tw: "", tg: "", d: tags.map((tg) => n("t", { tg, dt: v21 ? 3 : 0 })) }];
  const r = edge && chance(0.5) ? [{ g: "g", es: "e", con: "t > 3 OR (t = 1)", cmd: chance(0.5) ? "on" : "" }, { g: "h", es: "e", con: "t >", cmd: "" }] : null; // prettier-ignore
  const unset = chance(0.2);
  const at = chance(0.3) ? 1 : 5;
  const MethodCallback = () => "function (name, payload, answer) { answer(200, payload); if (payload) answer(200); }";
  const options = {
    devicePrimaryKey: at === 5 ? KEY : undefined,
    offlineStorage: { availSpaceInMb: small ? 0.0015 : 0.04, fileCount: one([1, 1, 3]) },
    cache: chance(0.8),
    queueLimit: one([undefined, undefined, 900]),
    flushBytes: one([undefined, undefined, 0, 300, 4000]),
    tokenLifetime: one([undefined, 200]),
    commandTimeout: one([undefined, 20]),
    ...(chance(0.5) ? { MethodCallback } : {}),
  };
  const cloud = { version: v21 ? "2.1" : "1.0", at, edge, devices, template: { att, r }, sc: { sf: 3, df: chance(0.2) ? 20 : 0 } };
  const it = start({ cloud, options, before: (unset ? "setTime(5);" : "") + BEFORE, setup: SETUP, ms: one([0, 50, 3000]) });
  const { device } = it;
  const hub = it.cloud.hub;

  let serial = 0;
  let restarts = 0;
  let full = false;
  /** Calls, each with the generation of the device that made it, and what a generation was told. */
  const calls = [];
  const generations = [{ from: 0, cut: false }];
  const now = () => generations[generations.length - 1];

  /** Does something on the device, whose power may go. */
  function powered(what) {
    try {
      if (!now().dead) what();
    } catch (e) {
      if (!(e instanceof PowerCut)) throw e;
    }
    if (device.machine.loop.stopped) now().dead = now().cut = true;
  }
  function restart() {
    device.storage.cutAt(0);
    now().to = device.log.length;
    now().cut = true;
    generations.push({ from: device.log.length, cut: false });
    restarts++;
    device.restart({ blank: true });
    powered(() => device.run(it.app));
  }
  function call(name, list, more) {
    const i = calls.length;
    calls.push({ name, generation: generations.length - 1, ...more });
    powered(() => device.run(`call(${i}, "${name}", ${JSON.stringify(list)})`));
  }
  function data() {
    const list = [];
    const serials = [];
    for (let k = 1 + (chance(0.2) ? below(3) : 0); k > 0; k--) {
      const s = ++serial;
      const kind = one(["t", "t", "t", "text", "unknown", "bad", "none"]);
      const value = {
        t: { t: s },
        text: { t: "" + s },
        unknown: { zz: "x" + s },
        bad: { t: "x" + s },
        none: one([null, 5, "x", undefined]),
      }[kind];
      const uniqueId = chance(0.05) ? "nobody" : one(devices).id;
      list.push({ uniqueId, data: value, time: chance(0.3) ? "2021-01-24T10:06:17.857Z" : undefined });
      if (kind !== "none" && uniqueId !== "nobody") serials.push(s);
    }
    call("sendData", chance(0.03) ? [{}] : [chance(0.03) ? [null] : list], { serials });
  }
  const steps = [
    [30, data],
    [8, () => data() & data() & data() & data()],
    [4, () => call("sendAck", [{ ackId: "a" + serial++, st: one([4, 6, 7]), msg: "m" }, v21 ? 5 : one([5, 11])])],
    [2, () => call("sendAck", [one([{}, null, { ackId: "x" }]), one([5, 11, 7])])],
    [3, () => call("updateTwin", [one(["interval", ""]), one([1, null, "x"])])],
    [3, () => call("getAllTwins", [])],
    [1, () => v21 && call("createChild", [{ dn: "d", id: "k" + serial++, tg: one(["ch", ""]) }])],
    [5, () => (v21 ? it.cloud.send({ ct: 0, cmd: "on", ack: "c" + serial++ }) : it.cloud.command("0x01", { command: "on", ack: true, ackId: "c" + serial++ }))],
    [3, () => !v21 && it.cloud.command(one(["0x10", "0x11", "0x12", "0x13", "0x15", "0x17", "0x02", "sync", "0x77", "updatecrt"]), one([{}, { df: 0 }]))],
    [4, () => it.cloud.send(one(GARBAGE))],
    [4, () => v21 && it.cloud.send({ ct: one([101, 102, 103, 104, 105, 110, 111, 113, 116]), df: 0, f: 1, d: false })],
    [1, () => chance(0.2) && (v21 ? it.cloud.send({ ct: 108 }) : it.cloud.command("0x99"))],
    [2, () => hub.twin(it.cloud.id).patch({ interval: serial })],
    [1, () => void hub.invoke(it.cloud.id, "m", one([{ a: 1 }, undefined]))],
    [3, () => it.cloud.script(one(["sync", "discovery"]), [one(ANSWERS), one(ANSWERS)])],
    [3, () => hub.script("connect", [one([5, 4, 3, "silent", "drop"])])],
    [3, () => hub.script("telemetry", [one(["silent", "drop", { delay: 3000 }])])],
    [3, () => hub.script(one(["get", "reported"]), [one([429, 400, 500, "silent", "drop"])])],
    [6, () => device.links.forEach((link) => one([() => link.reset(), () => link.silence()])())],
    [4, () => device.offline(chance(0.6))],
    [3, () => powered(() => device.run(`setTime(${one([5, 1000, 1767225600, 1767312000, 1799999999])})`))],
    [4, () => powered(() => device.run(`doom = "${one("dt".split(""))}:${one("back connect close drained command twin error module unknown".split(" "))}"`))],
    [2, () => !calm && device.storage.cutAt(1 + below(15), one(["before", "inside", "after"]))],
    [1, () => !calm && restart()],
    [1, () => powered(() => device.run("bye()"))],
    [1, () => !calm && (full = true) && powered(() => device.storage.write("junk" + serial++, "x", 0, Math.max(1, device.storage.stats().freeBytes - one([40, 500, 3000]))))],
    [40, () => powered(() => it.pass(one([1, 20, 100, 1000, 5000, 70000])))],
  ]; // prettier-ignore
  const weights = steps.flatMap(([weight, step]) => Array(weight).fill(step));
  for (let k = 20 + below(60); k > 0; k--) {
    one(weights)();
    if (now().dead) restart();
  }

  // All is well again; what was barred stays so.
  device.storage.cutAt(0);
  device.offline(false);
  for (const scripts of [it.cloud.scripts, hub.scripts]) for (const what in scripts) scripts[what] = [];
  // What a hub has not acknowledged goes again on the next connection only.
  device.links.forEach((link) => link.reset());
  for (const name of device.storage.list()) if (name.startsWith("junk")) device.storage.erase(name);
  powered(() => device.run(`doom = ""; setTime(${Math.floor(it.cloud.now() / 1000)})`));
  const lines = ({ from, to }) => device.log.slice(from, to).filter((line) => line.startsWith("R "));
  powered(() => it.pass(200000));
  if (lines(now()).includes("R bye")) {
    expect(device.alive).toEqual({ timers: 0, sockets: 0 });
    now().over = true;
    restart();
  } else if (lines(now()).some((line) => /^R error config: (discovery|identity)/.test(line))) restart();
  powered(() => it.pass(20 * 60000 + 7777));
  const barred = lines({ from: 0 }).some((line) => /^R (barred|error refused: barred)/.test(line));
  powered(() => device.run(`R("status", sdk.status()); R("thrown", thrown);`));
  const status = it.told("status").pop();
  if (!barred) expect([status.connected, status.stored, status.queued]).toEqual([true, 0, 0]);
  powered(() => device.run("bye()"));
  powered(() => it.pass(200000));
  expect(device.alive).toEqual({ timers: 0, sockets: 0 });
  now().over = true;

  // No exception left a callback; nothing that was sent was malformed; files and lists are bounded.
  expect(device.errors.filter((e) => !(e instanceof PowerCut))).toEqual([]);
  expect(it.cloud.faults.filter((f) => f.reason !== "no JSON")).toEqual([]);
  expect(device.storage.list().filter((name) => /^iotc\.\d+$/.test(name))).toEqual([]);

  // Each call was answered once; at most once where the power went.
  const told = new Map();
  for (const line of lines({ from: 0 }).filter((l) => l.startsWith("R back "))) {
    const [i, what] = JSON.parse(line.slice(7));
    told.set(i, [...(told.get(i) || []), what]);
  }
  calls.forEach((c, i) => {
    c.how = (told.get(i) || []).join();
    const { cut, over } = generations[c.generation];
    if (told.get(i) ? told.get(i).length !== 1 : over || !cut) throw new Error(`call ${i} ${c.name}: answers ${c.how}`);
  });

  // After the end nobody is told that it is connected, nor anything that the cloud says; that is for the next start.
  for (const generation of generations) {
    const list = lines(generation);
    const end = list.indexOf("R bye");
    if (end >= 0) expect(list.slice(end).filter((l) => /^R (connect$|given|twin|unknown)|"command":true.*"0x16"/.test(l))).toEqual([]);
  }
  const completed = hub.device(it.cloud.id).mail.done.filter((m) => m.outcome === "completed");
  const acks = completed.map((m) => (/"ack(?:Id)?":"(c\d+)"/.exec(m.bytes) || [])[1]).filter(Boolean);
  expect(acks.filter((id) => !it.told("given").includes(id))).toEqual([]);

  // What was accepted is with the cloud, or counted as lost.
  const came = new Map();
  const replayed = [];
  for (const { json, topic } of it.cloud.messages) {
    for (const e of Array.isArray(json.d) ? json.d : []) {
      const values = [].concat(e.d)[0] || {};
      const number = Number(/\d+/.exec(String(values.t ?? values.zz)));
      if (Array.isArray(values.t) || json.mt === 3 || topic === "erm") continue;
      if ((json.od || topic === "od") && !came.has(number)) replayed.push(number);
      came.set(number, (came.get(number) || 0) + 1);
    }
  }
  if (barred) return;
  const accepted = calls.filter((c) => c.how === "sent" || c.how === "stored");
  const missing = accepted.filter((c) => c.name === "sendData" && !edge && c.serials.some((s) => !came.has(s)));
  const held = cloud.sc.df > 0;
  if (!held && !small && !full) expect(missing.map((c) => [c.serials, c.how])).toEqual([]);
  if (!held && !restarts) expect(missing.length).toBeLessThanOrEqual(status.lost);
  // What was stored while it was not connected came in order.
  const away = new Map(it.told("called").map(([i, , , was]) => [i, !was]));
  const order = replayed.map((s) => calls.findIndex((c) => c.serials && c.serials.includes(s))).filter((i) => away.get(i));
  if (!held) expect(order).toEqual([...order].sort((a, b) => a - b));
}

test("random sessions: every promise is kept", () => sessions(100, session), 3600000);
