"use strict";
/* global describe, expect, test */
/** Odd moments and odd input: where a device that is in the field for months comes sooner or later. */
const { KEY, SCOPE, keyOf, starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function odd(createDevice) {
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
