"use strict";
/** The connection: who proves it, how it is told, and how it ends. */
const { describe, expect, test } = require("@jest/globals");
const { createHmac } = require("node:crypto");
const { sample, n, flat, beginner } = require("./iotconnect-start");

const MINUTE = 60000;
const PEM = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----";

module.exports = ({ start, KEY }) => {
  const begin = beginner(start);

  describe("README", () => {
    test.each([
      ["that the platform does not know", "true", [1], []],
      ["that has lost its key", "false", [], []],
      ["whose tokens the hub refuses again and again", "true", [], [5, 5, 5]],
    ])("TPM: a chip %s enrols the device, then signs for it", (_what, key, answers, refusals) => {
      const tpm = () => `{ sign: function (bytes, done) {
          if (!keyed) return setTimeout(done, 30, { code: "refused", message: "rc 0x18b", rc: 0x18b });
          setTimeout(done, 30, undefined, atob(signer(bytes))); },
        register: function (scope, id, done) { keyed = true; R("register", [scope, id]); setTimeout(done, 1000); } }`;
      const text = encodeURIComponent("hub.sim.test/devices/acme01-dev1");
      const table = {};
      for (let s = 0; s < 180; s++) {
        const bytes = `${text}\n${Date.UTC(2026, 0, 1) / 1000 + 3600 + s}`;
        table[bytes] = createHmac("sha256", Buffer.from(KEY, "base64")).update(bytes).digest("base64");
      }
      const it = start({
        cloud: { at: 4 },
        options: { scopeId: "0ne00012345", devicePrimaryKey: undefined, tpm },
        before: `var keyed = ${key}, table = ${JSON.stringify(table)}; function signer(bytes) { return table[bytes]; }`,
        script: (cloud) => {
          cloud.script("sync", answers);
          cloud.hub.script("connect", refusals);
        },
        ms: 5000,
      });
      it.pass(refusals.length * 20000);
      // As long as the hub refuses, each attempt enrols anew; how many there are is up to chance.
      const [first, ...others] = it.told("register");
      expect(first).toEqual(["0ne00012345", "acme01-dev1"]);
      if (!refusals.length) expect(others).toEqual([]);
      expect(it.has("connect")).toBe(1);
    });

    test("connection status: every change, once", () => {
      const it = start();
      it.device.links[0].reset();
      it.pass(10000);
      it.run("sdk.dispose();").pass(1000);
      expect(it.told("device").map((d) => [d.cmdType, d.command])).toEqual([["0x16", true], ["0x16", false], ["0x16", true], ["0x16", false]]); // prettier-ignore
    });

    test.each(["all", "c2d", "none"])("subscribed to once on every connection, when of the session the hub keeps %s", (sessions) => {
      const it = start({ options: { MethodCallback: () => "function (name, payload, answer) { answer(200); }" } });
      const filters = () =>
        it.cloud.azure.packets.filter((p) => p.packet === "SUBSCRIBE").flatMap((p) => p.subscriptions.map((s) => s.topic));
      const all = filters().sort();
      expect([...new Set(all)]).toEqual(all);
      expect(all).toHaveLength(4);
      it.cloud.hub.sessions = sessions;
      it.cloud.azure.packets.length = 0;
      it.device.links[0].reset();
      it.pass(10000);
      expect(filters().sort()).toEqual(all);
      it.cloud.command("0x01", { command: "heard", ackId: "h" });
      it.cloud.hub.twin(it.cloud.id).patch({ interval: 46 });
      it.pass(100);
      expect(it.has("heard")).toBe(1);
      expect(it.told("twin").pop().desired.interval).toBe(46);
    });

    test("hard stop: all ends, also after a restart, until it is let in", () => {
      const it = begin(flat(n("t")));
      it.device.links[0].reset();
      it.pass(1);
      it.send(sample("dev1", { t: 1 })).pass(2000);
      it.cloud.command("0x99");
      it.pass(1000);
      expect(it.has("barred")).toBe(1);
      it.send(sample("dev1", { t: 2 }));
      expect(it.lines().slice(-2)).toEqual(['done "offline: barred"', "sent false"]);
      expect(it.device.alive).toEqual({ timers: 0, sockets: 0 });
      it.device.restart({ blank: true });
      it.clear().boot();
      expect(it.lines()).toEqual(["error refused: barred by the cloud: option unbar lets the device in again"]);
      it.device.restart({ blank: true });
      it.clear();
      it.device.run(it.app.replace("var options = {", "var options = { unbar: true, "));
      it.pass(2000);
      expect(it.has("connect")).toBe(1);
      expect(it.cloud.messages).toEqual([]);
    });

    test("the device disconnects", () => {
      const it = begin(flat(n("t")));
      it.run(`R("first", sdk.dispose(function () { R("gone"); })); R("second", sdk.dispose());`).pass(1000);
      expect(it.lines().slice(-5)).toEqual(["first true", "second false", expect.stringContaining('"command":false'), "close", "gone"]);
      it.pass(10 * MINUTE);
      expect(it.device.alive).toEqual({ timers: 0, sockets: 0 });
      it.send(sample("dev1", { t: 1 }));
      expect(it.lines().slice(-2)).toEqual(['done "offline: disposed"', "sent false"]);
    });

    test("disposed of in the turn in which it is connected: no `connect` any more", () => {
      const it = begin(flat(n("t")), { ms: 0 });
      for (let i = 0; i < 400 && !it.has("connect"); i++) {
        // The event itself comes a turn after CONNACK.
        if (it.cloud.azure.packets.some((p) => p.packet === "CONNACK")) break;
        it.pass(1);
      }
      it.run(`sdk.dispose(); R("disposed");`).pass(5000);
      expect(it.lines().slice(it.lines().indexOf("disposed"))).not.toContain("connect");
      expect(it.device.alive).toEqual({ timers: 0, sockets: 0 });
    });
  });

  describe("on top", () => {
    test("type 1: the token of the cloud", () => {
      const it = start({ cloud: { at: 1 }, options: { devicePrimaryKey: undefined } });
      expect(it.has("connect")).toBe(1);
    });

    test.each([2, 3])("type %i: a certificate", (at) => {
      const pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----";
      const it = start({ cloud: { at }, options: { devicePrimaryKey: undefined, certificate: { SSLKeyPath: pem, SSLCertPath: pem } } });
      expect(it.has("connect")).toBe(1);
      const bare = start({ cloud: { at }, options: { devicePrimaryKey: undefined } });
      expect(bare.lines()).toEqual([`error config: authentication type ${at} needs option certificate`]);
      bare.pass(10 * MINUTE);
      expect(bare.cloud.requests).toHaveLength(2);
    });

    test("type 5: the token is renewed before it ends, nothing is lost; no user name in the answer", () => {
      const it = begin(flat(n("t")), { options: { tokenLifetime: 600 }, script: (cloud) => (cloud.username = "") });
      for (let t = 0; t < 60; t++) it.send(sample("dev1", { t })).pass(MINUTE);
      expect(it.cloud.of(0).map((m) => m.d[0].d[0].t)).toEqual(Array.from({ length: 60 }, (_, t) => t));
      expect(it.cloud.azure.closed).toEqual([]);
      expect(it.cloud.azure.packets.filter((p) => p.packet === "CONNECT").length).toBeGreaterThan(6);
    });

    test("a connection made anew has a token of its own, which is not renewed before its time", () => {
      const it = start({ ms: 44 * MINUTE });
      it.cloud.hub.device(it.cloud.id).wire.close("dropped");
      it.pass(MINUTE);
      const made = it.has("connect");
      it.pass(43 * MINUTE);
      expect(it.has("connect")).toBe(made);
      it.pass(3 * MINUTE);
      expect(it.has("connect")).toBe(made + 1);
      expect(it.lines().filter((line) => /^error auth/.test(line))).toEqual([]);
    });

    test("message 2.1 on AWS: no topic, user name or question that only an IoT Hub knows", () => {
      const aws = (more) => begin(flat({ ...n("t"), dt: 3 }), { cloud: { version: "2.1", at: 2, platform: "aws" }, options: { platform: "aws", key: PEM, cert: PEM, MethodCallback: () => "function () {}" }, ...more }); // prettier-ignore
      const it = aws();
      it.send(sample("dev1", { t: 1 }));
      it.run(`sdk.getAllTwins(function (e) { R("twin? " + said(e)); });`);
      it.run(`R("given", sdk.updateTwin("a", 1, function (e) { R("twin! " + said(e)); }));`);
      expect(it.cloud.of("rpt").map((m) => m.d[0].d)).toEqual([{ t: 1 }]);
      expect(it.lines().slice(-3)).toEqual(["twin? config: twin: not on AWS", "twin! config: twin: not on AWS", "given false"]);
      expect(JSON.stringify(it.cloud.azure.packets)).not.toContain("$iothub");
      const nameless = aws({ script: (cloud) => (cloud.username = "") });
      expect(nameless.cloud.azure.packets.find((p) => p.packet === "CONNECT").username).toBe(null);
    });
  });
};
