/** The states of the client on the source: links and time belong to the test. */
interface FakeLink {
  port: number;
  tls: any;
  out: string;
  heard: (what: any) => void;
  ended?: boolean;
}
const links: FakeLink[] = [];
const datagrams: string[] = [];
let clock = 0;
let timers: { id: number; due: number; fn: (arg: any) => void; arg: any }[] = [];
let ids = 0;
let queued: (() => void)[] = [];
let native = true;

// Over the target and not with a copy of it: the target itself imports "#host", and is not whole yet then.
jest.mock("#host", () => ({
  __proto__: jest.requireActual("#host"),
  random: () => 0.5,
  hash: (name: any, bytes: any) => (native ? jest.requireActual("#host").hash(name, bytes) : undefined),
  after: (fn: any, ms: number, arg: any) => (timers.push({ id: ++ids, due: clock + ms, fn, arg }), ids),
  cancel: (id: number) => {
    expect(timers.some((one) => one.id === id)).toBe(true);
    timers = timers.filter((one) => one.id !== id);
  },
  connect: (_: string, port: number, tls: any, heard: any) => {
    const link: any = { port, tls, out: "" };
    link.heard = (what: any) => heard.call(link, what === "drained" ? link : what);
    links.push(link);
    return link;
  },
  write: (link: any, bytes: string) => {
    link.out += bytes;
    queued.push(() => link.heard("drained"));
  },
  end: (link: any) => void (link.ended = true),
  datagram: (_h: string, _p: number, bytes: string, _ms: number, done: any) => {
    datagrams.push(bytes);
    queued.push(done);
  },
}));

import { create } from "../../../../src/cloud/bigiot";
import vectors from "../../../vectors/bigiot.json";

function settle() {
  while (queued.length) queued.shift()!();
}
function run(ms: number) {
  for (const end = clock + ms; ;) {
    settle();
    const [next] = timers.filter((one) => one.due <= end).sort((a, b) => a.due - b.due || a.id - b.id);
    if (!next) {
      clock = end;
      return;
    }
    clock = Math.max(clock, next.due);
    timers = timers.filter((one) => one !== next);
    next.fn(next.arg);
  }
}
const json = (message: any) => JSON.stringify(message) + "\n";
const last = () => links[links.length - 1];
const hear = (...messages: any[]) => messages.forEach((m) => (last().heard(typeof m === "string" ? m : json(m)), settle()));
const sent = () => {
  const text = links.map((link) => link.out).join("");
  links.forEach((link) => (link.out = ""));
  return text.split("\n").filter(Boolean).map((one) => JSON.parse(one)); // prettier-ignore
};
const kinds = () => sent().map((m) => m.M);
const WELCOME = { M: "WELCOME TO BIGIOT" };
const OK = { M: "checkinok", ID: "D70413", NAME: "n", T: "1701587133" };

let log: any[];
function device(options: any = {}, enter = true) {
  const d = create({ id: 70413, apiKey: "abc123key", ...options });
  log = [];
  for (const name of ["online", "offline", "error", "say", "command", "login", "logout", "update"])
    d.on(name, (a: any, b: any) => log.push([name, a && a.code ? a.code : a, b]));
  run(0);
  if (enter) {
    hear(WELCOME);
    hear(OK);
    sent();
    log.length = 0;
  }
  return d;
}
const names = () => log.splice(0).map(([name, a]) => (name === "error" ? "error " + a : name));

beforeEach(() => {
  links.length = datagrams.length = queued.length = 0;
  timers = [];
});

it("goes through greeting, checkout, check-in, with the ports it should", () => {
  device({ checkoutFirst: true }, false);
  expect(last()).toMatchObject({ port: 8282, tls: undefined });
  hear(WELCOME);
  expect(kinds()).toEqual(["checkout"]);
  run(200);
  expect(kinds()).toEqual(["checkin"]);
  hear({ M: "checkout", IP: "x" }, OK);
  expect(names()).toEqual(["online"]);
  hear({ M: "checkout", IP: "x" });
  expect(names()).toEqual([]);
  device({ tls: true }, false);
  expect(last().port).toBe(8585);
  expect(last().tls).toBeTruthy();
  device({ port: 8585 }, false);
  expect(last().tls).toBeTruthy();
});

