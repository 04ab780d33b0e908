"use strict";
/** What docs and examples show. */
const { describe, expect, test } = require("@jest/globals");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { n, flat, children, beginner } = require("./iotconnect-start");

module.exports = ({ start, KEY }) => {
  const begin = beginner(start);

  describe("on top", () => {
    test("the samples of docs/iotconnect.md", () => {
      const docs = readFileSync(join(__dirname, "../../../docs/iotconnect.md"), "utf8");
      const [first, second] = [...docs.matchAll(/```js\n([^]*?)```/g)].map((m) => m[1]);
      const it = begin(flat(n("temperature")), { cloud: { uniqueId: "sensor-1" }, ms: 0 });
      it.device.restart({ blank: true });
      it.clear().device.run(
        first
          .replace("company code", "acme01")
          .replace("…", KEY)
          .replace(/[\u0080-\uffff]/g, ".")
          .replace(/console\.log/g, "print")
          .replace("// how:", "print(how); //"),
      );
      it.pass(5000);
      expect(it.cloud.elements(0).map((e) => e.d[0])).toEqual([{ temperature: 21.5 }]);
      it.cloud.command("0x01", { command: "x", ackId: "k" });
      it.pass(1000);
      expect(it.cloud.of(5).map((m) => m.d)).toEqual([{ ackId: "k", st: 6, msg: "done" }]);
      expect(it.device.log).toEqual(["stored"]);
      it.device.run('function sleep() { print("asleep"); } ' + second);
      it.device.links[0].reset();
      it.pass(20000);
      expect(it.device.log.slice(-1)).toEqual(["asleep"]);
      expect(it.device.errors).toEqual([]);
    });

    test.each([
      ["", { uniqueId: "sensor-1" }, flat(n("temperature"))],
      ["-gateway", { uniqueId: "gateway-1", devices: [{ id: "gateway-1", tg: "gw" }, ...children] }, flat(n("rssi", { tg: "gw" }), n("temp", { tg: "child" }))], // prettier-ignore
      ["-edge", { uniqueId: "edge-1", edge: 1 }, flat(n("temp", { agt: 16, tw: "1m" }))],
    ])("examples/iotconnect%s.js", (name, cloud, att) => {
      const it = begin(att, { cloud, template: { r: cloud.edge ? [{ g: "g", es: "e", con: "temp > 0", cmd: "fan on" }] : null }, ms: 0 });
      it.device.restart({ blank: true });
      const text = readFileSync(join(__dirname, `../../../examples/iotconnect${name}.js`), "utf8");
      it.clear().device.run(text.replace("your company code", "acme01").replace("base64 of the primary key", KEY).replace(/console\.log/g, "print")); // prettier-ignore
      it.pass(125000);
      if (cloud.edge) {
        expect(it.cloud.elements(2).map((e) => e.d[0].temp[0])).toEqual([expect.any(Number), expect.any(Number)]);
        expect(it.device.log).toContain("rule says fan on");
      } else expect(it.cloud.elements(0).map((e) => e.id)).toEqual(cloud.devices ? ["gateway-1", "c1", "c2", "gateway-1", "c1", "c2"] : Array(3).fill("sensor-1")); // prettier-ignore
      it.cloud.command("0x01", { command: "x", ackId: "k" });
      const urls = ["gateway-1", "c1"].map((uniqueId) => ({ url: "https://h/a", uniqueId }));
      it.cloud.command("0x02", { command: "ota", ackId: "u", urls });
      it.pass(1000);
      expect(it.device.log.filter((line) => /command/.test(line))).toHaveLength(1);
      expect(it.cloud.of(5)).toHaveLength(cloud.edge ? 0 : 1);
      expect(it.cloud.of(11).map((m) => [m.d.st, m.d.childId])).toEqual(cloud.devices ? [[4, "gateway-1"], [4, "c1"]] : []); // prettier-ignore
      expect([it.cloud.faults, it.device.errors, it.device.log.filter((line) => /error|config|protocol/.test(line))]).toEqual([[], [], []]);
    });
  });
};
