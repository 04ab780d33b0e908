"use strict";
const { describe, expect, test } = require("@jest/globals");
const { createCloud } = require("../clouds/bigiot");
const { MPython } = require("../clouds/bigiot/mpython");
const { Timers } = require("../clouds/bigiot/world");

/** The platform and the second client on one clock; every write is one segment, as on a quick line. */
function meet({ key = "abc123key", silent = false } = {}) {
  const clock = { time: Date.UTC(2026, 0, 1), now: () => clock.time };
  const timers = new Timers(clock);
  const cloud = createCloud({ clock: timers, before: () => !silent });
  const lines = [];
  const queue = [];
  let client;
  const peer = { closed: false };
  const session = cloud.accept({ write: (bytes) => queue.push(bytes), end: () => (peer.closed = true) }, 8282);
  const flush = () => {
    while (queue.length) client.read(queue.shift());
  };
  const write = (bytes) => {
    lines.push(JSON.parse(bytes));
    session.data(bytes);
  };
  client = new MPython(70413, key, { write, after: timers.after });
  return {
    client,
    cloud,
    session,
    peer,
    kinds: () => lines.splice(0).map((m) => m.M),
    run(ms) {
      flush();
      for (const end = clock.time + ms; ;) {
        const due = Math.min(timers.next(), end);
        clock.time = due;
        timers.run();
        flush();
        if (due >= end) return;
      }
    },
    /** Two writes that arrive as one segment. */
    merged(...parts) {
      client.read(parts.join(""));
    },
  };
}

describe("mPython's client at the local platform", () => {
  test("a good platform: checkout, check-in, and after a second another check-in; both are answered", () => {
    const it = meet();
    it.run(5000);
    expect(it.kinds()).toEqual(["checkout", "checkin", "checkin"]);
    expect(it.client.checked).toBe(true);
    expect(it.cloud.online("D70413")).toBe(true);
    expect(it.client.dead).toBe(false);
  });
  test.each([[{ silent: true }], [{ key: "wrong" }]])("%j: three check-ins and no answer", (how) => {
    const it = meet(how);
    it.run(5000);
    expect(it.kinds()).toEqual(["checkout", "checkin", "checkin", "checkin"]);
    expect(it.client.checked).toBe(false);
    expect(it.client.last.M).toBe("WELCOME TO BIGIOT");
  });
  test("each of its calls is answered as the sheet says", () => {
    const it = meet();
    it.run(5000);
    const heard = [];
    const user = it.cloud.user("30211", (m) => m.M === "say" && heard.push([m.ID, m.C]));
    it.client.status();
    it.run(1);
    expect(it.client.last).toEqual({ M: "checked" });
    it.client.time();
    it.run(1);
    expect(it.client.last).toEqual({ M: "time", T: String(Date.UTC(2026, 0, 1) / 1000 + 5) });
    it.client.time("Y-m-d H:i:s");
    it.run(1);
    expect(it.client.last.T).toBe("2026-01-01 08:00:05");
    it.client.isOnline(40877);
    it.run(1);
    expect(it.client.last.R).toEqual({ D40877: "0" });
    it.client.say({ user: 30211, device: 40877, msg: "hello I am mPython" });
    it.client.say({ user: 30211 });
    it.run(1);
    expect(heard).toEqual([["D70413", "hello I am mPython"], ["D70413", null]]); // prettier-ignore
    user.say("D70413", "play");
    it.run(1);
    expect(it.client.said).toEqual([["play", "U30211", "小明(web)"]]);
    it.client.update(9564, "1");
    it.client.update(66120, "1");
    expect(it.cloud.violations.map(({ rule }) => rule)).toEqual(["interface", "update spacing"]);
    it.run(5000);
    it.client.update(66120, "2");
    expect(it.cloud.devices[70413].values).toEqual({ 66120: "2" });
  });
  test("it answers heartbeats, so that the line lives; dead, it is dropped after 80 s", () => {
    const it = meet();
    it.run(200000);
    expect(it.peer.closed).toBe(false);
    it.merged('{"M":"b"}\n', '{"M":"b"}\n');
    expect(it.client.dead).toBe(true);
    it.run(130000);
    expect(it.peer.closed).toBe(true);
    expect(it.cloud.online("D70413")).toBe(false);
  });
  test("the measured ends: two lines in a segment, one in two, a checkout that it does not notice", () => {
    const cut = meet();
    cut.run(5000);
    cut.client.read('{"M":"sa');
    expect(cut.client.dead).toBe(true);
    const out = meet();
    out.run(5000);
    out.cloud.user("30211").checkout("70413");
    out.run(1);
    expect(out.client.last).toMatchObject({ M: "checkout", IP: "198.51.100.7" });
    expect(out.client.checked).toBe(true);
    out.client.update(66120, "1");
    expect(out.cloud.devices[70413].values).toEqual({});
    out.client.status();
    out.run(1);
    expect(out.client.last).toEqual({ M: "connected" });
  });
});
