"use strict";
/** Refusals, garbage, broken links and power cuts: a named error or a fault message, nothing blocks, nothing is lost. */
const { describe, expect, test } = require("@jest/globals");

const TIME = "2021-01-24T10:06:17.857Z";
const MINUTE = 60000;
const sample = (uniqueId, data) => ({ uniqueId, time: TIME, data });
const n = (ln, more) => ({ ln, dt: 0, dv: "", tg: "", agt: 0, tw: "", ...more });
const flat = (...list) => [{ p: "", dt: null, agt: 0, tw: "", tg: "", d: list }];
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

module.exports = ({ start, node }) => {
  const begin = (att, more = {}) => start({ ...more, cloud: { template: { att, ...more.template }, ...more.cloud } });
  const scripted = (what, list, cloud = {}) => start({ cloud, script: (c) => c.script(what, list), ms: 4000 });

  describe("sync, message 1.0", () => {
    test.each(range(1, 5).map((code) => [code]))("code %i: told, tried again, not in a hurry", (code) => {
      const it = scripted("sync", [code, code]);
      expect(it.lines()).toEqual([expect.stringMatching(`^error refused: identity ${code}: \\w`)]);
      expect(it.cloud.requests).toHaveLength(2);
      it.pass(2 * MINUTE);
      expect(it.has("connect")).toBe(1);
      // An object that has moved is discovered anew.
      expect(it.cloud.requests.filter(({ path }) => /api\/sdk/.test(path))).toHaveLength(code === 5 ? 3 : 1);
    });
    test("code 6, cpId not found: fatal, and said so", () => {
      const it = scripted("sync", [6]);
      it.pass(60 * MINUTE);
      expect(it.lines()).toEqual(["error config: identity 6: unknown cpId"]);
      expect(it.device.alive).toEqual({ timers: 0, sockets: 0 });
    });
    test("refused for ever: fewer and fewer questions", () => {
      const it = scripted("sync", Array(1000).fill(3));
      it.pass(180 * MINUTE);
      expect(it.cloud.requests.length).toBeLessThan(90);
    });
  });

  describe("message 2.1", () => {
    const v21 = { version: "2.1" };
    test.each(range(1, 14).map((code) => [code]))("identity %i", (code) => {
      const it = scripted("sync", [code], v21);
      const fatal = [6, 7, 11, 12, 13, 14].includes(code);
      expect(it.lines()).toEqual([expect.stringMatching(`^error ${fatal ? "config" : "refused"}: identity ${code}: \\w`)]);
      it.pass(2 * MINUTE);
      expect(it.has("connect")).toBe(fatal ? 0 : 1);
    });
    test.each([1, 2, 3])("discovery %i", (code) => {
      const it = scripted("discovery", [code], v21);
      it.pass(10 * MINUTE);
      expect(it.lines()).toEqual([expect.stringMatching(`^error config: discovery ${code}: \\w`)]);
    });
  });

  test.each([[{}], [{ h: "hub.sim.test" }], [null]])(
    "message 2.1: an identity with the connection %j is refused and asked for again",
    (p) => {
      const it = scripted("sync", [{ body: { d: { ec: 0, meta: { at: 5 }, has: {}, p }, status: 200 } }], { version: "2.1" });
      expect(it.device.errors).toEqual([]);
      expect(it.lines()[0]).toBe("error refused: identity: no connection in the answer");
      it.pass(2 * MINUTE);
      expect(it.lines()).toContain("connect");
    },
  );

  describe("garbage and silence", () => {
    test.each(
      [
        ["discovery", { body: "{" }, "error protocol"],
        ["discovery", { body: {} }, "error refused: discovery: no base URL"],
        ["discovery", { body: "null" }, "error refused: discovery: no base URL"],
        ["discovery", { status: 500, body: { message: "out of order" } }, "error refused: discovery: out of order"],
        ["discovery", { body: { baseUrl: 5 } }, "error refused: discovery"],
        ["discovery", "drop", "error network"],
        ["discovery", "silent", "error timeout"],
        ["sync", { body: "<html>" }, "error protocol"],
        ["sync", { body: [] }, "error refused: identity"],
        ["sync", { body: { d: null, message: "sorry" } }, "error refused: identity: sorry"],
        ["sync", { body: { d: { rc: 0, ds: 0, p: null } } }, "error refused: identity: no connection"],
        ["sync", { body: { d: { rc: 0, ds: 0, at: 5, p: { h: "hub.sim.test" }, att: 7, d: 7 } } }, "error"],
        ["sync", { body: "x".repeat(70000) }, "error "],
        ["sync", "drop", "error network"],
        ["sync", "silent", "error timeout"],
      ].map(([what, answer, line]) => [what, JSON.stringify(answer).slice(0, 60), answer, line]),
    )("%s: %s", (what, _text, answer, line) => {
      const it = scripted(what, [answer]);
      it.pass(40000);
      expect(it.has(line)).toBeGreaterThan(0);
      expect(it.device.errors).toEqual([]);
      it.pass(4 * MINUTE);
      expect(it.has("connect")).toBeGreaterThan(0);
    });

    test("messages that are none do not end the session", () => {
      const it = start();
      it.clear();
      for (const text of [
        "",
        "{",
        "null",
        "[]",
        "7",
        '"x"',
        '{"cmdType":5}',
        '{"cmdType":"0x01"}',
        '{"cmdType":"0x02","data":{"urls":5}}',
        '{"cmdType":"0x17","data":{"df":"x"}}',
        "[".repeat(100),
      ])
        it.cloud.send(text || " ");
      it.pass(3000);
      expect(it.has("close")).toBe(0);
      expect(it.device.errors).toEqual([]);
      expect(it.has("error protocol")).toBeGreaterThan(0);
      it.cloud.command("0x01", { command: "still there", ackId: "q" });
      it.pass(100);
      expect(it.has("still there")).toBe(1);
    });

    test("rules that are none are told and left out", () => {
      const cons = ["", "temp", "temp >", "> 5", "temp > 5 AND", "temp ~ 5", "(temp > 5", "temp > 5)", "temp > 'x", "temp > 5 hum < 4"];
      const r = [...cons, "temp > 5"].map((con, i) => ({ g: "g" + i, es: "e", con, cmd: "" }));
      const it = begin(flat(n("temp", { agt: 16, tw: "1h" })), { cloud: { edge: 1 }, template: { r } });
      expect(it.has("error protocol: rule:")).toBe(cons.length);
      it.send(sample("dev1", { temp: 6 }));
      expect(it.cloud.of(3).map((m) => m.d[0].ct)).toEqual(["temp > 5"]);
    });

    test("conditions", () => {
      const att = flat(n("a", { agt: 16, tw: "1h" }), n("b", { agt: 16, tw: "1h" }), n("s", { dt: 1 }));
      const table = [
        ["a = 1 OR b = 9 AND a = 9", true], ["(a = 1 OR b = 9) AND a = 9", false], ["a != 2", true], ["a <> 1", false], ["a>=1 and b<=2", true],
        ["a >= 1.5", false], ["s = 'on AND off'", true], ['s != "x"', true], ["s = on", false], ["missing != 1", false], ["missing = 1 OR a = 1", true],
        ["a == 1", true], ["b > -5", true], ["((a = 1))", true], ["a = '1'", true],
      ]; // prettier-ignore
      const r = table.map(([con], i) => ({ g: "g" + i, es: "e", con, cmd: "" }));
      const it = begin(att, { cloud: { edge: 1 }, template: { r }, options: { quiet: true } });
      it.send(sample("dev1", { a: 1, b: 2, s: "on AND off" }));
      expect(it.cloud.of(3).map((m) => m.d[0].ct)).toEqual(table.filter(([, holds]) => holds).map(([con]) => con));
    });

    test("samples that are none", () => {
      const it = begin(flat(n("t")));
      it.run(`try { sdk.sendData({}); } catch (e) { print("R thrown " + said(e)); }`);
      expect(it.has("thrown config: sendData")).toBe(1);
      it.send(null, {}, sample("dev1", null), sample("dev1", "text"), sample("nobody", { t: 1 }));
      it.run(
        `try { sdk.updateTwin(""); } catch (e) { print("R thrown " + said(e)); } try { sdk.createChild({}); } catch (e) { print("R thrown " + said(e)); }`,
      );
      expect(it.has("thrown config")).toBe(3);
      expect(it.cloud.faults).toEqual([]);
      expect(it.device.errors).toEqual([]);
    });
  });

  test.each([
    ["{ uniqueId: 'a' }", "cpId"],
    ["{ cpId: 'a' }", "uniqueId"],
    ["{ cpId: 'a', uniqueId: 'b', discoveryUrl: 'ftp' }", "discoveryUrl"],
    ["{ cpId: 'a', uniqueId: 'b', version: '3' }", "version"],
    ["{ cpId: 'a', uniqueId: 'b', offlineStorage: { fileCount: 0 } }", "offlineStorage"],
    ["{ cpId: 'a', uniqueId: 'b', offlineStorage: { availSpaceInMb: -1 } }", "offlineStorage"],
    ["{ cpId: 'a', uniqueId: 'b', certificate: { SSLKeyPath: '/etc/key.pem' } }", "certificate"],
    ["{ cpId: 'a', uniqueId: 'b', colour: 1 }", "colour"],
    ["{ cpId: 5, uniqueId: 'b' }", "cpId"],
  ])("option %s", (options, name) => {
    const it = start();
    it.run(`try { require("iotconnect").create(${options}); } catch (e) { print("R thrown " + said(e)); }`);
    expect(it.has(`thrown config: option ${name}`)).toBe(1);
  });

  test("types 4 and 5 without what signs", () => {
    for (const at of [4, 5]) {
      const it = start({ cloud: { at }, options: { devicePrimaryKey: undefined } });
      expect(it.has(`error config: authentication type ${at} needs option ${at === 4 ? "tpm" : "devicePrimaryKey"}`)).toBe(1);
    }
    const bad = start({ options: { devicePrimaryKey: "no base64" } });
    expect(bad.has("error config: key: base64")).toBe(1);
  });

  test("a TPM that fails or never answers", () => {
    for (const sign of [
      "function (b, done) { setTimeout(done, 1, { code: 'timeout', message: 'the chip is busy' }); }",
      "function () { throw { code: 'timeout', message: 'locked out' }; }",
    ]) {
      const it = start({ cloud: { at: 4 }, options: { devicePrimaryKey: undefined, tpm: () => `{ sign: ${sign} }` } });
      expect(it.has("error timeout")).toBe(1);
      expect(it.cloud.azure.packets.filter((p) => p.packet === "CONNECT")).toEqual([]);
    }
    const it = start({
      cloud: { at: 4 },
      options: {
        devicePrimaryKey: undefined,
        scopeId: "s",
        tpm: () =>
          "{ sign: function () {}, register: function (s, id, done) { R('register'); done({ code: 'refused', message: 'no enrolment' }); } }",
      },
      script: (cloud) => cloud.script("sync", [1, 1, 1]),
    });
    it.pass(30 * MINUTE);
    expect(it.has("error refused: no enrolment")).toBeGreaterThan(0);
  });

  test("the hub refuses: asked who it is, with a new token, less and less often", () => {
    const it = start({ script: (cloud) => cloud.hub.script("connect", Array(8).fill(5)) });
    expect(it.has("error auth: CONNACK 5")).toBeGreaterThan(0);
    it.pass(40 * MINUTE);
    expect(it.has("connect")).toBeGreaterThan(0);
    expect(it.lines().filter((line) => line === "connect")).toHaveLength(1);
    expect(it.cloud.requests.length).toBeLessThan(20);
  });

  test("a new password (0x12) is fetched and used", () => {
    const it = start({ cloud: { at: 1 }, options: { devicePrimaryKey: undefined } });
    it.cloud.command("0x12");
    it.pass(5000);
    expect(it.lines().filter((line) => line === "connect" || line === "close")).toEqual(["connect", "close", "connect"]);
    it.cloud.command("0x11");
    it.cloud.command("0x10");
    it.pass(5000);
    expect(JSON.parse(it.cloud.requests[3].body).option).toEqual({ setting: true, attribute: true });
  });

  // The files of the Node target are not those of the mock.
  (node ? test.skip : test)("the application erases what is known: the sample waits until it is asked for again", () => {
    const it = begin(flat(n("t")));
    it.device.storage.erase("iotc.sync");
    it.send(sample("dev1", { t: 1 }));
    expect(it.lines().slice(-1)).toEqual(["sent true"]);
    expect(it.cloud.of(0)).toEqual([]);
    it.pass(5000);
    expect(it.cloud.of(0).map((m) => m.d[0].d[0])).toEqual([{ t: 1 }]);
    expect(it.lines().filter((line) => /^(error|close)/.test(line))).toEqual([]);
    it.send(sample("dev1", { t: 2 }));
    expect(it.cloud.of(0)).toHaveLength(2);
  });

  test("no secret in any line or error", () => {
    const { KEY } = require("../../clouds/iotconnect");
    const it = start({ script: (cloud) => { cloud.hub.script("connect", [5, 4]); cloud.script("sync", [3]); } }); // prettier-ignore
    it.pass(20 * MINUTE);
    const text = it.device.log.join("\n") + it.device.errors.join();
    for (const secret of [KEY, "SharedAccessSignature", "sig="]) expect(text).not.toContain(secret);
  });

  // Only the flash of the mock can be cut.
  (node ? describe.skip : describe)("power cuts", () => {
    test("at every write and erase of the offline storage: order kept, nothing lost but what was being written", () => {
      const att = flat(n("t"));
      let cuts = 0;
      for (const how of ["before", "inside", "after"]) {
        for (let cut = 1; ; cut++) {
          const it = begin(att, { options: { offlineStorage: { availSpaceInMb: 0.004, fileCount: 3 } } });
          it.device.offline();
          it.pass(100000);
          it.device.storage.cutAt(cut, how);
          let stored = 0;
          let over = false;
          for (let t = 0; t < 24 && !over; t++) {
            try {
              it.device.run(`print("R put " + sdk.sendData([{ uniqueId: "dev1", time: "${TIME}", data: { t: ${t} } }]));`);
            } catch {
              over = true;
            }
            if (it.has("put true") > stored) stored++;
            else over = true;
          }
          it.device.storage.cutAt(0);
          it.device.restart({ blank: true });
          it.device.offline(false);
          it.clear().boot({ ms: 20000 });
          const got = it.cloud.of(0).map((m) => m.d[0].d[0].t);
          expect(it.cloud.faults).toEqual([]);
          const newest = got[got.length - 1];
          if (got.length) {
            expect(newest).toBeGreaterThanOrEqual(stored - 1);
            expect(newest).toBeLessThanOrEqual(stored);
            expect(got).toEqual(range(got[0], newest));
          }
          // Three files of which each has at least its share.
          expect(got.length).toBeGreaterThanOrEqual(Math.min(stored, 12));
          cuts++;
          if (!over) break;
          if (how === "inside") cut += 2;
        }
      }
      expect(cuts).toBeGreaterThan(100);
    }, 120000);
  });
};
