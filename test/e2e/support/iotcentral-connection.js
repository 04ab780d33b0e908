"use strict";
/* global describe, expect, test */
/** Of the checklist of docs/iotcentral.md: the connection to the hub, and the clock. */
const { DPS } = require("./azure");
const { starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function connection(createDevice) {
  const start = starter(createDevice);

  describe("5 hub", () => {
    test.each([1, 2, 3, 4, 5])("CONNACK %i", (code) => {
      const { cloud, device, has } = start({ script: (cloud) => (cloud.connacks = Array(20).fill(code)) });
      device.tick(800);
      expect(has(`error ${code > 3 ? "auth" : "refused"}: CONNACK ${code}`)).toBe(1);
      device.tick(2 * MINUTE);
      // Only what says that identity or key is wrong makes it register again.
      expect(cloud.registrations > 1).toBe([2, 4, 5].includes(code));
      cloud.connacks = [];
      device.tick(2 * MINUTE);
      expect(cloud.device()).toBeDefined();
    });

    test("refused for ever: fewer and fewer registrations", () => {
      const { cloud, device } = start({ script: (cloud) => (cloud.connacks = Array(10000).fill(5)) });
      device.tick(180 * MINUTE);
      expect(cloud.registrations).toBeLessThan(40);
    });

    test.each([[true], [false]])("sessionPresent %p: all subscriptions again, each once, the twin is read again", (present) => {
      const { cloud, device } = start();
      device.tick(1000);
      cloud.forgetful = !present;
      cloud.log.length = 0;
      cloud.device().close();
      device.tick(10000);
      const filters = cloud.seen("subscribe").flatMap((p) => p.subscriptions.map(({ topic }) => topic));
      expect(filters.sort()).toEqual([
        "$iothub/methods/POST/#",
        "$iothub/twin/PATCH/properties/desired/#",
        "$iothub/twin/res/#",
        "devices/sim-dev-01/messages/devicebound/#",
      ]);
      expect(cloud.seen("publish", /twin\/GET/)).toHaveLength(1);
    });

    test("a drop while the twin is read, and while a patch is under way", () => {
      const { cloud, device, said } = start({ script: (cloud) => (cloud.twinAnswers = [[0]]) });
      device.tick(1000);
      cloud.device().close();
      device.tick(5000);
      expect(cloud.seen("publish", /twin\/GET/)).toHaveLength(2);
      cloud.twinAnswers = [[0]];
      device.run(`c.sendProperty({ a: 1, b: { x: 1 } }, function (e) { R("reported " + said(e)); });`);
      device.tick(100);
      device.run(`c.sendProperty({ a: 2, b: { y: 2 } });`);
      cloud.device().close();
      device.tick(5000);
      expect(cloud.twin.reported).toMatchObject({ a: 2, b: { x: 1, y: 2 } });
      expect(said().filter((line) => line === "reported ok")).toHaveLength(1);
    });

    test("telemetry without PUBACK comes again on the same session, marked as a duplicate", () => {
      const { cloud, device, has } = start();
      device.tick(1000);
      cloud.acking = false;
      device.run(`c.sendTelemetry({ n: 1 }, function (e) { R("sent " + said(e)); });`);
      device.tick(100);
      expect(has("sent")).toBe(0);
      cloud.acking = true;
      cloud.device().close();
      device.tick(5000);
      expect(cloud.telemetry.map((t) => t.dup)).toEqual([false, true]);
      expect(has("sent ok")).toBe(1);
    });

    test("the token is renewed with a publication pending, which is lost to nobody", () => {
      const { cloud, device, has } = start();
      device.tick(44 * MINUTE);
      const before = cloud.seen("connect").length;
      cloud.acking = false;
      device.run(`c.sendTelemetry({ n: 1 }, function (e) { R("sent " + said(e)); });`);
      device.tick(100);
      cloud.acking = true;
      device.tick(2 * MINUTE);
      expect(cloud.seen("connect")).toHaveLength(before + 1);
      expect(cloud.seen("disconnect")).toHaveLength(2);
      expect(has("sent ok")).toBe(1);
      expect(has("error")).toBe(0);
    });

    test("a connection made anew has a token of its own, which is not renewed before its time", () => {
      const { cloud, device } = start();
      device.tick(44 * MINUTE);
      cloud.device().close();
      device.tick(MINUTE);
      const { at } = cloud.seen("connect").pop();
      device.tick(43 * MINUTE);
      expect(cloud.seen("connect").pop().at).toBe(at);
      device.tick(5 * MINUTE);
      expect(cloud.seen("connect").pop().at - at).toBeGreaterThan(44 * MINUTE);
      expect(cloud.refusals).toBe(0);
    });

    test("an expired token: a new one, and no registration", () => {
      const { cloud, device } = start();
      device.tick(1000);
      device.offline();
      device.tick(100 * MINUTE);
      // While it slept the timers slept too.
      device.offline(false);
      device.tick(5 * MINUTE);
      expect(cloud.device()).toBeDefined();
      expect(cloud.refusals).toBe(0);
    });

    test("another client with the id: told, and slowed down", () => {
      const { cloud, device, has } = start();
      device.tick(1000);
      for (let second = 0; second < 600; second++) {
        // The other one comes back at once, each time.
        if (cloud.device()) cloud.device().close();
        device.tick(1000);
      }
      expect(has("error conflict: dropped")).toBeGreaterThan(0);
      expect(cloud.connects).toBeLessThan(60);
    });

    test("the hub is gone: after a quarter of an hour the device registers again", () => {
      const { cloud, device } = start();
      device.tick(1000);
      cloud.connacks = Array(1000).fill(3);
      cloud.device().close();
      device.tick(40 * MINUTE);
      expect(cloud.registrations).toBeGreaterThan(1);
    });
  });

  describe("10 the clock", () => {
    const at = (now) => ({ device: { now } });
    test.each([
      ["1970", 0],
      ["2000", Date.UTC(2000, 0, 1)],
      ["946684800", 946684800],
    ])("unset (%s), nobody tells the time: error clock, nothing signed", (_name, now) => {
      // prettier-ignore
      const { cloud, device, has } = start(at(now));
      device.tick(MINUTE);
      expect(has("error clock: ")).toBeGreaterThan(0);
      expect(cloud.seen("connect")).toEqual([]);
    });

    const REAL = Date.UTC(2026, 5, 1, 12);
    const later = (cloud) => {
      const { clock } = cloud;
      cloud.clock = { now: () => clock.now() + REAL };
    };

    test("unset: SNTP tells it; what was measured before gets its time afterwards", () => {
      const { cloud, device } = start({ ...at(0), script: later });
      device.tick(1000);
      device.run("c.sendTelemetry({ early: 1 });");
      device.tick(20000);
      expect(cloud.seen("connect")).toEqual([]);
      device.net.udp(123, (bytes, answer) => {
        const seconds = Math.floor((device.clock.now() + REAL) / 1000) + 2208988800;
        const time = Buffer.alloc(8);
        time.writeUInt32BE(seconds, 0);
        answer("\x24\x01" + "\0".repeat(38) + time.toString("latin1"));
      });
      device.net.name("pool.ntp.org");
      device.tick(2 * MINUTE);
      expect(cloud.refusals).toBe(0);
      const stamp = decodeURIComponent(/creation-time-utc=([^&]*)/.exec(cloud.telemetry[0].bag)[1]);
      expect(Math.abs(Date.parse(stamp) - REAL)).toBeLessThan(2000);
    });

    test("unset: the Date of HTTPS is taken where SNTP is not answered", () => {
      const { cloud, device } = start({ ...at(0), options: { ntp: "" }, script: later });
      const asked = [];
      device.net.serve(443, (peer) => {
        peer.onData = (bytes) => {
          asked.push(peer.link.host + " " + bytes.split("\r\n")[0]);
          peer.write(
            "HTTP/1.1 404 Not Found\r\nDate: " + new Date(device.clock.now() + REAL).toUTCString() + "\r\nContent-Length: 0\r\n\r\n",
          );
        };
      });
      device.tick(2 * MINUTE);
      expect(asked).toEqual([DPS + " HEAD / HTTP/1.1"]);
      expect(cloud.device()).toBeDefined();
      expect(cloud.refusals).toBe(0);
    });

    test.each([-10, 10])("%i minutes wrong", (minutes) => {
      const { cloud, device } = start({
        script: (cloud) => {
          const { clock } = cloud;
          cloud.clock = { now: () => clock.now() - minutes * MINUTE };
        },
      });
      device.tick(3 * 60 * MINUTE);
      expect(cloud.refusals).toBe(0);
      expect(cloud.seen("connect").length).toBeGreaterThan(3);
    });

    test("past 2038 and 2106", () => {
      for (const year of [2039, 2107]) {
        const { cloud, device } = start(at(Date.UTC(year, 0, 1)));
        device.tick(2 * 60 * MINUTE);
        expect(cloud.refusals).toBe(0);
        expect(cloud.device()).toBeDefined();
      }
    });
  });
};
