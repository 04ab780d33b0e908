"use strict";
/** Refusals, garbage, broken links and power cuts: a named error or a fault message, nothing blocks, nothing is lost. */
const { describe, expect, test } = require("@jest/globals");
const { TIME, sample, n, flat, beginner } = require("./iotconnect-start");

const MINUTE = 60000;
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

module.exports = ({ start, node }) => {
  const begin = beginner(start);
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
        ["discovery", { body: { baseUrl: "http" } }, "error refused: discovery"],
        ["discovery", { body: { baseUrl: "https:/agent" } }, "error refused: discovery"],
        ["discovery", { body: { baseUrl: "https://" } }, "error refused: discovery"],
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

    test.each(
      [
        ["r", [[null], "x", {}, 7]],
        ["att", [[null], {}, "x", 7, [{}], [{ p: "" }], [{ p: "", d: [null] }], [{ p: "", d: 5 }], [{ p: "o", d: null }]]],
        ["d", [[null], {}, "x", 7]],
        ["set", [{}, [null], "x"]],
      ].flatMap(([part, list]) => list.map((value) => [part, JSON.stringify(value), value])),
    )("an identity whose %s is %s: told, asked for again, and nothing thrown", (part, _text, value) => {
      for (const edge of [0, 1]) {
        const it = start({ cloud: { edge, template: { att: flat(n("t", { agt: 63, tw: "1h" })) } }, ms: 0 });
        const { cpId, uniqueId } = it.cloud;
        const option = Object.fromEntries(["attribute", "setting", "protocol", "device", "sdkConfig", "rule"].map((name) => [name, true]));
        const { body } = it.cloud.request("POST", "/api/2.0/agent/sync", JSON.stringify({ cpId, uniqueId, option }));
        it.cloud.script("sync", [{ body: { d: { ...body.d, [part]: value } } }]);
        it.pass(3000);
        expect(it.lines()).toEqual([`error protocol: identity: ${part} is not a list of what it should be`]);
        it.send(sample("dev1", { t: 1 }));
        expect(it.lines().slice(-1)).toEqual(["sent true"]);
        it.pass(MINUTE);
        expect(it.has("connect")).toBe(1);
        expect(it.has('done "')).toBe(1);
        expect(it.device.errors).toEqual([]);
      }
    });

    test("parts that are none leave what was known", () => {
      const it = begin(flat(n("t")));
      for (const body of [{ d: { att: 5 } }, "null"]) {
        it.cloud.script("sync", [{ body }]);
        it.cloud.command("0x10");
        it.pass(1500);
        it.run(`R("names", sdk.getAttributes()[0].attributes.map(function (a) { return a.ln; }));`);
        it.pass(MINUTE);
      }
      expect(it.has("error")).toBe(2);
      expect(it.device.errors).toEqual([]);
      it.send(sample("dev1", { t: 1 }));
      expect(it.cloud.of(0)).toHaveLength(1);
    });

    test("rules that are none are told and left out", () => {
      const cons = [
        "", "temp", "temp >", "> 5", "temp > 5 AND", "temp ~ 5", "(temp > 5", "temp > 5)", "temp > 'x", "temp > 5 hum < 4", "temp != AND",
        "OR != 5", "temp > >", "'temp' > 5", "temp != )", "temp > 5 OR OR temp < 4", "temp > 5 AND ()", "temp ! 5", "temp =! 5", "temp > = 5", null, 5, {}, undefined,
      ]; // prettier-ignore
      const r = [...cons, "temp > 5"].map((con, i) => ({ g: "g" + i, es: "e", con, cmd: "" }));
      const it = begin(flat(n("temp", { agt: 16, tw: "1h" })), { cloud: { edge: 1 }, template: { r } });
      expect(it.has("error protocol: rule:")).toBe(cons.length);
      it.send(sample("dev1", { temp: 6 }));
      expect(it.cloud.of(3).map((m) => m.d[0].ct)).toEqual(["temp > 5"]);
    });

    test("conditions", () => {
      const text = ["s", "v", "z", "flag", "p"].map((name) => n(name, { dt: 1 }));
      const att = flat(n("a", { agt: 16, tw: "1h" }), n("b", { agt: 16, tw: "1h" }), ...text);
      att.push({ p: "o", dt: 2, agt: 16, tw: "1h", tg: "", d: [n("x")] });
      const table = [
        ["a = 1 OR b = 9 AND a = 9", true], ["(a = 1 OR b = 9) AND a = 9", false], ["a != 2", true], ["a <> 1", false], ["a>=1 and b<=2", true],
        ["a >= 1.5", false], ["s = 'on AND off'", true], ['s != "x"', true], ["s = on", false], ["missing != 1", false], ["missing = 1 OR a = 1", true],
        ["a == 1", true], ["b > -5", true], ["((a = 1))", true], ["a = '1'", true],
        // A number in quotes is a number; a text is one where the rule has one without quotes.
        ["b > '10'", false], ["b < '10'", true], ["b = ' 2 '", true], ["b = ''", false], ["b > abc", false], ["b < abc", false], ["b != abc", true],
        ["v > 9", true], ["v > '9'", false], ["v = 10.0", true], ["v = '10.0'", false], ["z = 0", false], ["z = ''", true],
        // What every object or text has is no attribute, and an object is no value.
        ["constructor != 1", false], ["toString != 1", false], ["s.length > 3", false], ["o != 5", false], ["o.x > 3 AND o.constructor != 1", false],
        ["o.x > 3", true], ["o.x.y != 3", false], ["o.missing != 3", false],
        ["a=1AND b=2", false], ["a=1 AND(b=2)", true], ["(a=9)OR(b=2)", true], ["a = 9 OR b = 2 AND a = 9 OR b = 2", true],
        ["a = 1 AND (b = 9 OR (a = 1 AND b = 2))", true], ["(((((a = 1)))))", true], ["s = \"on AND off\" AND a = 1", true], ["s = '(on) OR off'", false],
        ["flag = true", true], ["flag != false", true], ["p = 'a=b'", true], ["p = 'a=b' AND p != \"it's\"", true],
      ]; // prettier-ignore
      const r = table.map(([con], i) => ({ g: "g" + i, es: "e", con, cmd: "" }));
      const it = begin(att, { cloud: { edge: 1 }, template: { r }, options: { quiet: true } });
      it.send(sample("dev1", { a: 1, b: 2, s: "on AND off", v: "10", z: "", flag: true, p: "a=b", o: { x: 4 } }));
      // What is joined without a blank is told as malformed.
      expect(it.lines().filter((line) => /^error/.test(line))).toEqual(["error protocol: rule: a=1AND b=2"]);
      expect(it.cloud.of(3).map((m) => m.d[0].ct)).toEqual(table.filter(([, holds]) => holds).map(([con]) => con));
    });

    test("a clause that holds beside one that does not has made no rule hold: it is not among the values, nor does it make the rule the child's", () => {
      const w = { agt: 16, tw: "1h" };
      const att = flat(n("a", { ...w, tg: "gw" }), n("t", { ...w, tg: "child" }), n("x", { ...w, tg: "child" }));
      const cons = [
        "child#t > 25 AND child#x < 2 OR gw#a > 1",
        "child#t > 25 AND child#x < 2 OR child#t > 20",
        "(child#t > 25 AND child#x < 2) OR gw#a > 1 AND child#x > 2",
      ];
      const r = cons.map((con, i) => ({ g: "g" + i, es: "e", con, cmd: "" }));
      const it = begin(att, { cloud: { uniqueId: "gw1", edge: 1, devices: [{ id: "gw1", tg: "gw" }, { id: "c1", tg: "child" }] }, template: { r } }); // prettier-ignore
      it.send(sample("gw1", { a: 5 }), sample("c1", { t: 26, x: 3 }));
      expect(it.cloud.of(3).map((m) => [m.d[0].id, cons.indexOf(m.d[0].ct), m.d[0].cv])).toEqual([
        ["gw1", 0, { a: 5 }],
        ["c1", 1, { t: 26 }],
        ["c1", 2, { a: 5, x: 3 }],
      ]);
    });

    test("samples that are none", () => {
      const it = begin(flat(n("t")));
      it.run(`try { sdk.sendData({}); } catch (e) { print("R thrown " + said(e)); }`);
      expect(it.has("thrown config: sendData")).toBe(1);
      it.send(null, {}, sample("dev1", null), sample("dev1", "text"), sample("nobody", { t: 1 }));
      expect(it.lines().slice(-3)).toEqual([
        "error config: sendData: there is no device nobody",
        'done "config: sendData: there is no device nobody"',
        "sent false",
      ]);
      it.send(sample("dev1"), sample("dev1", { t: 1 }));
      expect(it.lines().slice(-2)).toEqual(["sent false", 'done "config: sendData: no data of dev1"']);
      expect(it.cloud.of(0)).toHaveLength(1);
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
    ["{ sid: 'a', uniqueId: 'b' }", "cpId"],
    ["{ cpId: 'a' }", "uniqueId"],
    ["{ cpId: 'a', uniqueId: 'b', discoveryUrl: 'ftp' }", "discoveryUrl"],
    ["{ cpId: 'a', uniqueId: 'b', discoveryUrl: 'http:host' }", "discoveryUrl"],
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

  test("message 2.1: with a sid and no company code a chip enrols the device under its unique id", () => {
    const tpm = () => "{ sign: function () {}, register: function (s, id, done) { R('register', id); } }";
    const options = { devicePrimaryKey: undefined, cpId: undefined, sid: "sid-1", scopeId: "s", tpm };
    const it = start({ cloud: { version: "2.1", at: 4 }, options, script: (c) => c.script("discovery", [{ body: { d: { ec: 0, bu: `${c.agent}/x` } } }]).script("sync", [1]) }); // prettier-ignore
    expect(it.cloud.requests[0].path).toBe("/api/v2.1/dsdk/sid/sid-1?pf=az");
    expect(it.told("register")).toEqual(["dev1"]);
  });

  test.each([[{ status: 404, body: "<html>" }], [{ status: 404, body: { message: "gone" } }]])(
    "sync is no more where it was (%j): it is discovered anew",
    (answer) => {
      const it = start();
      it.cloud.script("sync", [answer]);
      it.cloud.command("0x10");
      it.pass(MINUTE);
      expect(it.cloud.requests.slice(2).map((r) => r.path.split("/").pop())).toEqual(["sync", "PROD", "sync"]);
    },
  );

  test("message 2.1: a device whose name is a word of the hub's topics hears its commands", () => {
    const script = (c) => { c.id = "twin"; c.hub.create("twin", { key: c.key }); }; // prettier-ignore
    const it = start({ cloud: { version: "2.1" }, script });
    it.cloud.send({ ct: 0, cmd: "on", ack: "k" });
    it.pass(100);
    expect(it.told("device").map((d) => d.ackId)).toEqual(["", "k"]);
  });

  test("message 2.1: what an answer about a part says about the connection is not believed", () => {
    const it = start({ cloud: { version: "2.1" } });
    it.cloud.send({ d: { ec: 0, ct: 203, r: [], p: { h: "elsewhere" } } });
    it.cloud.send({ ct: 101 });
    it.pass(3000);
    expect(it.device.errors).toEqual([]);
    expect(it.lines().filter((line) => /^error/.test(line))).toEqual([]);
    expect(it.cloud.of("di")).toEqual([{ mt: 201 }]);
  });

  // The clock of Node is not the program's to set.
  (node ? test.skip : test)("the time is lost, or a chip takes its time: the hub is not asked without a token, or with an old one", () => {
    const slow = (options) => start({ options: { devicePrimaryKey: undefined, tpm: () => `{ sign: function (b, done) { setTimeout(done, 3000, undefined, "x".repeat(32)); } }` }, cloud: { at: 4 }, ms: 9000, ...options }); // prettier-ignore
    for (const [it, shift] of [
      [start(), -1],
      [slow({ script: (cloud) => (cloud.hub.authenticate = () => ({})) }), 2],
    ]) {
      expect(it.has("connect")).toBe(1);
      const asked = [];
      it.cloud.hub.authenticate = (wire, packet) => (asked.push(packet.password && packet.password.toString()), {});
      it.run(`setTime(${shift < 0 ? 1000 : it.device.clock.now() / 1000 + shift * 3600});`);
      it.cloud.hub.device(it.cloud.id).wire.close("dropped");
      it.pass(MINUTE);
      expect(it.has("connect")).toBe(2);
      expect(asked).toHaveLength(1);
      expect(+/se=(\d+)/.exec(asked[0])[1] * 1000).toBeGreaterThan(it.cloud.now());
      expect(it.lines().filter((line) => /^error/.test(line) && !/^error (network|clock)/.test(line))).toEqual([]);
    }
  });

  test("what the application throws where the link calls it is told as it is", () => {
    const it = start();
    it.run(`sdk.dispose(function () { throw null; });`).pass(1000);
    expect(it.lines().filter((line) => /^error/.test(line))).toEqual(["error ok"]);
  });

  test("the hub refuses: asked who it is, with a new token, less and less often", () => {
    const it = start({ script: (cloud) => cloud.hub.script("connect", Array(8).fill(5)) });
    expect(it.has("error auth: CONNACK 5")).toBeGreaterThan(0);
    it.pass(40 * MINUTE);
    expect(it.has("connect")).toBeGreaterThan(0);
    expect(it.lines().filter((line) => line === "connect")).toHaveLength(1);
    expect(it.cloud.requests.length).toBeLessThan(20);
  });

  test("a new password that is none: told at each attempt, until the next one", () => {
    const it = start({ cloud: { at: 1 }, options: { devicePrimaryKey: undefined } });
    const password = it.cloud.password;
    it.cloud.password = () => 12345;
    it.cloud.command("0x12");
    it.pass(5000);
    expect(it.has("error config: password: text or bytes")).toBeGreaterThan(0);
    it.cloud.password = password;
    it.pass(MINUTE);
    expect(it.device.errors).toEqual([]);
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

  // The files of the Node target are not those of the mock.
  (node ? test.skip : test)("what is known rots while it runs: found out anew, nothing thrown", () => {
    const it = begin(flat(n("t")));
    it.device.storage.erase("iotc.sync");
    it.device.storage.write("iotc.sync", "{rot");
    it.cloud.command("0x10");
    it.pass(5000);
    it.send(sample("dev1", { t: 1 }));
    it.pass(5000);
    expect(it.device.errors).toEqual([]);
    expect(it.cloud.of(0)).toHaveLength(1);
    it.cloud.command("0x10");
    it.pass(5000);
    expect(it.cloud.requests.slice(-1)[0].path).toMatch(/sync$/);
    expect(it.has("error")).toBe(0);
  });

  test("a hub that is gone: what the cloud says about the device is asked for anew, now and then", () => {
    const it = start();
    const asked = it.cloud.requests.length;
    it.device.net.serve(8883, (peer) => peer.end());
    for (const link of it.device.links) link.reset();
    it.pass(60 * MINUTE);
    const more = it.cloud.requests.length - asked;
    expect(more).toBeGreaterThan(3);
    expect(more).toBeLessThan(40);
    expect(it.has("connect")).toBe(1);
    it.cloud.attach(it.device, { commonName: it.cloud.id });
    it.pass(5 * MINUTE);
    expect(it.lines().filter((line) => line === "connect")).toHaveLength(2);
  });

  test("a hub that is deaf to questions about the twin: those of many connections do not add up", () => {
    const it = start({ script: (cloud) => cloud.hub.script("get", Array(1000).fill("silent")) });
    for (let i = 0; i < 25; i++) {
      for (const link of it.device.links) link.reset();
      it.pass(MINUTE);
    }
    it.clear().run(`R("update", sdk.updateTwin("a", 1, function (e) { R("updated " + said(e)); }));`);
    it.pass(3000);
    expect(it.lines()).toEqual(["update true", "updated ok"]);
  });

  test("two children asked for at once are both answered, in order; one that the queue refuses is told", () => {
    const it = start({ cloud: { version: "2.1", devices: [{ id: "dev1", tg: "gw" }] }, options: { queueLimit: 400 } });
    it.run(
      `["a", "b", "b", "c", "d"].forEach(function (id) {
      sdk.createChild({ dn: "n", id: id, tg: "ch" }, function (e) { R("child " + id + " " + said(e)); });
    });`,
    ).pass(3000);
    expect(it.lines().filter((line) => line.startsWith("child")).sort()).toEqual([
      "child a ok", "child b ok", "child b refused: child: 8", expect.stringMatching("child c (ok|limit)"), expect.stringMatching("child d limit"),
    ]); // prettier-ignore
  });

  test.each([
    ["1.0", { h: "h", sub: "s" }],
    ["1.0", { h: "h", sub: 5, pub: "p" }],
    ["2.1", { h: "h", topics: {} }],
    ["2.1", { h: "h", topics: { c2d: "c", rpt: "r" } }],
  ])("an identity without the topics to work with is refused and asked for again: %s %j", (version, p) => {
    const body = { d: { ec: 0, rc: 0, ds: 0, at: 5, ee: 0, sc: { sf: 1 }, meta: { at: 5 }, d: [], p } };
    const it = start({ cloud: { version }, script: (cloud) => cloud.script("sync", [{ body }]) });
    expect(it.has("error refused: identity: no connection in the answer")).toBe(1);
    it.pass(20000);
    expect(it.lines()).toContain("connect");
    expect(it.device.errors).toEqual([]);
  });

  test.each(["1.0", "2.1"])("an identity without the type of authentication is refused and asked for again: %s", (version) => {
    const it = start({ cloud: { version }, ms: 0 });
    const p = { h: "h", sub: "s", pub: "p", topics: { c2d: "c", rpt: "r", di: "d" } };
    it.cloud.script("sync", [{ body: { d: { ec: 0, rc: 0, ds: 0, ee: 0, sc: { sf: 1 }, d: [], p } } }]);
    it.pass(3000);
    expect(it.lines()).toEqual(["error refused: identity: no type of authentication in the answer"]);
    it.pass(20000);
    expect(it.lines()).toContain("connect");
    expect(it.device.errors).toEqual([]);
  });

  test("a command that waited at the hub comes behind CONNACK: it can be acknowledged at once, without storage too", () => {
    const it = start({ options: { offlineStorage: { disabled: true } } });
    it.run(
      `sdk.on("command", function (d) { sdk.sendAck({ ackId: d.ackId, st: 6 }, 5, function (e, how) { R("ack", e ? said(e) : how); }); });`,
    );
    it.device.offline();
    it.pass(100000).clear();
    it.cloud.command("0x01", { command: "x", ack: true, ackId: "k" });
    it.device.offline(false);
    it.pass(100000);
    expect(it.told("ack")).toEqual(["sent"]);
    expect(it.cloud.of(5).map((m) => m.d.ackId)).toEqual(["k"]);
  });

  test("disposed of: who waits is told, also who asks afterwards", () => {
    const it = start({ cloud: { version: "2.1" }, script: (cloud) => cloud.hub.script("get", ["ok", "silent"]) });
    it.clear().run(`function F(name) { return function (e) { R(name + " " + said(e)); }; }
      sdk.getAllTwins(F("twins")); sdk.createChild({ dn: "a", id: "b", tg: "c" }, F("child"));
      R("dispose", [sdk.dispose(F("over")), sdk.dispose(F("over too"))]);`);
    it.pass(3000);
    expect(it.lines().filter((line) => !/^(device|close|child ok)/.test(line))).toEqual(
      expect.arrayContaining(["dispose [true,false]", "over ok", "over too ok"]),
    );
    expect(it.has("twins ") + it.has("child ")).toBe(2);
    it.clear()
      .run(`sdk.updateTwin("a", 1, F("update")); sdk.getAllTwins(F("twins")); sdk.createChild({}, F("child")); sdk.deleteChild("b", F("child"));
      sdk.sendAck({ ackId: "a", st: 6 }, 5, F("ack")); sdk.dispose(F("over"));`);
    it.pass(1000);
    expect(it.lines().sort()).toEqual([
      "ack offline: disposed",
      "child offline: disposed",
      "child offline: disposed",
      "over ok",
      "twins offline: disposed",
      "update offline: disposed",
    ]);
    expect(it.device.errors).toEqual([]);
    expect(it.device.alive).toEqual({ timers: 0, sockets: 0 });
  });

  test.each(["1.0", "2.1"])(
    "disposed of, message %s: what comes during the farewell is not told, and a command is given again to the next connection",
    (version) => {
      const options = { MethodCallback: () => `function (name) { R("method", name); }` };
      const it = begin(flat(n("t", { dt: version === "2.1" ? 3 : 0 })), { cloud: { version }, options });
      const { cloud } = it;
      const asked = cloud.requests.length;
      const command = (ackId) =>
        version === "2.1" ? cloud.send({ ct: 0, cmd: ackId, ack: ackId }) : cloud.command("0x01", { command: ackId, ack: true, ackId });
      const refresh = () => cloud.send(version === "2.1" ? { ct: 101 } : { cmdType: "0x10", data: {} });
      // The hub has the sample, but says so late: until then it is not over.
      cloud.hub.script("telemetry", [{ delay: 5000 }]);
      it.clear().run(
        `sdk.sendData([{ uniqueId: "dev1", data: { t: 1 } }]); sdk.on("command", function () { sdk.dispose(function () { R("over"); }); });`,
      );
      const mails = [command("k1"), refresh(), command("k2")];
      it.pass(1000);
      void cloud.hub.invoke(cloud.id, "m", {});
      cloud.hub.twin(cloud.id).patch({ interval: 5 });
      if (version === "2.1") cloud.send({ d: { ec: 0, ct: 201, att: [] } });
      it.pass(MINUTE);
      expect(it.told("device").map((d) => d.ackId || d.command)).toEqual(["k1", false]);
      expect(it.lines().filter((line) => /^(twin|method|error|unknown)/.test(line))).toEqual([]);
      expect(it.has("over")).toBe(1);
      expect(mails.map((m) => m.outcome)).toEqual(["completed", undefined, undefined]);
      expect([it.device.alive, cloud.requests.length]).toEqual([{ timers: 0, sockets: 0 }, asked]);
      it.device.restart({ blank: true });
      it.clear().boot({ ms: 40000 });
      // What the hub has kept comes behind CONNACK, before the device is told that it is connected.
      expect(it.told("device").map((d) => d.ackId || d.command)).toEqual(["k2", true]);
      expect(mails.map((m) => m.outcome)).toEqual(["completed", "completed", "completed"]);
      expect(it.told("twin")[0].desired.interval).toBe(5);
      expect(cloud.elements(version === "2.1" ? "od" : 0).concat(cloud.of("rpt")).length).toBeGreaterThan(0);
      expect(it.device.errors).toEqual([]);
    },
  );

  test("a hard stop during the farewell bars the device at its next start", () => {
    const it = start();
    it.cloud.hub.script("telemetry", [{ delay: 5000 }]);
    it.run(`sdk.sendAck({ ackId: "a", st: 6 }, 5); sdk.dispose();`);
    it.cloud.command("0x99");
    it.pass(MINUTE);
    it.device.restart({ blank: true });
    it.clear().boot({ ms: 40000 });
    expect(it.lines()).toContain("barred");
  });

  test("barred: who disposes of it is told, and it stays barred", () => {
    const it = start();
    it.cloud.command("0x99");
    it.pass(1000);
    it.device.restart({ blank: true });
    it.clear().boot();
    it.run(`sdk.dispose(function () { R("over", sdk.status().over); });`);
    it.pass(100);
    expect(it.told("over")).toEqual(["barred"]);
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
          const got = it.cloud.elements(0).map((e) => e.d[0].t);
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