it("takes silence for a refusal, and no connection for what it is", () => {
  const d = device({}, false);
  const done = jest.fn();
  d.checkIn(done);
  hear(WELCOME);
  run(10199);
  expect(kinds()).toEqual(["checkin", "checkout", "checkin"]);
  run(1);
  expect(names()).toEqual(["error auth"]);
  expect(done.mock.calls[0][0].code).toBe("auth");
  expect(last().ended).toBe(true);
  device({ user: true, id: 30211 }, false);
  hear(WELCOME);
  expect(kinds()).toEqual(["login"]);
  run(5001);
  expect(names()).toEqual(["error auth"]);
});

it("names a connection that never was a timeout", () => {
  device({}, false);
  // Nothing is ever written out: no drain, no bytes.
  const run0 = (ms: number) => {
    for (const end = clock + ms; ;) {
      queued = [];
      const [next] = timers.filter((one) => one.due <= end).sort((a, b) => a.due - b.due);
      if (!next) return void (clock = end);
      clock = next.due;
      timers = timers.filter((one) => one !== next);
      next.fn(next.arg);
    }
  };
  run0(14000);
  expect(names()).toEqual(["error timeout"]);
  expect(links.length).toBe(1);
  run0(9000);
  expect(links.length).toBe(2);
});

it("answers a token once, and stops without a userKey", () => {
  const token = vectors.wire_to_event.find((one) => one.user_key)!;
  const d = device({ userKey: token.user_key }, false);
  hear(WELCOME, token.line, token.line);
  expect(sent().slice(1)).toEqual([JSON.parse(token.answer!)]);
  hear(OK);
  d.checkOut();
  expect(sent()[0]).toEqual({ ...JSON.parse(token.answer!), M: "checkout" });
  device({}, false);
  hear(WELCOME, token.line);
  run(1e6);
  expect(names()).toEqual(["error config"]);
  expect(timers).toEqual([]);
});

it("beats, probes and finds dead lines", () => {
  device({ port: 8181 });
  run(45000);
  expect(kinds()).toEqual(["beat"]);
  run(90000);
  expect(kinds()).toEqual(["beat", "status"]);
  hear({ M: "checked" });
  run(135000);
  expect(kinds()).toEqual(["beat", "beat", "status"]);
  run(5000);
  expect(names()).toEqual(["error timeout", "offline"]);
  timers = [];
  device({});
  hear({ M: "b" }, { M: "ping" });
  expect(kinds()).toEqual(["beat", "beat"]);
  run(106000);
  expect(names()).toEqual(["error timeout", "offline"]);
});

it("comes back after a checkout, slowly when it happens again, fast once it was quiet", () => {
  device();
  hear({ M: "checkout", IP: "1.2.3.4", T: 5 });
  expect(log).toEqual([["offline", { ip: "1.2.3.4", time: 5 }, undefined]]);
  run(10000);
  hear(WELCOME, OK, { M: "checkout" });
  expect(names().slice(2)).toEqual(["error conflict", "offline"]);
  run(89999);
  expect(links.length).toBe(2);
  run(1);
  hear(WELCOME, OK);
  for (let i = 0; i < 20; i++) {
    run(40000);
    hear({ M: "b" });
  }
  names();
  hear({ M: "connected" });
  expect(names()).toEqual(["offline"]);
});

