"use strict";
/** Updates over the air: installed, acknowledged, or refused. */
const { describe, expect, test } = require("@jest/globals");
const { OTA, family } = require("./iotconnect-start");

module.exports = ({ start }) => {
  describe("README", () => {
    test("firmware over the air: installed, restarted, acknowledged by the new program", () => {
      const it = start({ before: OTA, options: { ota: () => "ota" } });
      it.cloud.command("0x02", {
        command: "ota",
        ack: true,
        ackId: "u-1",
        ver: { sw: "1.1", hw: "1" },
        urls: [{ url: "https://host/fw.ota", uniqueId: "dev1" }],
      });
      it.pass(1000);
      expect(it.told("update")).toEqual(["https://host/fw.ota"]);
      expect(it.has("restart")).toBe(1);
      expect(it.cloud.of(11)).toEqual([]);
      it.device.restart({ blank: true });
      it.clear().boot();
      expect(it.cloud.of(11).map((m) => m.d)).toEqual([{ ackId: "u-1", st: 7, msg: "1.1", childId: "" }]);
      // The same command may come once more.
      it.cloud.command("0x02", { command: "ota", ackId: "u-1", urls: ["https://host/fw.ota"] });
      it.pass(1000);
      expect(it.told("update")).toEqual([]);
    });

    test("firmware over the air: on trial, then confirmed; what fails is acknowledged as failed", () => {
      const it = start({ before: OTA, options: { ota: () => "ota" } });
      it.cloud.command("0x02", { command: "ota https://host/fw.ota", ackId: "u-2", urls: ["https://host/fw.ota"] });
      it.pass(1000);
      it.device.restart({ blank: true });
      it.device.log.length = 0;
      it.cloud.messages.length = 0;
      it.device.run(it.app.replace("trial: false", "trial: true"));
      it.pass(2000);
      expect(it.cloud.of(11)).toEqual([]);
      it.run(`ota.trial = false; ota.handlers.applied();`);
      expect(it.cloud.of(11)[0].d).toMatchObject({ ackId: "u-2", st: 7 });
      it.cloud.command("0x02", { command: "ota", ackId: "u-3", urls: [{ url: "https://host/bad.ota", tag: "" }] });
      it.pass(1000);
      expect(it.cloud.of(11)[1].d).toMatchObject({ ackId: "u-3", st: 4, msg: "the signature is wrong" });
    });

    test("firmware over the air: nothing in it for this device, and nobody who takes it, is acknowledged as failed", () => {
      for (const urls of [[], [null], [5], [{ url: 5 }], [{ url: "https://host/fw.ota", uniqueId: "other" }], undefined, { a: 1 }]) {
        const it = start({ before: OTA, options: { ota: () => "ota", DeviceCallback: false } });
        it.cloud.command("0x02", { command: "ota", ackId: "u-1", urls });
        it.pass(1000);
        expect(it.lines().filter((line) => /^(error|update )/.test(line))).toEqual([]);
        expect(it.cloud.of(11).map((m) => m.d)).toEqual([{ ackId: "u-1", st: 4, msg: "nobody takes it", childId: "" }]);
      }
      const it = start({ before: OTA, options: { ota: () => "ota" } });
      it.cloud.command("0x02", { command: "ota", ackId: "u-1", urls: "https://host/fw.ota" });
      it.pass(100);
      expect(it.told("update")).toEqual(["https://host/fw.ota"]);
    });

    test("firmware over the air: an address that is none is acknowledged as failed; the long name of the device is its own too", () => {
      const otaSource = () => `function (url) { if (!/^https/.test(url)) throw { code: "config", message: "url: none" }; return url; }`;
      const it = start({ before: OTA, options: { ota: () => "ota", otaSource } });
      it.cloud.command("0x02", { command: "ota", ackId: "u-1", urls: ["nonsense"] });
      it.pass(1000);
      expect(it.cloud.of(11).map((m) => m.d)).toEqual([{ ackId: "u-1", st: 4, msg: "url: none", childId: "" }]);
      it.cloud.command("0x02", { command: "ota", ackId: "u-2", urls: [{ url: "https://host/fw.ota", uniqueId: "acme01-dev1" }] });
      it.pass(1000);
      expect(it.told("update")).toEqual(["https://host/fw.ota"]);
    });

    test("firmware over the air: a command whose id is a part of that of the installed update is told", () => {
      const it = start({ before: OTA, options: { ota: () => "ota" } });
      it.cloud.command("0x02", { command: "ota", ackId: "u-12", urls: ["https://host/fw.ota"] });
      it.pass(1000);
      it.device.restart({ blank: true });
      it.device.log.length = 0;
      it.device.run(it.app.replace("trial: false", "trial: true"));
      it.pass(2000);
      for (const ackId of ["u-12", "u-1"]) it.cloud.command("0x01", { command: "x", ackId });
      it.pass(1000);
      expect(it.told("device").filter((d) => d.cmdType === "0x01").map((d) => d.ackId)).toEqual(["u-1"]); // prettier-ignore
    });

    test("an update of children: given with its addresses, acknowledged for each", () => {
      const it = start({ cloud: { devices: family(), uniqueId: "gw1" } });
      const urls = [{ url: "https://h/a", uniqueId: "c1", tg: "child" }, { url: "https://h/b", uniqueId: "c2", tg: "child" }]; // prettier-ignore
      it.cloud.command("0x02", { command: "ota", ackId: "u", urls });
      it.pass(100);
      expect(it.told("device").pop().urls).toEqual(urls);
      it.run(`["c1", "c2"].forEach(function (id) { sdk.sendAck({ ackId: "u", st: 7, msg: "", childId: id }, 11); });`);
      expect(it.cloud.of(11).map((m) => m.d.childId)).toEqual(["c1", "c2"]);
    });
  });
};
