"use strict";
/* global jest */
/**
 * Random sessions of the minified file with a model of a chip, by a transport or on the simulated bus: calls and faults in random order,
 * then what has to hold. `SEED=n npx jest test/e2e/tpm-sessions` repeats one, `RUNS=n` makes more.
 */
const { createHmac } = require("node:crypto");
const { expect, test, afterAll } = require("@jest/globals");
const { Tis } = require("../rig/tis");
const { generator, sessions } = require("../rig/random");

// The module takes the timers that there are when it is loaded.
jest.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
afterAll(() => jest.useRealTimers());
const { create } = require("thincloud/tpm");

const IDENTITY = 0x81000100;
const CODES = "auth verify refused timeout protocol limit config bus".split(" ");
const u16 = (n) => String.fromCharCode(n >> 8, n & 255);
const u32 = (n) => u16(n >>> 16) + u16(n & 65535);
const sized = (text) => u16(text.length) + text;
const hmac = (key, text) => createHmac("sha256", key).update(text, "latin1").digest("latin1");

/** What a chip keeps and does: three objects, three sessions, persistent keys, and a count of cuts after the use of a guarded key. */
class Chip {
  constructor() {
    this.kept = new Map();
    this.wrong = 0;
    this.power();
  }
  power() {
    if (this.dirty) this.wrong++;
    this.loaded = new Map();
    this.started = this.dirty = false;
  }
  slot(first, content) {
    const at = [0, 1, 2].find((i) => !this.loaded.has(first + i));
    if (at === undefined) throw first === 0x80000000 ? 0x902 : 0x903;
    this.loaded.set(first + at, content);
    return first + at;
  }
  key(handle) {
    const key = this.kept.get(handle) || this.loaded.get(handle);
    if (!key) throw handle >= 0x81000000 ? 0x18b : 0x1c4;
    return key;
  }
  /** → reply */
  do(command) {
    const bytes = Buffer.from(command, "latin1");
    const reply = (rc, body = "") => "\x80" + (bytes[1] && !rc ? "\x02" : "\x01") + u32(10 + body.length) + u32(rc) + body;
    try {
      return reply(0, this.body(bytes[9], bytes));
    } catch (rc) {
      if (typeof rc !== "number") throw rc;
      return reply(rc);
    }
  }
  body(code, b) {
    const at = (i) => b.readUInt32BE(i);
    const field = (i) => b.toString("latin1", i + 2, i + 2 + b.readUInt16BE(i));
    if (code === 0x44) {
      if (this.started) throw 0x100;
      this.started = true;
      return "";
    }
    if (!this.started) throw 0x100;
    const bodies = {
      0x45: () => ((this.dirty = false), ""),
      0x65: () => {
        if (!this.loaded.delete(at(10))) throw 0x1c4;
        return "";
      },
      0x73: () => sized(this.key(at(10))) + sized("name"),
      0x31: () => u32(this.slot(0x80000000, "key of " + at(10))) + u32(4) + sized("key of " + at(10)),
      0x20: () => {
        const to = b.readUInt32BE(b.length - 4);
        if (at(14) === to) {
          this.key(to);
          this.kept.delete(to);
        } else if (this.kept.has(to)) throw 0x14c;
        else this.kept.set(to, this.key(at(14)));
        return u32(0);
      },
      0x7b: () => sized("r".repeat(b.readUInt16BE(10))),
      0x76: () => u32(this.slot(0x03000000, "session")) + sized("n".repeat(16)),
      0x51: () => u32(2) + "\0\0",
      0x47: () => u32(34) + sized("inner wrap key.."),
      0x56: () => u32(9) + sized("wrapped"),
      0x57: () => {
        const second = 31 - 4 + field(27).length + 2;
        return u32(this.slot(0x80000000, field(second))) + u32(6) + sized("name");
      },
      0x55: () => {
        const key = this.key(at(10));
        if (this.wrong > 2) throw 0x921;
        this.dirty = true;
        return u32(34) + sized(hmac(key, field(27)));
      },
    };
    return bodies[code]();
  }
}