it("paces updates, keeps the newest, and sends again what may be lost", () => {
  const d = device();
  const done = jest.fn();
  d.update(1, 1, done);
  d.update({ 1: 2, 2: 2 }, done);
  d.update(1, 3, done);
  expect(sent().map((m) => m.V)).toEqual([{ 1: "1" }]);
  settle();
  expect(done).toHaveBeenCalledTimes(1);
  run(5000);
  settle();
  expect(done).toHaveBeenCalledTimes(3);
  expect(sent().map((m) => m.V)).toEqual([{ 1: "3", 2: "2" }]);
  last().heard({ message: "gone" });
  expect(names()).toEqual(["error network", "offline"]);
  d.update(3, true);
  run(10000);
  hear(WELCOME, OK);
  expect(sent().filter((m) => m.M === "update").map((m) => m.V)).toEqual([{ 1: "3", 2: "2", 3: "1" }]); // prettier-ignore
  d.status(() => {});
  hear({ M: "checked" });
  sent();
  last().heard(true);
  run(10000);
  hear(WELCOME, OK);
  expect(kinds()).not.toContain("update");
});

it("splits what is too long for a line, and refuses what cannot be", () => {
  const d = device({ maxLine: 200 });
  const long = new Array(40).join("x");
  for (let i = 1; i < 12; i++) expect(d.update(i, long)).toBe(true);
  run(60000);
  const lines = sent();
  expect(lines.length).toBeGreaterThan(3);
  lines.forEach((m) => expect(JSON.stringify(m).length).toBeLessThan(200));
  expect(lines.reduce((n, m) => n + Object.keys(m.V || {}).length, 0)).toBe(11);
  expect(d.update(1, new Array(200).join("x"))).toBe(false);
  expect(d.say({ userId: 1, msg: new Array(200).join("x") })).toBe(false);
  expect(names()).toContain("error limit");
  for (let i = 0; i < 30; i++) d.alert("a" + i);
  expect(d.dropped).toBeGreaterThan(2);
  for (let i = 0; i < 70; i++) d.update(100 + i, i);
  for (let i = 0; i < 130; i++) d.update(1, i, () => {});
});

it("questions: answers by kind, time-outs, a lost line; alerts outlive it", () => {
  const d = device();
  const got: any[] = [];
  const note = (e: any, r: any) => got.push(e ? e.code : r);
  d.time(note);
  d.isOnline(40877, note);
  d.isOnline(["U1", 2], note);
  d.status(note);
  d.time("Ymd", note);
  settle();
  hear({ M: "isOL", R: { D40877: "1" } }, { M: "time", T: 5 }, { M: "time", T: "20260101" }, { M: "checked" }, { M: "isOL" });
  expect(got).toEqual([true, "5", "20260101", "checked"]);
  run(15000);
  run(5000);
  expect(got.slice(4)).toEqual(["timeout"]);
  d.alert("hot");
  d.alert("hotter", "qq");
  d.say({ userId: 1, msg: "x" }, note);
  d.time(note);
  queued = [];
  last().heard(false);
  expect(got.slice(5)).toEqual(["network", "network"]);
  sent();
  run(10000);
  hear(WELCOME, OK);
  expect(sent().filter((m) => m.M === "alert")).toEqual([]);
  run(600000);
});

it("survives noise, and a handler that throws or checks out", () => {
  const d = device({ commands: { play: () => d.checkOut() } });
  d.sayCallback(() => {
    throw new Error("mine");
  });
  hear("x".repeat(3000) + "\n", "nonsense\n", "5\n", "{}\n", { M: "unheard of" }, "\r\n", { M: "login", ID: "U1" }, { M: "update", V: {} });
  expect(d.dropped).toBe(4);
  expect(names()).toEqual(["error limit", "error protocol", "error protocol", "error protocol", "login", "update"]);
  hear({ M: "say", ID: "U1", C: "stop" }, json({ M: "say", ID: "U1", C: "play" }) + json({ M: "say", ID: "U1", C: "up" }));
  expect(names().filter((name) => !/^error/.test(name))).toEqual(["say", "command", "say", "command", "offline"]);
  expect(d.update(1, 1)).toBe(false);
  d.checkOut(() => log.push(["out"]));
  run(1e6);
  expect(links.length).toBe(1);
  d.checkIn();
  run(0);
  hear(WELCOME, OK);
  d.checkIn();
  expect(d.online).toBe(true);
});

