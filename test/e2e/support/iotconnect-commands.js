"use strict";
/** Commands: given, acknowledged, or that nobody takes. */
const { describe, expect, test } = require("@jest/globals");
const { sample, n, flat, beginner } = require("./iotconnect-start");

module.exports = ({ start }) => {
  const begin = beginner(start);

  describe("README", () => {
    test("commands and updates are acknowledged", () => {
      const it = start();
      it.run(`R("ack", sdk.sendAck({ ackId: "a", st: 6, msg: "done", childId: "" }, 5, function (e, how) { R("how", how); }));`);
      it.run(`sdk.sendAck({ ackId: "b", st: 4 }, 11);`);
      expect(it.cloud.of(5)[0]).toMatchObject({ uniqueId: "dev1", d: { ackId: "a", st: 6, msg: "done", childId: "" } });
      expect(it.cloud.of(11)[0].d).toEqual({ ackId: "b", st: 4 });
      expect(it.told("how")).toEqual(["sent"]);
      for (const call of [`sdk.sendAck({ ackId: "a", st: 6 }, 6)`, `sdk.sendAck(undefined, 5)`, `sdk.sendAck({}, 5)`])
        it.run(`try { ${call}; } catch (e) { print("R thrown " + said(e)); }`);
      expect(it.has("thrown config: sendAck")).toBe(3);
    });
  });

  describe("on top", () => {
    test("a command that nobody acknowledges in time is acknowledged as failed; one that was is not", () => {
      const it = start({ options: { commandTimeout: 30 } });
      it.cloud.command("0x01", { command: "slow", ack: true, ackId: "k1" });
      it.cloud.command("0x01", { command: "quick", ack: true, ackId: "k2" });
      it.cloud.command("0x01", { command: "no answer wanted", ack: false, ackId: null });
      it.pass(10000).run(`sdk.sendAck({ ackId: "k2", st: 6 }, 5);`);
      it.pass(19000);
      expect(it.cloud.of(5).map((m) => [m.d.ackId, m.d.st])).toEqual([["k2", 6]]);
      it.pass(60000);
      expect(it.cloud.of(5).map((m) => [m.d.ackId, m.d.st, m.d.msg])).toEqual([["k2", 6, undefined], ["k1", 4, "no answer in time"]]); // prettier-ignore
      it.cloud.command("0x01", { command: "slow", ack: true, ackId: "k3" });
      it.pass(1000).run("sdk.dispose();").pass(60000);
      expect(it.device.alive).toEqual({ timers: 0, sockets: 0 });
      expect(it.cloud.of(5)).toHaveLength(2);
    });

    test("a command nobody takes is acknowledged as failed; the same one comes only once", () => {
      const it = start({ options: { DeviceCallback: false } });
      it.cloud.command("0x01", { command: "x", ack: true, ackId: "k1" });
      it.cloud.command("0x01", { command: "x", ack: true, ackId: "k1" });
      it.cloud.command("0x01", { command: "x", ack: false, ackId: null });
      it.pass(100);
      expect(it.cloud.of(5).map((m) => m.d.ackId)).toEqual(["k1"]);
      it.run(`sdk.on("command", function (d) { R("event", d.ackId); });`);
      it.cloud.command("0x01", { command: "x", ack: true, ackId: "k2" });
      it.pass(100);
      expect(it.told("event")).toEqual(["k2"]);
    });

    test("commands by their first word: those that have a listener go there, a rule's too, and nobody takes the others", () => {
      const r = [{ g: "g", es: "e", con: "temp > 0", cmd: "led rule" }];
      const it = begin(flat(n("temp", { agt: 16, tw: "1h" })), {
        cloud: { edge: 1 },
        template: { r },
        options: { DeviceCallback: false },
        setup: `sdk.on("command:led", function (d) { R("led", d.command); if (d.ackId) sdk.sendAck({ ackId: d.ackId, st: 6, msg: "" }, 5); });`,
      });
      it.cloud.command("0x01", { command: "led on", ack: true, ackId: "k1" });
      it.cloud.command("0x01", { command: "led", ack: true, ackId: "k2" });
      it.cloud.command("0x01", { command: "fan on", ack: true, ackId: "k3" });
      it.cloud.command("0x01", { ack: true, ackId: "k4" });
      it.pass(100).send(sample("dev1", { temp: 1 }));
      expect(it.told("led")).toEqual(["led on", "led", "led rule"]);
      expect(it.cloud.of(5).map((m) => [m.d.ackId, m.d.st])).toEqual([["k1", 6], ["k2", 6], ["k3", 4], ["k4", 4]]); // prettier-ignore
      expect(it.device.errors).toEqual([]);
    });

    test("message 2.1: a module command that nobody takes, or acknowledges in time, is acknowledged as failed in its own way", () => {
      const urls = [{ url: "https://h/m" }];
      const it = start({ cloud: { version: "2.1" }, options: { DeviceCallback: false } });
      it.cloud.send({ ct: 2, cmd: "module", ack: "m-1", urls });
      it.pass(1000);
      const slow = start({ cloud: { version: "2.1" }, options: { commandTimeout: 5 } });
      slow.cloud.send({ ct: 2, cmd: "module", ack: "m-2", urls });
      slow.cloud.send({ ct: 0, cmd: "on", ack: "m-3" });
      slow.pass(10000);
      expect([...it.cloud.of("ack"), ...slow.cloud.of("ack")].map((m) => m.d)).toEqual([
        { ack: "m-1", type: 2, st: 1, msg: "nobody takes it" },
        { ack: "m-2", type: 2, st: 1, msg: "no answer in time" },
        { ack: "m-3", type: 0, st: 1, msg: "no answer in time" },
      ]);
    });
  });
};
