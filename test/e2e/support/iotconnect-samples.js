"use strict";
/** Samples of a device and of a gateway: before the first sync, at their pace, as they are listed. */
const { describe, expect, test } = require("@jest/globals");
const { TIME, sample, n, flat, family, beginner } = require("./iotconnect-start");

module.exports = ({ start }) => {
  const begin = beginner(start);

  describe("README", () => {
    test("telemetry is sent, commands are received", () => {
      const it = begin(flat(n("temperature")));
      it.send(sample("dev1", { temperature: 15.55 }));
      expect(it.lines().slice(-2)).toEqual(["sent true", 'done "sent"']);
      expect(it.cloud.of(0)[0].d).toEqual([{ id: "dev1", dt: TIME, tg: "", d: [{ temperature: 15.55 }] }]);
      const mail = it.cloud.command("0x01", { command: "led on", ack: true, ackId: "a-1" });
      it.pass(100);
      expect(it.told("device")[1]).toMatchObject({ command: "led on", ackId: "a-1", cmdType: "0x01" });
      expect(mail.outcome).toBe("completed");
    });

    test("samples before the first sync wait for it, 20 calls of them, checked and in order", () => {
      const setup = `for (var i = 0; i < 22; i++) (function (i) { R("early", sdk.sendData([{ uniqueId: "dev1", time: "${TIME}", data: { t: i, x: i } }], function (e, how) { R("early" + i, e ? said(e) : how); })); })(i);`;
      const it = begin(flat(n("t")), { setup, script: (cloud) => cloud.script("sync", ["drop"]), ms: 100 });
      expect(it.told("early")).toEqual([...Array(20).fill(true), false, false]);
      expect(it.told("early20")).toEqual(["limit: 20 calls wait for the identity"]);
      expect(it.told("early19")).toEqual([]);
      it.run(`R("lost", sdk.status().lost);`).pass(20000);
      expect(it.told("lost")).toEqual([2]);
      expect(it.told("early0").concat(it.told("early19"))).toEqual(["stored", "stored"]);
      expect(it.cloud.of(0).map((m) => m.d[0].d[0].t)).toEqual([...Array(20).keys()]);
      expect(it.cloud.of(1)[0].d[0].d[0]).toEqual({ x: 0 });
      expect(it.cloud.faults).toEqual([]);
    });

    test("samples that wait for the first sync have the time of the call, and are the caller's own no more", () => {
      const setup = `var list = [{ uniqueId: "dev1", data: { t: 1 } }]; sdk.sendData(list); list[0] = 5; list.push(7);`;
      const it = begin(flat(n("t")), { setup, script: (c) => c.script("sync", ["drop"]), ms: 100 });
      const now = it.device.clock.now();
      it.pass(20000);
      expect(it.cloud.of(0)).toHaveLength(1);
      expect(Math.abs(Date.parse(it.cloud.of(0)[0].d[0].dt) - now)).toBeLessThan(1000);
    });

    test.each([true, false])(
      "message 2.1: samples wait until attributes and children are told, which come after the identity; cache %p",
      (cache) => {
        const list = [sample("dev1", { t: 1 }), sample("c1", { u: 2 })];
        const setup = `R("early", sdk.sendData(${JSON.stringify(list)})); sdk.on("connect", function () { sdk.sendData(${JSON.stringify(list)}); });`;
        const att = flat(n("t", { dt: 3, tg: "gw" }), n("u", { dt: 3, tg: "ch" }));
        const devices = [{ id: "dev1", tg: "gw" }, { id: "c1", tg: "ch" }]; // prettier-ignore
        const it = begin(att, { cloud: { version: "2.1", devices }, options: { cache }, setup, ms: 5000 });
        expect(it.lines().filter((line) => /^error/.test(line))).toEqual([]);
        expect(it.cloud.of("flt")).toEqual([]);
        expect(it.cloud.of("rpt").map((m) => m.d.map((e) => e.d))).toEqual([[{ t: 1 }, { u: 2 }], [{ t: 1 }, { u: 2 }]]); // prettier-ignore
        // Without its last child it is a gateway all the same.
        it.run(`sdk.deleteChild("c1");`)
          .pass(500)
          .send(sample("dev1", { t: 3 }));
        expect(it.cloud.of("rpt").pop().d[0].d).toEqual({ t: 3 });
      },
    );

    test("samples that wait for the first sync are refused when it is disposed of", () => {
      const setup = `sdk.sendData([{ uniqueId: "dev1", data: { t: 1 } }], function (e) { R("early " + said(e)); }); sdk.dispose();`;
      const it = begin(flat(n("t")), { setup });
      expect(it.lines()).toContain("early offline: disposed");
    });

    test("a gateway with children", () => {
      const it = begin(flat(n("rssi", { tg: "gw" }), n("temp", { tg: "child" })), { cloud: { devices: family(), uniqueId: "gw1" } });
      it.send(sample("gw1", { rssi: -60 }), sample("c1", { temp: 1 }), sample("c2", { temp: 2 }), sample("c9", { temp: 3 }));
      expect(it.cloud.of(0)[0].d.map((e) => [e.id, e.tg, e.d[0]])).toEqual([["gw1", "gw", { rssi: -60 }], ["c1", "child", { temp: 1 }], ["c2", "child", { temp: 2 }]]); // prettier-ignore
      expect(it.has("error config: sendData: there is no device c9")).toBe(1);
      it.cloud.devices.push({ id: "c9", tg: "child" });
      it.cloud.command("0x13");
      it.pass(3000);
      it.send(sample("c9", { temp: 3 }));
      expect(it.cloud.of(0)[1].d[0]).toMatchObject({ id: "c9", tg: "child" });
    });

    test("data frequency: per device, faults and acknowledgements pass, edge devices are free", () => {
      const att = flat(n("t", { tg: "child" }));
      const it = begin(att, { cloud: { sc: { sf: 1, df: 30 }, devices: family(), uniqueId: "gw1" } });
      it.send(sample("c1", { t: 1 }))
        .send(sample("c1", { t: 2 }))
        .send(sample("c2", { t: 3 }))
        .send(sample("c1", { t: "x" }))
        .pass(31000);
      it.send(sample("c1", { t: 4 }));
      expect(it.cloud.of(0).map((m) => m.d[0].d[0].t)).toEqual([1, 3, 4]);
      expect(it.cloud.of(1)).toHaveLength(1);
      expect(it.lines().filter((line) => line.startsWith("done"))[1]).toBe('done "held"');
    });

    test.each([[null], [""], ["x"], [[]], [false]])("data frequency: %j is none, the one before stays", (df) => {
      const it = begin(flat(n("t")), { cloud: { sc: { sf: 15, df: 60 } } });
      it.cloud.send({ cmdType: "0x17", data: { df } });
      it.pass(100);
      for (let t = 0; t < 3; t++) it.send(sample("dev1", { t }));
      expect(it.cloud.of(0)).toHaveLength(1);
      const other = begin(flat(n("t")), { cloud: { sc: { sf: 15, df } } });
      for (let t = 0; t < 3; t++) other.send(sample("dev1", { t }));
      expect(other.cloud.of(0)).toHaveLength(1);
    });

    test("several samples of a device in one call are one message, each with its time; the data frequency counts calls", () => {
      const at = (second) => `2021-01-24T10:06:${second}.000Z`;
      const several = (from) => [0, 1, 2].map((k) => ({ uniqueId: "dev1", time: at(from + k), data: { t: from + k } }));
      const it = begin(flat(n("t")), { cloud: { sc: { sf: 1, df: 30 } } });
      it.send(...several(10), sample("dev1", { t: "x" }))
        .send(...several(20))
        .pass(31000);
      it.send(...several(30));
      expect(it.cloud.of(0).map((m) => m.d.map((e) => [e.dt, e.d[0].t]))).toEqual(
        [10, 30].map((from) => [0, 1, 2].map((k) => [at(from + k), from + k])),
      );
      expect(it.cloud.of(1)).toHaveLength(1);
    });

    test("attributes of all devices", () => {
      const it = begin(flat(n("t", { tg: "child", dv: "0to5", agt: 63, tw: "10s" })), {
        cloud: { devices: family(), uniqueId: "gw1", edge: 1 },
      });
      it.run(`R("list", sdk.getAttributes());`);
      const t = { ln: "t", dt: "NUMBER", dv: "0to5", agt: 63, tw: "10s" };
      expect(it.told("list")[0].map((e) => [e.device.id, e.attributes])).toEqual([["gw1", []], ["c1", [t]], ["c2", [t]]]); // prettier-ignore
    });
  });

  describe("on top", () => {
    test("texts with every kind of letter", () => {
      const it = begin(flat(n("text", { dt: 1 })));
      const text = 'é€😀\u2028"\\';
      it.send(sample("dev1", { text: "x" }));
      it.device.run(
        `sdk.sendData([{ uniqueId: "dev1", time: "${TIME}", data: { text: ${it.device.unicode === false ? JSON.stringify(Buffer.from(text).toString("latin1")) : JSON.stringify(text)} } }]);`,
      );
      it.pass(100);
      expect(it.cloud.faults).toEqual([]);
      expect(it.cloud.of(0)).toHaveLength(2);
    });
  });
};
