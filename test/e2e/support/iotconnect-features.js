"use strict";
/** The list of features of the Python TPM SDK 3.0.1, one test each, and what comes on top. */
const { describe, expect, test } = require("@jest/globals");
const { createHmac } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const TIME = "2021-01-24T10:06:17.857Z";
const MINUTE = 60000;
const PEM = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----";
const sample = (uniqueId, data) => ({ uniqueId, time: TIME, data });
const n = (ln, more) => ({ ln, dt: 0, dv: "", tg: "", agt: 0, tw: "", ...more });
const flat = (...list) => [{ p: "", dt: null, agt: 0, tw: "", tg: "", d: list }];
const OTA = `
function read(name) { return require("Storage").read(name); }
var ota = {
  handlers: {}, trial: false,
  update: function (url, done) { R("update", url); setTimeout(function () { if (/bad/.test(url)) done({ code: "verify", message: "the signature is wrong" }); else { require("Storage").write("ver", "1.1"); done(undefined, "1.1"); } }, 500); },
  status: function () { return { version: read("ver"), trial: ota.trial, ready: false, busy: false }; },
  restart: function () { R("restart"); },
  on: function (event, fn) { ota.handlers[event] = fn; }
};`;

module.exports = ({ start, KEY, node }) => {
  const begin = (att, more = {}) => start({ ...more, cloud: { template: { att, ...more.template }, ...more.cloud } });
  const children = ["c1", "c2"].map((id) => ({ id, tg: "child" }));
  const family = () => [{ id: "gw1", tg: "gw" }, ...children];

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

    test("the twin: received, updated, read; nothing lost without a connection", () => {
      const it = start();
      const twin = it.cloud.hub.twin(it.cloud.id);
      twin.patch({ interval: 45 });
      it.pass(10);
      expect(it.told("twin").pop().desired.interval).toBe(45);
      it.device.links[0].reset();
      it.pass(1);
      it.run(`R("given", sdk.updateTwin("interval", 45, function (e) { R("updated " + said(e)); }));`);
      it.run(`sdk.updateTwin("gone", null);`).pass(10000);
      expect(it.has("updated ok")).toBe(1);
      expect(twin.document.reported.interval).toBe(45);
      it.run(`sdk.getAllTwins(function (e, twin) { R("all", twin); });`);
      expect(it.told("all")[0]).toMatchObject({ desired: { interval: 45 }, reported: { interval: 45 } });
      it.cloud.hub.script("reported", [429, 400]);
      it.run(`sdk.updateTwin("x", 1, function (e) { R("busy " + said(e)); });`).pass(6000);
      expect(it.has("busy refused: twin: 400")).toBe(1);
    });

    test("direct methods of the hub: called with what was sent, answered once; without the option nobody is there", () => {
      const MethodCallback = () =>
        `function (name, payload, answer) { R("method", [name, payload]); if (payload) setTimeout(answer, 50, 200, { n: payload.n + 1 }); else answer(404); }`;
      const it = start({ options: { MethodCallback } });
      const answers = [];
      const call = (name, payload) => it.cloud.hub.invoke(it.cloud.id, name, payload).then((a) => answers.push(a));
      const calls = [call("blink", { n: 1 }), call("none")];
      it.pass(1000);
      expect(it.told("method")).toEqual([["blink", { n: 1 }], ["none", null]]); // prettier-ignore
      return Promise.all(calls)
        .then(() => {
          expect(answers.map((a) => a.status).sort()).toEqual([200, 404]);
          expect(answers.find((a) => a.status === 200).payload).toEqual({ n: 2 });
          expect(it.cloud.faults).toEqual([]);
          const without = start();
          return without.cloud.hub.invoke(without.cloud.id, "blink", {});
        })
        .then((a) => expect(a.status).toBe(404));
    });

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

    test("an update of children: given with its addresses, acknowledged for each", () => {
      const it = start({ cloud: { devices: family(), uniqueId: "gw1" } });
      const urls = [{ url: "https://h/a", uniqueId: "c1", tg: "child" }, { url: "https://h/b", uniqueId: "c2", tg: "child" }]; // prettier-ignore
      it.cloud.command("0x02", { command: "ota", ackId: "u", urls });
      it.pass(100);
      expect(it.told("device").pop().urls).toEqual(urls);
      it.run(`["c1", "c2"].forEach(function (id) { sdk.sendAck({ ackId: "u", st: 7, msg: "", childId: id }, 11); });`);
      expect(it.cloud.of(11).map((m) => m.d.childId)).toEqual(["c1", "c2"]);
    });

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

    test("sleep: measured without a connection, sent at a later wake, which is told when all is with the cloud", () => {
      const sc = { sf: 1, df: 30 };
      const it = begin(flat(n("t")), { cloud: { sc }, setup: `sdk.on("drained", function () { R("drained", sdk.status().stored); });` });
      expect(it.told("drained")).toEqual([0]);
      const asked = it.cloud.requests.length;
      const wake = (t) => {
        it.device.restart({ blank: true });
        it.device.run(`${it.app}
          R("kept", sdk.sendData([${JSON.stringify(sample("dev1", { t }))}, ${JSON.stringify(sample("dev1", { t: t + 0.5 }))}]));
          sdk.dispose(function () { R("asleep"); });`);
        it.pass(1000);
        expect([it.device.alive, it.device.links.length, it.cloud.requests.length]).toEqual([{ timers: 0, sockets: 0 }, 0, asked]);
      };
      it.clear();
      for (let t = 0; t < 5; t++) wake(t);
      expect([it.told("kept"), it.has("asleep"), it.cloud.of(0)]).toEqual([[true, true, true, true, true], 5, []]);
      it.device.restart({ blank: true });
      it.clear().boot({ ms: 5000 });
      expect(it.cloud.elements(0).map((e) => [e.od, e.d[0].t])).toEqual([0, 1, 2, 3, 4].flatMap((t) => [[1, t], [1, t + 0.5]])); // prettier-ignore
      expect(it.told("drained")).toEqual([0]);
    });

    test("a stored record that the queue can never take does not hold up those after it", () => {
      const it = begin(flat(n("t"), { ...n("s"), dt: 1 }), { options: { queueLimit: 700 } });
      it.device.offline();
      it.pass(2 * MINUTE);
      it.send(sample("dev1", { s: "x".repeat(800) })).send(sample("dev1", { t: 2 }));
      it.device.offline(false);
      it.pass(3 * MINUTE);
      expect(it.cloud.of(0).map((m) => m.d[0].d[0].t || m.d[0].d[0].s.length)).toEqual([2]);
      expect(it.has("error limit: a stored record")).toBe(1);
      it.run(`R("left", [sdk.status().stored, sdk.status().lost]);`);
      expect(it.told("left")).toEqual([[0, 1]]);
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

    test("offline storage: kept, replayed in order with od, deleted when the cloud has it", () => {
      const it = begin(flat(n("t")));
      it.device.offline();
      it.pass(2 * MINUTE).clear();
      for (let t = 0; t < 20; t++) it.send(sample("dev1", { t }));
      it.run(`sdk.sendAck({ ackId: "late", st: 6 }, 5);`);
      expect(it.has('done "stored"')).toBe(20);
      it.device.restart({ blank: true });
      it.device.offline(false);
      it.boot({ ms: 10000 });
      expect(it.cloud.elements(0).map((e) => [e.d[0].t, e.od, e.dt])).toEqual(Array.from({ length: 20 }, (_, t) => [t, 1, TIME]));
      expect(it.cloud.of(5)[0]).toMatchObject({ od: 1, d: { ackId: "late" } });
      expect(it.cloud.faults).toEqual([]);
      it.run(`R("left", sdk.status().stored);`);
      expect(it.told("left")).toEqual([0]);
      expect(it.device.storage.list().filter((name) => /^iotc\.\d/.test(name))).toEqual([]);
    });

    test("offline storage: of one kind several go in one message, within `flushBytes`, in order, each with its own time", () => {
      const sizes = { undefined: [1024, 12], 0: [0, 40], 600: [600, 40], 4000: [4000, 8] };
      for (const flushBytes of [undefined, 0, 600, 4000]) {
        const it = begin(flat(n("t")), { options: { flushBytes } });
        it.device.offline();
        it.pass(2 * MINUTE).clear();
        for (let t = 0; t < 40; t++) {
          it.run(`sdk.sendData([{ uniqueId: "dev1", data: ${t === 20 ? "{ x: 1 }" : `{ t: ${t} }`} }]);`);
          if (t % 20 === 10) it.run(`sdk.sendAck({ ackId: "a${t}", st: 6 }, 5);`);
        }
        it.run(`R("stored", sdk.status().stored);`);
        expect(it.told("stored")).toEqual([42]);
        it.device.offline(false);
        it.pass(MINUTE);
        const { messages } = it.cloud;
        const order = messages.map(({ json: m }) => (m.mt === 5 ? m.d.ackId : m.d.map((e) => e.d[0].t ?? e.d[0].x)).toString());
        expect(order.join().split(",")).toEqual([...Array(40).keys()].flatMap((t) => [t === 20 ? "1" : "" + t, ...(t % 20 === 10 ? ["a" + t] : [])])); // prettier-ignore
        const [most, count] = sizes[flushBytes];
        expect(messages.length).toBeLessThanOrEqual(flushBytes === 0 ? 42 : count);
        for (const { json } of messages) if (json.d.length > 1) expect(JSON.stringify(json).length).toBeLessThanOrEqual(most + 10);
        const times = it.cloud.elements(0).map((e) => Date.parse(e.dt));
        expect(times.every((time, i) => !i || time > times[i - 1])).toBe(true);
        expect(it.cloud.faults).toEqual([]);
        expect(messages.every((m) => m.json.od === 1)).toBe(true);
      }
    });

    test("offline storage: a link that breaks before the hub has a message sends it again, nothing is lost or out of order", () => {
      const it = begin(flat(n("t")));
      it.device.offline();
      it.pass(2 * MINUTE).clear();
      for (let t = 0; t < 60; t++) it.send(sample("dev1", { t }));
      it.device.offline(false);
      for (let i = 0; i < 40; i++) {
        it.pass(700 + 37 * i);
        for (const link of it.device.links) link.reset();
      }
      it.pass(5 * MINUTE);
      const got = it.cloud.elements(0).map((e) => e.d[0].t);
      expect([...new Set(got)]).toEqual([...Array(60).keys()]);
      it.run(`R("left", sdk.status().stored);`);
      expect(it.told("left")).toEqual([0]);
    });

    // The files of the Node target are not those of the mock.
    (node ? test.skip : test)("storage that does not keep what is written is told with the first record", () => {
      for (const how of ["worn", "missing"]) {
        const it = begin(flat(n("t")));
        it.device.offline();
        it.pass(2 * MINUTE).clear();
        const { storage } = it.device;
        const { write } = storage;
        storage.write = (name, bytes, at, size) =>
          how === "missing" ? "no" : write.call(storage, name, at ? bytes.replace(/[@-~]/g, "\0") : bytes, at, size);
        it.send(sample("dev1", { t: 1 }));
        storage.write = write;
        expect(it.lines().map((line) => line.replace(/\d+ bytes.*?("|$)/, "…$1"))).toEqual([
          "error storage: …",
          "sent false",
          'done "storage: …"',
        ]);
        it.run(`R("lost", [sdk.status().stored, sdk.status().lost]);`);
        expect(it.told("lost")).toEqual([[0, 1]]);
        it.send(sample("dev1", { t: 2 }));
        it.device.offline(false);
        it.pass(2 * MINUTE);
        expect(it.cloud.elements(0).map((e) => e.d[0])).toEqual([{ t: 2 }]);
      }
    });

    // The clock of Node is set.
    (node ? test.skip : test)("nobody knows the time: what is sent meanwhile waits for it, and gets the time at which it was made", () => {
      const options = { devicePrimaryKey: undefined };
      const it = begin(flat(n("t")), { cloud: { at: 1 }, options, before: "setTime(5);", script: (c) => c.script("sync", [0]) });
      const { cloud } = it;
      for (const what of ["sync", "discovery"]) cloud.script(what, Array(100).fill("drop"));
      it.device.restart({ blank: true });
      it.clear().boot({ ms: 40000 });
      expect(it.lines()).toContain("connect");
      it.send(sample("dev1", { t: 0 }), { uniqueId: "dev1", data: { t: 1 } });
      const made = it.device.clock.now();
      it.pass(20000).send({ uniqueId: "dev1", data: { t: 2 } });
      expect([it.has('done "stored"'), cloud.of(0)]).toEqual([2, []]);
      // One that was noted by a start that never knew the time is as old as nobody knows.
      it.device.restart({ blank: true });
      it.boot({ ms: 40000 }).send({ uniqueId: "dev1", data: { t: 3 } });
      const last = it.device.clock.now();
      it.pass(MINUTE);
      expect(it.has("error clock")).toBeGreaterThan(0);
      expect(cloud.of(0)).toEqual([]);
      cloud.scripts.sync = [];
      cloud.scripts.discovery = [];
      it.pass(6 * MINUTE);
      const got = cloud.elements(0).map((e) => [e.d[0].t, Date.parse(e.dt)]);
      expect(got.map((e) => e[0])).toEqual([0, 1, 2, 3]);
      expect(got[0][1]).toBe(Date.parse(TIME));
      expect(got[1][1]).toBeGreaterThan(made);
      expect(got[2][1]).toBe(got[1][1]);
      expect(Math.abs(got[3][1] - last)).toBeLessThan(2000);
      expect(cloud.faults).toEqual([]);
    });

    (node ? test.skip : test)("without storage, what has no time is refused by name until the time is known", () => {
      const options = { devicePrimaryKey: undefined, offlineStorage: { disabled: true } };
      const it = begin(flat(n("t")), { cloud: { at: 1 }, options, before: "setTime(5);", script: (c) => c.script("sync", [0]) });
      for (const what of ["sync", "discovery"]) it.cloud.script(what, Array(9).fill("drop"));
      it.device.restart({ blank: true });
      it.clear().boot({ ms: 10000 });
      it.send({ uniqueId: "dev1", data: { t: 1 } });
      expect(it.lines().slice(-2)).toEqual(["sent false", 'done "clock: nobody knows the time, and not stored"']);
      it.run("setTime(1790000000);").send({ uniqueId: "dev1", data: { t: 2 } });
      expect(it.cloud.elements(0).map((e) => [e.d[0].t, e.dt.substr(0, 4)])).toEqual([[2, "2026"]]);
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

    test("offline storage: an empty text is replayed as it was, whatever its name", () => {
      const it = begin(flat(n("text", { dt: 1 }), n("t", { dt: 1 }), n("dt", { dt: 1 })));
      it.device.offline();
      it.pass(100000);
      it.send(sample("dev1", { text: "", t: "", dt: "" }));
      it.device.offline(false);
      it.pass(100000);
      expect(it.cloud.of(0).map((m) => m.d)).toEqual([[{ id: "dev1", dt: TIME, tg: "", d: [{ text: "", t: "", dt: "" }] }]]);
    });

    test("offline storage: what the cloud has when the device is disposed of is not sent again", () => {
      const it = begin(flat(n("t")));
      it.device.offline();
      it.pass(100000);
      for (let t = 0; t < 3; t++) it.send(sample("dev1", { t }));
      it.run(`sdk.on("connect", function () { sdk.dispose(); });`);
      it.device.offline(false);
      it.pass(100000);
      it.device.restart({ blank: true });
      it.boot({ ms: 20000 });
      expect(it.cloud.elements(0).map((e) => e.d[0].t)).toEqual([0, 1, 2]);
    });

    test("offline storage: off, nothing is kept and the caller is told", () => {
      const it = begin(flat(n("t")), { options: { offlineStorage: { disabled: true } } });
      it.device.links[0].reset();
      it.pass(1).send(sample("dev1", { t: 1 }));
      expect(it.lines()).toEqual(expect.arrayContaining(["sent false", 'done "offline: not connected, and not stored"']));
    });

    test("what a full queue refuses while connected is stored", () => {
      const it = begin(flat(n("t")), { options: { queueLimit: 400 } });
      it.device.links[0].silence();
      for (let t = 0; t < 6; t++) it.send(sample("dev1", { t }));
      expect(it.has('done "stored"')).toBeGreaterThan(2);
      it.pass(5 * MINUTE);
      expect([...new Set(it.cloud.of(0).map((m) => m.d[0].d[0].t))].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test("what a full queue refuses while connected goes on the same connection", () => {
      const it = begin(flat(n("t")), { options: { queueLimit: 400 } });
      it.run(`for (var t = 0; t < 6; t++) sdk.sendData([{ uniqueId: "dev1", data: { t: t } }]);`).pass(MINUTE);
      expect(it.cloud.elements(0).map((e) => e.d[0].t)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(it.lines().filter((line) => line === "connect")).toHaveLength(1);
      it.run(`R("left", sdk.status().stored);`);
      expect(it.told("left")).toEqual([0]);
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
    test("what was known is kept: a restart connects without REST, and learns what has changed", () => {
      const it = begin(flat(n("t")));
      it.device.restart({ blank: true });
      it.clear();
      it.cloud.requests.length = 0;
      it.cloud.script("sync", Array(3).fill("drop")).script("discovery", Array(9).fill("drop"));
      it.boot();
      expect(it.has("connect")).toBe(1);
      expect(it.cloud.requests).toEqual([]);
      it.cloud.template.att = flat(n("u"));
      it.pass(40 * MINUTE);
      it.send(sample("dev1", { u: 1 }));
      expect(it.cloud.of(0)).toHaveLength(1);
      expect(it.lines().filter((line) => line === "connect")).toHaveLength(1);
    });
    test.each([[true], [false]])("the template, kept on storage or not (%p), is there after each renewal of a part", (cache) => {
      const it = begin(flat(n("t")), { options: { cache } });
      const seen = () => it.run(`R("seen", [sdk.attributes[0].d[0].ln, sdk.getAttributes()[0].attributes[0].ln]);`).told("seen").pop();
      it.cloud.command("0x15");
      it.cloud.command("0x11");
      it.pass(3000);
      expect(seen()).toEqual(["t", "t"]);
      it.send(sample("dev1", { t: 1, u: 2 }));
      it.cloud.template.att = flat(n("u"));
      it.cloud.command("0x10");
      it.pass(3000);
      expect(seen()).toEqual(["u", "u"]);
      it.send(sample("dev1", { t: 3, u: 4 }));
      expect(it.cloud.of(0).map((m) => m.d[0].d[0])).toEqual([{ t: 1 }, { u: 4 }]);
      expect(it.lines().filter((line) => /^error/.test(line))).toEqual([]);
      it.run(`R("own", Object.keys(sdk).indexOf("attributes"));`);
      expect(it.told("own")).toEqual([-1]);
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
    test("two of them in one program: each has its own template", () => {
      const it = begin(flat(n("t")));
      it.cloud.template.att = flat(n("u"));
      it.device.run(it.app.replace(/sdk/g, "sdk2").replace(/options/g, "options2"));
      it.pass(3000);
      it.run(`R("att", [sdk.attributes[0].d[0].ln, sdk2.attributes[0].d[0].ln]);`);
      expect(it.told("att")).toEqual([["t", "u"]]);
    });
    test("an answer without client id and user name: both are made of what is known", () => {
      const it = start({ script: (cloud) => { cloud.username = ""; cloud.clientId = null; } }); // prettier-ignore
      const { clientId, username } = it.cloud.azure.packets.find((p) => p.packet === "CONNECT");
      expect([clientId, username]).toEqual(["acme01-dev1", "hub.sim.test/acme01-dev1/?api-version=2018-06-30"]);
      expect(it.has("connect")).toBe(1);
    });
    test("without one option more than the seed asks for", () => {
      const it = begin(flat(n("t")), { options: { offlineStorage: undefined, ntp: undefined, version: undefined } });
      it.send(sample("dev1", { t: 1 }));
      expect(it.cloud.of(0)).toHaveLength(1);
    });
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
    test("a clock that was never set: the answers tell the time; samples from before get theirs", () => {
      const it = begin(flat(n("t")), { device: { now: 0 }, cloud: { now: undefined } });
      it.cloud.azure.clock.now = () => Date.UTC(2026, 5, 1) + it.device.clock.now();
      it.device.restart({ blank: true });
      it.clear().device.run(it.app);
      it.device.run(`sdk.sendData([{ uniqueId: "dev1", data: { t: 1 } }]);`);
      it.pass(20000);
      expect(it.cloud.azure.closed.filter((c) => /token/.test(c.reason))).toEqual([]);
      // Made a moment before the answer told the time.
      expect(Math.abs(Date.parse(it.cloud.of(0)[0].d[0].dt) - Date.UTC(2026, 5, 1))).toBeLessThan(5000);
    });
    test("a clock that is not set at a restart: the time is asked for before anything is sent, by type 1 too", () => {
      const it = begin(flat(n("t")), { cloud: { at: 1 }, options: { devicePrimaryKey: undefined }, device: { now: 0 } });
      it.cloud.azure.clock.now = () => Date.UTC(2026, 5, 1) + it.device.clock.now();
      it.pass(10000);
      it.device.restart({ blank: true });
      it.clear().device.run(it.app);
      it.run(`sdk.on("connect", function () { sdk.sendData([{ uniqueId: "dev1", data: { t: 1 } }]); });`);
      it.pass(20000);
      expect(it.cloud.of(0).map((m) => m.d[0].dt)).toEqual([expect.stringMatching(/^2026-06-01T/)]);
    });
    test("a direct method that is answered when all is over throws nothing", () => {
      const MethodCallback = () =>
        `function (name, payload, answer) { sdk.dispose(); setTimeout(function () { answer(200); R("late"); }, 5000); }`;
      const it = start({ options: { MethodCallback } });
      it.cloud.hub.invoke(it.cloud.id, "go", {});
      it.pass(20000);
      expect(it.has("late")).toBe(1);
      expect(it.device.errors).toEqual([]);
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
    test("message 2.1: the address that discovery told is known after a restart", () => {
      const it = begin(flat(n("t", { dt: 3 })), { cloud: { version: "2.1" } });
      const last = () => it.cloud.requests.map((r) => r.path.split("/").pop());
      expect(last()).toEqual(["PROD?pf=az", "dev1"]);
      for (let i = 0; i < 2; i++) {
        it.device.restart({ blank: true });
        it.cloud.requests.length = 0;
        it.clear().boot({ ms: 40000 });
        expect([last(), it.has("connect")]).toEqual([["dev1"], 1]);
      }
    });
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
