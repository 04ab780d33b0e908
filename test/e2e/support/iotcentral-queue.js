"use strict";
/* global describe, expect, test */
/** A queue that is full, before the hub is known and afterwards. */
const { starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function queue(createDevice) {
  const start = starter(createDevice);
  const open = (given) => {
    const all = start(given);
    all.device.tick(1000);
    return all;
  };
  const count = (list) => list.length;

  describe("odd moments: the queue", () => {
    test("full of what was measured while it was away: subscribed all the same, and the twin is read", () => {
      const { cloud, device } = open();
      cloud.device().close();
      device.tick(100);
      device.offline();
      device.tick(1000);
      device.run(
        `var sent = 0; for (var i = 0; i < 300; i++) c.sendTelemetry({ i: i, text: "x".repeat(60) }, function (e) { if (!e) sent++; });`,
      );
      cloud.log.length = 0;
      device.offline(false);
      device.tick(3 * MINUTE);
      expect(cloud.seen("subscribe")).toHaveLength(1);
      expect(cloud.seen("publish", /twin\/GET/)).toHaveLength(1);
      expect(count(cloud.telemetry)).toBeGreaterThan(50);
    });

    test("a report that is longer than all that may wait", () => {
      const { cloud, device, has } = open();
      device.run(
        `var big = {}; for (var i = 0; i < 6; i++) big["k" + i] = "x".repeat(4000); c.sendProperty(big, function (e) { R("reported " + said(e)); });`,
      );
      device.tick(5000);
      expect(has("reported ok")).toBe(1);
      expect(cloud.twin.reported.k5).toHaveLength(4000);
    });

    test("full: a command is answered all the same", () => {
      const { cloud, device } = open({ setup: `c.on("commands", function (x, ack) { ack(x, "y".repeat(500)); });` });
      cloud.acking = false;
      device.run(`for (var i = 0; i < 300; i++) c.sendTelemetry({ i: i, text: "x".repeat(60) });`);
      device.tick(100);
      cloud.call("x", "1", "1");
      cloud.acking = true;
      cloud.device().close();
      device.tick(MINUTE);
      cloud.call("x", "1", "2");
      device.tick(100);
      expect(cloud.answers().map((text) => text.slice(0, 5))).toContain("200 2");
    });

    test("dropOldest: what was made last arrives, in order; who was dropped is told, nothing in flight is touched", () => {
      const fill = `var ok = 0, dropped = 0; for (var i = 0; i < 300; i++) c.sendTelemetry({ i: i, text: "x".repeat(60) }, function (e) { if (e && e.code === "limit") dropped++; if (!e) ok++; });`;
      const known = () => {
        const all = open({ options: { dropOldest: true } });
        all.cloud.acking = false;
        all.device.run(`c.sendTelemetry({ i: -2 }); c.sendTelemetry({ i: -1 });`);
        all.device.tick(100);
        all.cloud.device().close();
        all.device.tick(100);
        all.cloud.acking = true;
        return all;
      };
      const unknown = () => start({ options: { dropOldest: true }, script: (cloud) => (cloud.deaf = true) });
      for (const [begin, first] of [
        [known, [-2, -1]],
        [unknown, []],
      ]) {
        const { cloud, device, said, has } = begin();
        cloud.telemetry.length = 0;
        device.offline();
        device.tick(1000);
        device.run(fill);
        device.run(`R("queue " + c.status().bytes);`);
        cloud.deaf = false;
        device.offline(false);
        device.tick(10 * MINUTE);
        const got = cloud.telemetry.map((t) => JSON.parse(t.payload).i);
        expect(got.slice(0, first.length)).toEqual(first);
        const rest = got.slice(first.length);
        expect(rest.length).toBeGreaterThan(50);
        expect(rest).toEqual(rest.map((_, i) => 300 - rest.length + i));
        device.run(`R("ok " + ok + " dropped " + dropped + " " + c.status().dropped);`);
        expect(said().pop()).toBe(`ok ${rest.length} dropped ${300 - rest.length} ${300 - rest.length}`);
        expect(has("error limit")).toBe(0);
      }
    });

    test.each([false, true])("what is taken before the hub is known finds room when it is; dropOldest %p", (dropOldest) => {
      const { cloud, device, said, has } = start({ options: { queueLimit: 2000, dropOldest }, script: (cloud) => (cloud.deaf = true) });
      device.run(`var ok = 0, not = 0; for (var i = 0; i < 40; i++) c.sendTelemetry({ n: i }, function (e) { if (e) not++; else ok++; });`);
      device.tick(1000);
      device.run(`var early = not;`);
      cloud.deaf = false;
      device.tick(5 * MINUTE);
      device.run(`R("ok " + ok + " not " + early);`);
      const n = cloud.telemetry.length;
      expect(n).toBeGreaterThan(8);
      expect(said().pop()).toBe(`ok ${n} not ${40 - n}`);
      // Refused, if so, by the call itself.
      expect(cloud.telemetry.map((t) => JSON.parse(t.payload).n)).toEqual(
        Array.from({ length: n }, (_, i) => (dropOldest ? 40 - n + i : i)),
      );
      expect(has("error")).toBe(0);
    });

    test("dropOldest: what is longer than the whole queue is refused, and costs nobody a place", () => {
      const { cloud, device, said } = open({ options: { dropOldest: true } });
      cloud.device().close();
      device.tick(100);
      device.run(`c.sendTelemetry({ n: 1 }); c.sendTelemetry({ text: "x".repeat(20000) }, function (e) { R("sent " + said(e)); });`);
      device.tick(MINUTE);
      expect(said().filter((line) => line.startsWith("sent "))[0]).toMatch(/^sent limit: queueLimit reached/); // prettier-ignore
      expect(cloud.telemetry.map((t) => t.payload)).toEqual(['{"n":1}']);
    });

    test("full before the hub is known: an error event, nothing thrown out of a timer", () => {
      const { cloud, device, has } = start({ script: (cloud) => (cloud.deaf = true) });
      device.run(`setInterval(function () { c.sendTelemetry({ text: "x".repeat(1000) }); R("went on"); }, 1000);`);
      device.tick(MINUTE);
      expect(device.errors).toEqual([]);
      expect(has("went on")).toBeGreaterThan(50);
      expect(has("error limit: queueLimit reached")).toBeGreaterThan(30);
      // Nor is that taken for the outcome of `connect`.
      cloud.deaf = false;
      device.tick(MINUTE);
      expect(has("open ok")).toBe(1);
    });
  });
};
