"use strict";
/* global describe, expect, test */
/** `connect` and `disconnect` in the middle of everything, and again. */
const { starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function calls(createDevice) {
  const start = starter(createDevice);
  const open = (given) => {
    const all = start(given);
    all.device.tick(1000);
    return all;
  };

  describe("odd moments: connect and disconnect", () => {
    test("disconnect while it registers: nothing is left, and nothing follows", () => {
      const { cloud, device } = start({ script: (cloud) => (cloud.deaf = true) });
      device.tick(1000);
      device.run(`c.disconnect(function () { R("gone"); });`);
      device.tick(2000);
      expect(device.alive).toEqual({ timers: 0, sockets: 0 });
      cloud.deaf = false;
      device.tick(10 * MINUTE);
      expect(cloud.connects).toBe(0);
    });

    test("disconnect and connect while it registers: one registration counts, one connection follows", () => {
      const { cloud, device, has } = start({ device: { latency: 200 } });
      device.tick(500);
      device.run(`c.disconnect(); c.connect(function (e) { R("again " + said(e)); });`);
      device.tick(20000);
      expect(has("again ok")).toBe(1);
      expect(cloud.connects).toBe(1);
      expect(has("error")).toBe(0);
    });

    test("disconnect and connect while the signer thinks: one connection", () => {
      const { cloud, device, has } = start({
        options: { idScope: undefined, groupKey: undefined, host: "hub.sim.test", sign: () => `function (bytes, done) { setTimeout(done, 500, undefined, "x".repeat(32)); }` },
        script: (cloud) => (cloud.verify = () => true),
      }); // prettier-ignore
      device.tick(100);
      device.run(`c.disconnect(); c.connect(); c.disconnect(); c.connect();`);
      device.tick(20000);
      expect(cloud.connects).toBe(1);
      expect(has("error")).toBe(0);
    });

    test("disconnect in each event and callback: no exception, no timer, no socket is left", () => {
      const twin = { desired: { a: 1, b: 2, $version: 3 }, reported: { $version: 1 } };
      for (const setup of [
        `c.on("connect", function () { c.disconnect(); });`,
        `c.on("properties", function (n, v) { c.disconnect(); return v; });`,
        `c.on("commands", function (x, ack) { c.disconnect(); ack(x, 1); });`,
        `c.on("enqueuedCommands", function () { c.disconnect(); c.disconnect(); });`,
        `c.on("c2d", function () { c.disconnect(); });`,
        `c.on("close", function () { c.disconnect(); });`,
        `c.on("offline", function () { c.disconnect(); });`,
        `c.sendTelemetry({ a: 1 }, function () { c.disconnect(); });`,
        `c.sendProperty({ a: 1 }, function () { c.disconnect(); });`,
        `var n = 0; c.on("reconnect", function () { c.disconnect(); });`,
      ]) {
        const { cloud, device } = open({ setup, twin });
        if (cloud.device()) {
          cloud.call("x", "1");
          cloud.message("method-name=m", "1");
          cloud.message("a=b", "1");
          device.tick(1000);
        }
        if (cloud.device()) cloud.device().close();
        device.tick(5 * MINUTE);
        expect([setup, device.errors, device.alive]).toEqual([setup, [], { timers: 0, sockets: 0 }]);
      }
    });

    test("disconnect takes along what was just reported", () => {
      const { cloud, device } = open();
      device.run(`c.sendProperty({ last: 1 }); c.disconnect();`);
      device.tick(5000);
      expect(cloud.twin.reported).toMatchObject({ last: 1 });
      expect(device.alive).toEqual({ timers: 0, sockets: 0 });
      // Also behind a report that is under way.
      const other = open({ device: { latency: 50 } });
      other.device.tick(1000);
      other.device.run(`c.sendProperty({ first: 1 });`);
      other.device.tick(20);
      other.device.run(`c.sendProperty({ last: 1 }); c.disconnect();`);
      other.device.tick(5000);
      expect(other.cloud.twin.reported).toMatchObject({ first: 1, last: 1 });
      expect(other.device.alive).toEqual({ timers: 0, sockets: 0 });
    });

    test("a report, and an answer to a command, while it waits for PUBACK to end: nothing is thrown", () => {
      const { cloud, device, said } = open({
        setup: `var answer; c.on("commands", function (x, ack) { answer = function () { ack(x, 1); }; });`,
      });
      cloud.call("x", "1", "1");
      device.tick(100);
      cloud.acking = false;
      device.run(`c.sendTelemetry({ a: 1 }); c.disconnect();`);
      device.tick(100);
      device.run(`answer(); c.sendProperty({ a: 1 }, function (e) { R("reported " + said(e)); });`);
      device.tick(10 * MINUTE);
      expect(device.errors).toEqual([]);
      expect(said()).toContain("reported offline: the client has ended");
      expect(said().filter((line) => /^error/.test(line))).toEqual([]);
      expect(device.alive).toEqual({ timers: 0, sockets: 0 });
    });

    test("disconnect while it registers, then connect without the time: tried again until it is known", () => {
      const { cloud, device } = start({ script: (cloud) => (cloud.deaf = true), options: { ntp: "" } });
      device.tick(1000);
      cloud.deaf = false;
      const now = device.clock.now() / 1000;
      device.run(`c.disconnect(); setTime(0);`);
      device.tick(1000);
      device.run(`c.connect();`);
      device.tick(5 * MINUTE);
      expect(cloud.connects).toBe(0);
      device.run(`setTime(${now + 302});`);
      device.tick(2 * MINUTE);
      expect(cloud.device()).toBeDefined();
    });

    test("disconnect answers each callback that waits, once", () => {
      const { device, said } = start({ script: (cloud) => (cloud.deaf = true) });
      device.run(`c.sendTelemetry({ a: 1 }, function (e) { R("sent " + said(e)); });
c.sendProperty({ a: 1 }, function (e) { R("reported " + said(e)); });`); // prettier-ignore
      device.tick(1000);
      device.run("c.disconnect();");
      device.tick(1000);
      const told = said().filter((line) => /^(sent|reported) /.test(line)); // prettier-ignore
      expect(told.sort()).toEqual(["reported offline: the client has ended", "sent offline: the client has ended"]);
    });

    test("what is sent between disconnect and connect waits for the connection", () => {
      const { cloud, device, said } = open();
      device.run("c.disconnect();");
      device.tick(1000);
      device.run(`c.sendTelemetry({ n: 1 }, function (e) { R("sent " + said(e)); });`);
      device.tick(MINUTE);
      device.run("c.connect();");
      device.tick(5000);
      expect(cloud.telemetry.map((t) => t.payload)).toEqual(['{"n":1}']);
      expect(cloud.telemetry[0].bag).toContain("iothub-creation-time-utc=");
      expect(said()).toContain("sent ok");
    });

    test("disconnect and connect in one turn, in each moment of a connection: it ends, then it connects", () => {
      for (let ms = 0; ms < 700; ms += 20) {
        const { cloud, device, said } = start({ device: { latency: 20 } });
        device.tick(ms);
        device.run(`R("run"); c.disconnect(function () { R("gone"); }); c.connect(function (e) { R("again " + said(e)); });`);
        device.tick(MINUTE);
        const lines = said();
        expect([ms, ...lines.slice(lines.indexOf("run") + 1).filter((line) => /^(gone|again|error)/.test(line))]).toEqual([
          ms,
          "gone",
          "again ok",
        ]);
        expect(cloud.device()).toBeDefined();
        device.run("c.disconnect();");
        device.tick(MINUTE);
        expect([ms, device.errors, device.alive]).toEqual([ms, [], { timers: 0, sockets: 0 }]);
      }
    });

    test.each([
      ["that the hub acknowledges in its time", true, ""],
      ["that the hub never acknowledges", false, ""],
      ["behind which the hub breaks off", false, "\xf0\0"],
    ])("disconnect and connect in one turn, behind a message %s: it ends, then it connects", (_, acks, garbage) => {
      const { cloud, device, said } = open({ options: { startSpread: 10 } });
      cloud.acking = false;
      device.run(`c.sendTelemetry({ a: 1 }, function (e) { R("sent " + said(e)); }); c.disconnect(function () { R("gone"); });
c.connect(function (e) { R("again " + said(e)); }); c.connect(function () { R("again too"); }); c.sendTelemetry({ b: 1 });`); // prettier-ignore
      device.tick(1000);
      expect(said().slice(-1)).toEqual(["connect"]);
      // What comes and is said meanwhile is for the next connection, or nobody's.
      cloud.call("x", "1", "1");
      device.run(`c.sendProperty({ a: 1 });`);
      device.tick(100);
      cloud.acking = true;
      const { messageId } = cloud.seen("publish").find(({ topic }) => /messages.events/.test(topic));
      if (acks) cloud.device().send({ cmd: "puback", messageId });
      if (garbage) cloud.device().peer.write(garbage);
      device.tick(acks ? 1000 : 5 * MINUTE);
      expect(said().filter((line) => /^(sent|gone|again|error config)/.test(line))).toEqual([
        acks ? "sent ok" : "sent offline: the client has ended",
        "gone",
        "again ok",
        "again too",
      ]);
      device.tick(MINUTE);
      expect(new Set(cloud.telemetry.map((t) => t.payload))).toEqual(new Set(['{"a":1}', '{"b":1}']));
      expect(cloud.twin.reported).toMatchObject({ a: 1 });
      expect(device.errors).toEqual([]);
    });

    test("end takes its callback in each place that the MQTT client knows", () => {
      for (const call of ["R", "null, R", "null, null, R", "false, {}, R", "true, R"]) {
        const { device, said } = open();
        device.run(`c.end(${call.replace("R", 'function () { R("gone"); }')});`);
        device.tick(1000);
        expect([call, ...said().filter((line) => line === "gone")]).toEqual([call, "gone"]);
      }
    });

    test("connect twice: both callbacks are called", () => {
      const { device, said } = start();
      device.run(`c.connect(function (e) { R("again " + said(e)); });`);
      device.tick(1000);
      expect(said()).toEqual(["open ok", "again ok", "connect"]);
      const gone = start();
      gone.device.run(`c.disconnect();`);
      gone.device.tick(1000);
      expect(gone.said()).toEqual(["open offline: the client has ended"]);
    });

    test("connect on a connection: its callback is called", () => {
      const { device, has } = open();
      device.run(`c.connect(function (e) { R("again " + said(e)); });`);
      device.tick(1000);
      expect(has("again ok")).toBe(1);
    });

    test("an error of the application is not the outcome of connect", () => {
      const { device, said } = start({ setup: `setTimeout(function () { c.emit("error", new Error("of the program")); }, 0);` });
      device.tick(1000);
      expect(said().filter((line) => line.startsWith("open "))).toEqual(["open ok"]);
    });
  });
};
