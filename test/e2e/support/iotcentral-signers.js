"use strict";
/* global describe, expect, test */
/** A cache, a signer and a clock that do not work as they should. */
const { KEY, SCOPE, keyOf, starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function signers(createDevice) {
  const start = starter(createDevice);
  const open = (given) => {
    const all = start(given);
    all.device.tick(1000);
    return all;
  };

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
};