function session(seed) {
  const random = generator(seed);
  const below = (k) => Math.floor(random() * k);
  const one = (list) => list[below(list.length)];
  const chance = (p) => random() < p;

  const chip = new Chip();
  const bus = chance(0.15);
  const faults = [];
  const keys = new Set();
  let boot = 0;
  let open = 0;
  let heard = 0;
  let tpm;
  let tis;
  let calls = [];

  /** What the chip says to a command; a fault is one of the next commands'. */
  function answer(command, done) {
    const mine = boot;
    const fault = faults.shift();
    const say = (err, reply, ms) => setTimeout(() => mine === boot && done(err, reply), ms);
    if (typeof fault === "number") return say(undefined, "\x80\x01" + u32(10) + u32(fault), below(50));
    if (fault === "throw" && !bus) throw Object.assign(new Error("bus"), { code: "bus" });
    if (fault === "error" && !bus) return say(Object.assign(new Error("bus"), { code: "bus" }), undefined, 5);
    if (fault === "cut") chip.power();
    const reply = chip.do(command);
    if (fault === "lost") return bus ? undefined : say(Object.assign(new Error("bus"), { code: "bus" }), undefined, 3000);
    if (fault === "short" && !bus) return say(undefined, reply.slice(0, below(reply.length)), 1);
    say(undefined, reply, one([0, 1, 20, bus ? 200 : 3000]));
    if (fault === "twice" && !bus) say(undefined, reply, one([0, 1, 30, 4000]));
    return undefined;
  }
  function transport(command, done) {
    const mine = boot;
    // One after the other: who answers twice has answered with the first.
    if (open++) throw new Error("a command before the answer to the last one");
    let answered = false;
    const back = (err, reply) => {
      if (!answered && mine === boot) open--;
      answered = true;
      done(err, reply);
    };
    try {
      answer(command, back);
    } catch (e) {
      open = 0;
      throw e;
    }
  }
  function start() {
    // Nothing of the last run is heard any more.
    jest.clearAllTimers();
    boot++;
    open = 0;
    calls = [];
    if (bus) {
      tis = new Tis({ waits: () => below(3), burst: () => 1 + below(64), lazy: below(4), backend: answer });
      tpm = create({ exchange: tis.exchange, timeout: 1000, queueLimit: 4 });
    } else tpm = create({ transport, queueLimit: 4 });
  }
  function call(name, args, check, at = args.length) {
    const mine = { name, answers: 0, limit: calls.filter((c) => !c.limit && !c.answers).length >= 4 };
    const run = boot;
    let later = false;
    calls.push(mine);
    const done = (err, result) => {
      expect([later, run, ++mine.answers]).toEqual([true, boot, 1]);
      if (mine.limit) return expect(err && err.code).toBe("limit");
      heard++;
      // In the order of the calls.
      expect(calls.find((c) => !c.limit && (c === mine || !c.answers))).toBe(mine);
      if (err) expect(CODES).toContain(err.code);
      mine.err = err;
      mine.result = result;
      if (!err) check(result);
      if (chance(0.1)) act();
      return undefined;
    };
    tpm[name](...args.slice(0, at), done, ...args.slice(at));
    later = true;
    return mine;
  }
  const sign = () => {
    const text = "text " + below(1000);
    return call("sign", [text], (mac) => expect([...keys].map((key) => hmac(key, text))).toContain(mac));
  };
  const install = (text) => {
    const key = "key " + keys.size;
    const blob = ["cred", "secret", "dup", "seed", key].map(sized).join("");
    if (!text) keys.add(key);
    const check = (mac) => (text ? expect(mac).toBe(hmac(key, text)) : expect([...chip.kept.values()]).toContain(key));
    return call("install", text ? [blob, text] : [blob], check, 1);
  };
  const draw = () => call("random", [5], (bytes) => expect(bytes).toBe("rrrrr"));
  const read = () => call("keys", [], (k) => expect(Buffer.from(k.endorsementKey, "base64").toString()).toContain("key of"));
  const own = () => call("run", ["176400000074000000700000100000100 00b>s0,165s".replace(" ", "")], (v) => expect(v.s).toHaveLength(4)); // prettier-ignore
  const act = () => one([sign, sign, draw, read, own, () => install(), () => install("challenge")])();
  const busy = [0x922, 0x908, 0x909, 0x90a];

  start();
  for (let k = 20 + below(40); k > 0; k--) {
    const what = below(10);
    if (what < 5) act();
    else if (what < 6)
      faults.push(...Array(below(4)).fill(undefined), ...one([[one(busy)], Array(12).fill(one(busy)), [0x921], [0x101], ["throw"], ["error"], ["lost"], ["short"], ["twice"], ["cut"]])); // prettier-ignore
    else if (what < 9) jest.advanceTimersByTime(one([0, 1, 10, 100, 5000, 40000]));
    else if (chance(0.3)) {
      // Board and chip lose their power, between any two commands.
      chip.power();
      chip.wrong = chance(0.5) ? chip.wrong : 0;
      start();
    }
  }
  faults.length = 0;
  jest.advanceTimersByTime(600000);
  // Each call was answered once, and nothing is left to do.
  expect(calls.filter((c) => c.answers !== 1)).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);

  // All is well again: whatever was left in the chip, the next calls work, and leave nothing behind.
  chip.wrong = 0;
  const last = [draw(), read(), install(), sign()];
  for (let k = 0; k < 3; k++) jest.advanceTimersByTime(100000) && last.push(install("again"));
  jest.advanceTimersByTime(600000);
  expect(last.map((c) => c.err && c.err.message)).toEqual(last.map(() => undefined));
  expect([...chip.loaded.values()]).toEqual([]);
  expect(chip.kept.get(IDENTITY)).toBe([...keys].pop());
  expect(chip.dirty).toBe(false);
  if (bus) expect(tis.faults).toEqual([]);
  expect(heard).toBeGreaterThan(3);
}

test("random sessions: every promise is kept", () => sessions(150, session), 3600000);
