"use strict";
/** Windows and rules of an edge device. */
const { describe, expect, test } = require("@jest/globals");
const { sample, n, flat, family, beginner } = require("./iotconnect-start");

module.exports = ({ start }) => {
  const begin = beginner(start);

  describe("README", () => {
    test("edge: what no window takes is a fault, the parts of an object too", () => {
      const att = [
        { p: "gyro", dt: 2, agt: 63, tw: "10s", tg: "", d: [n("x", { agt: 63 }), n("y", { dv: "1to2" }), n("label", { dt: 1 })] },
      ];
      const it = begin(att, { cloud: { edge: 1 } });
      it.send(sample("dev1", { gyro: { x: 1, y: 5, label: "abc" } }));
      it.pass(11000);
      expect(it.cloud.of(1).map((m) => m.d[0].d)).toEqual([[{ gyro: { y: "5", label: "abc" } }]]);
      expect(it.cloud.of(2).map((m) => m.d[0].d)).toEqual([[{ gyro: { x: [1, 1, 1, 1, 1, 1] } }]]);
    });

    test("edge: windows end at whole multiples of their length, also when the clock was set late or is set back", () => {
      const att = flat(n("a", { agt: 16, tw: "10s" }), n("b", { agt: 16, tw: "1m" }));
      const it = begin(att, { cloud: { edge: 1 }, device: { now: Date.UTC(2026, 0, 1, 12, 0, 7) } });
      const ends = (name) => it.cloud.elements(2).filter((e) => e.d[0][name]).map((e) => e.dt); // prettier-ignore
      const measure = (seconds) => {
        for (let s = 0; s < seconds; s++) it.send(sample("dev1", { a: 1, b: 1 })).pass(980);
      };
      measure(120);
      expect(ends("a").length).toBeGreaterThan(10);
      expect(ends("b").length).toBeGreaterThan(0);
      for (const end of ends("a")) expect(Date.parse(end) % 10000).toBeLessThan(50);
      for (const end of ends("b")) expect(Date.parse(end) % 60000).toBeLessThan(50);
      const counts = it.cloud.elements(2).flatMap((e) => e.d[0].a || []);
      for (const count of counts.slice(1)) expect([9, 10, 11]).toContain(count);
      it.clear().run(`setTime(${it.device.clock.now() / 1000 - 86403});`);
      measure(60);
      for (const count of it.cloud.elements(2).flatMap((e) => e.d[0].a || [])) expect(Math.abs(count - 10)).toBeLessThan(6);
    });

    test("edge: aggregates and rules, of a gateway too", () => {
      const att = flat(n("temp", { tg: "child", agt: 63, tw: "10s" }), n("rssi", { tg: "gw", agt: 32, tw: "10s" }));
      const r = [{ g: "rg", es: "es", con: "child#temp > 25 AND gw#rssi < -50 OR child#temp > 90", cmd: "fan on" }];
      const it = begin(att, { cloud: { edge: 1, devices: family(), uniqueId: "gw1" }, template: { r } });
      it.send(sample("gw1", { rssi: -60 }), sample("c1", { temp: 30 }), sample("c2", { temp: 20 }));
      expect(it.told("device").pop()).toMatchObject({ command: "fan on", uniqueId: "c1", ackId: null });
      it.pass(11000);
      expect(it.cloud.of(2).flatMap((m) => m.d.map((e) => [e.id, e.d[0]]))).toEqual(expect.arrayContaining([["c1", { temp: [30, 30, 30, 30, 1, 30] }], ["c2", { temp: [20, 20, 20, 20, 1, 20] }], ["gw1", { rssi: [-60] }]])); // prettier-ignore
      expect(it.cloud.of(3)).toHaveLength(1);
      // Attributes that change do not lose what is open; neither does the end.
      it.send(sample("c1", { temp: 31 }));
      it.cloud.template.att = flat(n("temp", { tg: "child", agt: 16, tw: "1h" }));
      it.cloud.command("0x10");
      it.pass(3000);
      expect(it.cloud.of(2).pop().d[0].d[0].temp[5]).toBe(31);
      it.send(sample("c2", { temp: 32 }))
        .run("sdk.dispose();")
        .pass(1000);
      expect(it.cloud.of(2).pop().d[0]).toMatchObject({ id: "c2", d: [{ temp: [1] }] });
    });
  });
};
