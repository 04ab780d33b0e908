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

  describe("odd moments: the network", () => {
    test("hours without a network and without a clock: back within minutes after it is there", () => {
      const { cloud, device } = start({ device: { now: 0 }, script: (cloud) => { const { clock } = cloud; cloud.clock = { now: () => clock.now() + Date.UTC(2026, 5, 1) }; } }); // prettier-ignore
      device.tick(6 * 60 * MINUTE);
      expect(cloud.connects).toBe(0);
      device.net.udp(123, (_bytes, answer) => {
        const time = Buffer.alloc(8);
        time.writeUInt32BE(Math.floor((device.clock.now() + Date.UTC(2026, 5, 1)) / 1000) + 2208988800, 0);
        answer("\x24\x01" + "\0".repeat(38) + time.toString("latin1"));
      });
      device.net.name("pool.ntp.org");
      device.tick(3 * MINUTE);
      expect(cloud.device()).toBeDefined();
    });

    test("hours without a network at the first start: back within minutes after it is there", () => {
      const { cloud, device } = start({ before: "" });
      device.offline();
      device.tick(8 * 60 * MINUTE);
      device.offline(false);
      device.tick(8 * MINUTE);
      expect(cloud.device()).toBeDefined();
    });

    test("startSpread: connect comes at a random moment within it", () => {
      const at = [];
      for (let i = 0; i < 12; i++) {
        const { cloud, device } = start({ options: { startSpread: 60000 }, device: { seed: (i + 1) * 98765431 } });
        const from = device.clock.now();
        device.tick(MINUTE + 1000);
        at.push(cloud.log[0].at - from);
      }
      expect(Math.max(...at)).toBeLessThanOrEqual(MINUTE);
      expect(Math.max(...at) - Math.min(...at)).toBeGreaterThan(5000);
    });

    test("a retry-after of years is an hour at most, and no storm", () => {
      const { cloud, device } = start({ script: (cloud) => (cloud.dpsAnswers = Array(1000).fill([429, 99999999, ""])) });
      device.tick(4 * MINUTE);
      expect(cloud.registrations).toBe(1);
    });
  });

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

  describe("odd moments: storage, signer, clock", () => {
    test("a cache that cannot write or read: told, and it goes on", () => {
      const cache = () => `{ read: function () { throw new Error("no read"); }, write: function () { throw new Error("no write"); } }`;
      const { cloud, device, has } = open({ options: { cache } });
      device.tick(MINUTE);
      expect(has("no write")).toBe(1);
      expect(cloud.device()).toBeDefined();
      expect(device.errors).toEqual([]);
    });

    test("a signer that fails with a mere text: told, and tried again", () => {
      for (const sign of [
        `function (b, done) { if (n++) setTimeout(done, 1, undefined, signed.substr(0, 32)); else done("no chip"); }`,
        `function (b, done) { if (!n++) throw "no chip"; setTimeout(done, 1, undefined, signed.substr(0, 32)); }`,
      ]) {
        const { cloud, device, has } = start({
          before: `var n = 0, signed = ${JSON.stringify(KEY)};`,
          options: { groupKey: undefined, sign: () => sign },
          script: (cloud) => (cloud.verify = () => true),
        });
        device.tick(MINUTE);
        expect(has("no chip")).toBeGreaterThan(0);
        expect(cloud.device()).toBeDefined();
      }
    });

    test("two keys: the other one, given when the first is refused, is used from the next attempt on", () => {
      const other = keyOf("sim-dev-01");
      const { cloud, device } = start({
        options: { groupKey: undefined, deviceKey: KEY },
        setup: `c.on("error", function (e) { if (e.code === "auth") c.options.deviceKey = ${JSON.stringify(other)}; });`,
      });
      device.tick(12 * MINUTE);
      expect(cloud.device()).toBeDefined();
      expect(cloud.refusals).toBe(1);
    });

    test("a signer that answers twice: one registration, one connection", () => {
      const { cloud, device } = start({
        options: {
          groupKey: undefined,
          sign: () => `function (b, done) { done(undefined, "x".repeat(32)); done(undefined, "y".repeat(32)); }`,
        },
        script: (cloud) => (cloud.verify = () => true),
      });
      device.tick(MINUTE);
      expect([cloud.registrations, cloud.connects]).toEqual([1, 1]);
    });

    test("a start without clock, with the assignment kept: what was measured before has its time", () => {
      const REAL = Date.UTC(2026, 5, 1, 12);
      const cache = () => `{ read: function () { return ${JSON.stringify(`["${SCOPE}","sim-dev-01","hub.sim.test","sim-dev-01"]`)}; }, write: function () {} }`; // prettier-ignore
      const { cloud, device } = start({
        device: { now: 0 },
        options: { cache },
        script: (cloud) => {
          const { clock } = cloud;
          cloud.clock = { now: () => clock.now() + REAL };
        },
      });
      device.tick(1000);
      device.run("c.sendTelemetry({ early: 1 });");
      device.tick(20000);
      device.net.udp(123, (_bytes, answer) => {
        const time = Buffer.alloc(8);
        time.writeUInt32BE(Math.floor((device.clock.now() + REAL) / 1000) + 2208988800, 0);
        answer("\x24\x01" + "\0".repeat(38) + time.toString("latin1"));
      });
      device.net.name("pool.ntp.org");
      device.tick(2 * MINUTE);
      const stamp = decodeURIComponent(/creation-time-utc=([^&]*)/.exec(cloud.telemetry[0].bag)[1]);
      expect(Math.abs(Date.parse(stamp) - REAL)).toBeLessThan(3000);
    });

    test("the time is lost while it is connected: no attempt without a token, and none registers anew", () => {
      const { cloud, device, has } = open({ options: { ntp: "" } });
      const now = device.clock.now() / 1000;
      device.run(`setTime(0);`);
      cloud.device().close();
      device.tick(10 * MINUTE);
      expect(has("error clock")).toBeGreaterThan(0);
      expect(has("error config")).toBe(0);
      expect([cloud.connects, cloud.refusals]).toEqual([1, 0]);
      device.run(`setTime(${now + 600});`);
      device.tick(2 * MINUTE);
      expect(cloud.device()).toBeDefined();
      expect([cloud.refusals, cloud.registrations]).toEqual([0, 1]);
    });

    test("an old token and a signer that thinks: no attempt with the old one", () => {
      let shift = 0;
      const { cloud, device, has } = start({
        options: { groupKey: undefined, sign: () => `function (b, done) { setTimeout(done, 3000, undefined, "x".repeat(32)); }` },
        script: (cloud) => (cloud.verify = (token) => +/se=([^&]*)/.exec(token)[1] * 1000 > cloud.clock.now() + shift),
      });
      device.tick(10000);
      shift = 120 * MINUTE;
      device.run(`setTime(${(device.clock.now() + shift) / 1000});`);
      cloud.device().close();
      device.tick(5 * MINUTE);
      expect(cloud.device()).toBeDefined();
      expect([cloud.refusals, has("error auth"), has("error config")]).toEqual([0, 0, 0]);
    });

    test("a signer that answers for the planned renewal behind what an attempt has asked for meanwhile: no connection is cut", () => {
      // For the first connection, for the attempt that finds the token too old, and for the renewal that falls due two seconds later.
      const sign = () => `function (b, done) { setTimeout(done, [1000, 10000, 30000][n++] || 1000, undefined, "x".repeat(32)); }`;
      const { cloud, device, has } = start({
        before: "var n = 0;",
        options: { idScope: undefined, host: "hub.sim.test", groupKey: undefined, sign, reconnectPeriod: 15000, maxReconnectPeriod: 15000 },
        script: (cloud) => (cloud.verify = () => true),
      });
      device.tick(44 * MINUTE + 44000);
      expect(cloud.connects).toBe(1);
      device.run(`setTime(${device.clock.now() / 1000 + 7200});`);
      cloud.device().close();
      device.tick(10 * MINUTE);
      expect(cloud.connects).toBe(2);
      device.tick(40 * MINUTE);
      expect(cloud.connects).toBe(3);
      device.run(`R("signed " + n);`);
      expect([has("signed 4"), has("error")]).toEqual([1, 0]);
    });

    test("reconnect() of the program before the hub is known: no CONNECT without a user name", () => {
      const { cloud, device, has } = start({ setup: `c.reconnect();`, script: (cloud) => (cloud.dpsAnswers = [[202, 9, { operationId: "1", status: "assigning" }]]) }); // prettier-ignore
      device.run(`setTimeout(function () { c.reconnect(); }, 2000);`);
      device.tick(MINUTE);
      expect(cloud.seen("connect").filter((p) => !p.username)).toEqual([]);
      expect(cloud.device()).toBeDefined();
      expect(has("error")).toBe(0);
    });

    test("measured while a silent link was still believed in: all but the first have their time", () => {
      const { cloud, device } = open();
      device.links[0].silence();
      device.run(`var n = 0; setInterval(function () { if (n++ < 20) c.sendTelemetry({ n: n, t: Date.now() }); }, 10000);`);
      device.tick(30 * MINUTE);
      const late = cloud.telemetry.filter((t) => t.at - JSON.parse(t.payload).t > MINUTE && !/creation-time/.test(t.bag));
      expect(cloud.telemetry.length).toBeGreaterThanOrEqual(20);
      expect(late.length).toBeLessThanOrEqual(1);
    });
  });

  describe("odd input", () => {
    test("the same property reported for days without a connection: one message, nothing thrown", () => {
      const { cloud, device } = open();
      cloud.device().close();
      device.tick(100);
      device.offline();
      device.tick(1000);
      device.run(`for (var i = 0; i < 5000; i++) c.sendProperty({ temperature: i });`);
      expect(device.errors).toEqual([]);
      device.offline(false);
      device.tick(2 * MINUTE);
      expect(cloud.twin.reported.temperature).toBe(4999);
    });

    test("callbacks of reports do not pile up without end", () => {
      const { cloud, device, has } = open();
      cloud.device().close();
      device.tick(100);
      device.offline();
      device.tick(1000);
      device.run(`var told = 0; for (var i = 0; i < 3000; i++) c.sendProperty({ t: i }, function (e) { if (e) told++; });`);
      device.run(`R("told " + (told > 1000));`);
      expect(has("told true")).toBe(1);
      expect(device.errors).toEqual([]);
    });

    test.each([
      [`c.sendProperty(5, "pump")`, /^config: reported properties: an object, not 5/],
      [`c.sendProperty(null, "pump")`, /^config: reported properties: an object, not null/],
      [`c.sendTelemetry(undefined)`, /^config: telemetry: an object, a text or bytes, not undefined/],
      [`c.sendTelemetry(5)`, /^config: telemetry: an object, a text or bytes, not 5/],
      [`c.sendTelemetry({}, "json")`, /^config: telemetry properties: an object, not json/],
      [`c.sendTelemetry({}, { messageId: "x".repeat(129) })`, /^limit: messageId: 129 characters of 128/],
      [`c.sendTelemetry({}, {}, "sent")`, /^config: .*callback/],
      [`c.sendProperty({ a: 1 }, 5)`, /^config: .*callback/],
      [`c.sendProperty({ a: 1 }, "pump", {})`, /^config: .*callback/],
      [`c.connect("opened")`, /^config: .*callback/],
    ])("refused by name, at once, before the hub is known and afterwards: %s", (call, wanted) => {
      const attempt = `try { ${call}; R("thrown nothing"); } catch (e) { R("thrown " + said(e)); }`;
      const { cloud, device, has, said } = open({ setup: attempt });
      device.run(attempt);
      device.tick(1000);
      const thrown = said().filter((line) => line.startsWith("thrown "));
      expect(thrown).toHaveLength(2);
      for (const line of thrown) expect(line.slice(7)).toMatch(wanted);
      expect([cloud.telemetry, cloud.twin.reported, has("error")]).toEqual([[], { $version: 1 }, 0]);
    });

    test.each([
      ["a ring", "var x = {}; x.x = x; x"],
      ["what is too long", `"x".repeat(131073)`],
      ["what cannot be said", `({ toJSON: function () { throw new Error("no"); } })`],
    ])("an answer to a command that is %s: 500, and the caller knows", (_name, value) => {
      const { cloud, device, has } = open({ setup: `c.on("commands", function (command, ack) { ack(command, eval(${JSON.stringify(value)})); });` }); // prettier-ignore
      cloud.call("x", "1", "1");
      device.tick(1000);
      expect(cloud.answers()).toEqual(['500 1 {"error":"the command failed"}']);
      expect(has("error ")).toBe(1);
      expect(device.alive.timers).toBeLessThanOrEqual(2);
    });

    test("a command answered twice by mistake: once; after a 202 the rest is a property", () => {
      const setup = `c.on("commands", function (command, ack) { ack(command, 1, command.name === "slow" ? 202 : 200); ack(command, 2); ack(command, 3); });`;
      const { cloud, device } = open({ setup });
      cloud.call("quick", "1", "1");
      cloud.call("slow", "1", "2");
      device.tick(1000);
      expect(cloud.answers()).toEqual(["200 1 1", "202 2 1"]);
      expect(cloud.twin.reported).toEqual({ slow: { value: 3 }, $version: 2 });
    });

    test("what the cloud should not send is an error that names the topic", () => {
      const { cloud, device, said } = open();
      for (const payload of ["{garbage", "null", "[".repeat(40)])
        cloud.device().send({ cmd: "publish", qos: 0, topic: "$iothub/twin/PATCH/properties/desired/?$version=2", payload });
      device.tick(1000);
      const errors = said().filter((line) => line.startsWith("error ")); // prettier-ignore
      expect(errors).toHaveLength(3);
      for (const line of errors) expect(line).toMatch(/^error (protocol|limit): \$iothub\/twin\/PATCH\/properties\/desired\/: /);
    });

    test("a twin that is JSON and no twin", () => {
      for (const text of ["null", "5", "[]", "{}", '{"desired":null}', '{"desired":5}']) {
        const { cloud, device, said } = open({ script: (cloud) => (cloud.twinText = text) });
        device.run("c.sendProperty({ alive: 1 });");
        device.tick(5000);
        expect([text, cloud.twin.reported.alive]).toEqual([text, 1]);
        expect(said().filter((line) => /^error (?!protocol: \$iothub\/twin\/res\/200\/: no desired)/.test(line))).toEqual([]);
      }
    });

    test("bytes go as they are", () => {
      const { cloud, device } = open();
      const got = [];
      cloud.hooks.publish = (_one, packet) => void got.push(packet.payload.toString("hex"));
      device.run(`c.sendTelemetry(new Uint8Array([0, 255, 128]), { contentType: "application/octet-stream", contentEncoding: null });`);
      device.tick(100);
      expect(got).toEqual(["00ff80"]);
      expect(cloud.telemetry[0].bag).toBe("%24.ct=application%2Foctet-stream");
    });
  });
};