it("UDP: datagrams, no link", () => {
  const d = device({ udp: true }, false);
  d.update(1, 2);
  d.say(30211, null, null, "hi");
  settle();
  expect(datagrams.map((one) => JSON.parse(one))).toEqual([
    { M: "update", ID: "70413", V: { 1: "2" }, K: "abc123key" },
    { M: "say", ID: "70413", toID: "U30211", C: "hi", K: "abc123key" },
  ]);
  expect(d.status(() => {})).toBe(false);
  expect(d.time(() => {})).toBe(false);
  d.checkOut();
  const slow = device({ udp: true, updateInterval: 60000 }, false);
  expect(slow.update(1, 2)).toBe(true);
  slow.checkOut();
  expect(links).toEqual([]);
});

describe("arguments", () => {
  const to = (o: any) => (device().say(o), sent()[0].ID);
  it("recipients: the first of user, group, device, then `to`", () => {
    expect(to({ userId: 1, groupId: 2, deviceId: 3, msg: "" })).toBe("U1");
    expect(to({ groupId: "2", deviceId: 3, msg: "" })).toBe("G2");
    expect(to({ deviceId: 3, msg: 0 })).toBe("D3");
    expect(to({ to: "ALL", msg: null })).toBe("ALL");
    expect(to({ to: "X9", msg: "" })).toBe("X9");
  });
  it.each([
    [{ msg: "x" }],
    [{ userId: "1x", msg: "x" }],
    [{ userId: "ALL", msg: "x" }],
    [{ userId: -1, msg: "x" }],
    [{ userId: 1.5, msg: "x" }],
    [{ to: "all", msg: "x" }],
    [{ userId: 1 }],
  ])("%j is refused", (o) => {
    const d = device();
    expect(() => d.say(o as any)).toThrow(expect.objectContaining({ code: "config" }));
    expect(sent()).toEqual([]);
  });
  it("values become text", () => {
    const d = device();
    d.update({ 1: 21.5, 2: "x", 3: true, 4: false, 5: [116.39, 39.9], 6: 0 });
    expect(sent()[0].V).toEqual({ 1: "21.5", 2: "x", 3: "1", 4: "0", 5: "116.39,39.9", 6: "0" });
    for (const v of [NaN, Infinity, null, undefined, {}])
      expect(() => d.update(1, v as any)).toThrow(expect.objectContaining({ code: "config" }));
    expect(() => d.update({ a: 1 })).toThrow(expect.objectContaining({ code: "config" }));
  });
});

describe("an alert that is written", () => {
  const alerts = () => sent().filter((m) => m.M === "alert").map((m) => m.C); // prettier-ignore
  const lose = () => {
    last().heard({ message: "gone" });
    run(10000);
    hear(WELCOME, OK);
  };
  const live = (ms: number) => {
    for (let at = 0; at < ms; at += 30000) {
      hear({ M: "b" });
      run(30000);
    }
  };
  it("goes again, once its gap is over, when the line broke before a later question was answered", () => {
    const d = device();
    const done = jest.fn();
    d.alert("hot", "qq", done);
    settle();
    expect(alerts()).toEqual(["hot"]);
    expect(done).toHaveBeenCalledTimes(1);
    lose();
    live(540000);
    expect(alerts()).toEqual([]);
    live(90000);
    expect(alerts()).toEqual(["hot"]);
    expect(done).toHaveBeenCalledTimes(1);
  });
  it("is known to have arrived by the answer to what was asked later, not to what was asked before", () => {
    const d = device();
    d.alert("hot");
    settle();
    d.isOnline(1, () => {});
    settle();
    hear({ M: "isOL", R: { D1: "0" } });
    expect(alerts()).toEqual(["hot"]);
    lose();
    live(630000);
    expect(alerts()).toEqual([]);
    d.isOnline(1, () => {});
    settle();
    d.alert("hotter");
    settle();
    hear({ M: "isOL", R: { D1: "0" } });
    expect(alerts()).toEqual(["hotter"]);
    lose();
    live(630000);
    expect(alerts()).toEqual(["hotter"]);
  });
});

