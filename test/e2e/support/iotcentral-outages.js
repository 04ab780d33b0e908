"use strict";
/* global describe, expect, test */
/** Hours without a network, and many devices that come back at once. */
const { starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function outages(createDevice) {
  const start = starter(createDevice);

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
};