it("an encrypted check-in takes the MD5 of the application, and says when there is none", () => {
  const token = vectors.wire_to_event.find((one) => one.user_key)!;
  const md5 = jest.fn(() => "00ff");
  native = false;
  device({ userKey: token.user_key, md5 }, false);
  hear(WELCOME, token.line);
  expect(md5).toHaveBeenCalledWith(JSON.parse(token.line).K + token.user_key);
  expect(sent()[1]).toMatchObject({ M: "checkin", K: "00ff" });
  const d = device({ userKey: token.user_key }, false);
  const told: string[] = [];
  d.on("error", (e: any) => told.push(e.message));
  hear(WELCOME, token.line);
  expect(told).toEqual([expect.stringMatching(/option md5 is needed/)]);
  expect(names()).toEqual(["error config"]);
  native = true;
});

it("says why it is offline after its own checkOut, too", () => {
  const d = device();
  d.checkOut();
  expect(log).toEqual([["offline", "offline", undefined]]);
});

describe("64 interfaces", () => {
  const all = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [i + 1, i]));
  const values = () => Object.assign({}, ...sent().map((m) => m.V));

  it("may wait; one more may not, but newer values for them, and other messages, may go", () => {
    const d = device();
    d.update(1, 0);
    expect(d.update(all)).toBe(true);
    expect(d.update(64, "newer", () => {})).toBe(true);
    expect(d.update({ 1: 5, 65: 5 })).toBe(false);
    expect(names()).toEqual(["error limit"]);
    settle();
    sent();
    expect(d.say({ userId: 1, msg: "x" })).toBe(true);
    expect(kinds()).toEqual(["say"]);
    run(60000);
    expect(values()).toEqual({ ...Object.fromEntries(Object.keys(all).map((id) => [id, "" + all[id]])), 64: "newer" });
    const many = device();
    expect(many.update(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i + 1, i])))).toBe(false);
  });

  it("that may have been lost with the line go again", () => {
    const d = device();
    d.update(all);
    run(20000);
    expect(Object.keys(values())).toHaveLength(64);
    last().heard(true);
    names();
    run(10000);
    hear(WELCOME, OK);
    run(30000);
    expect(Object.keys(values())).toHaveLength(64);
    expect(names()).toEqual(["online"]);
    d.update(99, 1);
    run(10000);
    expect(values()).toEqual({ 99: "1" });
  });
});

it.each([[null, 5], [{}], [[66120, 5]], [undefined]])("update(%j) without an interface is refused", (...args: any[]) => {
  const d: any = device();
  expect(() => d.update(...args)).toThrow(expect.objectContaining({ code: "config" }));
  expect(sent()).toEqual([]);
});

it("a say to nobody is told what it lacks", () => {
  const d = device();
  expect(() => d.say({ msg: "x" })).toThrow("userId, groupId, deviceId or to");
  expect(() => d.say(null, null, null, "x")).toThrow("userId, groupId, deviceId or to");
});

it.each([{ reconnectPeriod: Infinity }, { maxReconnectPeriod: 3e9 }, { updateInterval: 2147483648 }])(
  "%j, which a timer takes for nothing, is refused",
  (options) => {
    expect(() => create({ id: 1, apiKey: "k", ...options })).toThrow("option " + Object.keys(options)[0] + " cannot be ");
  },
);

it("no options at all is an error that names one", () => {
  expect(() => create(null as any)).toThrow(expect.objectContaining({ code: "config" }));
});

it.each([8181, 8282, 8585])("%i: a line that takes nothing any more is found dead", (port) => {
  const d = device({ port });
  // From now on nothing drains.
  d.update(1, 1);
  queued.length = 0;
  for (let i = 0; i < 40 && d.online; i++) {
    if (port === 8282) last().heard(json({ M: "b" }));
    run(5000);
    queued.length = 0;
  }
  expect(d.online).toBe(false);
  expect(names()).toEqual(["error timeout", "offline"]);
});
