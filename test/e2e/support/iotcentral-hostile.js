"use strict";
/* global describe, expect, test */
/** What the cloud should not answer, and what a program should not ask: told by name, never an exception out of a timer, and no storm. */
const { KEY, keyOf, starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function hostile(createDevice) {
  const start = starter(createDevice);
  const open = (given) => {
    const all = start(given);
    all.device.tick(1000);
    return all;
  };
  const asked = (cloud) => cloud.seen("publish", /^\$dps/).length;

  describe("what provisioning should not answer", () => {
    const assigning = { operationId: "5.aa.11", status: "assigning" };
    const state = (x) => ({ status: "assigned", registrationState: { assignedHub: "hub.sim.test", deviceId: "sim-dev-01", ...x } });

    test.each([
      [202, "-1"],
      [202, "0.0001"],
      [429, "-5"],
      [503, "-1e9"],
    ])("%i with retry-after=%s: a second at least", (status, retry) => {
      const { cloud, device } = start({ script: (cloud) => (cloud.dpsAnswers = Array(1000).fill([status, retry, assigning])) });
      device.tick(MINUTE);
      expect(asked(cloud)).toBeGreaterThan(50);
      expect(asked(cloud)).toBeLessThan(63);
      cloud.dpsAnswers = [];
      device.tick(5 * MINUTE);
      expect(cloud.device()).toBeDefined();
    });

    test("an operation whose number is longer than a topic: the packet is refused, nothing is thrown", () => {
      const answer = [202, 0, { ...assigning, operationId: "x".repeat(70000) }]; // prettier-ignore
      const { cloud, device, has } = start({ script: (cloud) => (cloud.dpsAnswers = Array(1000).fill(answer)) });
      device.tick(6 * MINUTE);
      expect(device.errors).toEqual([]);
      expect(has("error limit: over maxPacketSize: ")).toBe(1);
      cloud.dpsAnswers = [];
      device.tick(5 * MINUTE);
      expect(cloud.device()).toBeDefined();
    });

    test.each([
      ["a hub that is an object", state({ assignedHub: {} })],
      ["a hub that is a number", state({ assignedHub: 5 })],
      ["a hub that is a list", state({ assignedHub: ["x"] })],
      ["a hub with a NUL", state({ assignedHub: "a\0b" })],
      ["a device that is an object", state({ deviceId: {} })],
      ["a device that is a number", state({ deviceId: 5 })],
      ["a device with a wildcard", state({ deviceId: "a#" })],
      ["a device of two levels", state({ deviceId: "a/b" })],
      ["a device with a NUL", state({ deviceId: "a\0" })],
      ["a device that is longer than a topic", state({ deviceId: "x".repeat(70000) })],
      ["no state", { status: "assigned", registrationState: null }],
      ["a status that is no text", '{"status":{"toString":1},"operationId":"1"}'],
      ["an operation that is an object", { status: "assigning", operationId: { a: 1 } }],
      ["an operation with odd characters", { status: "assigning", operationId: "é#+/€" }],
      ["an error that is no text", '{"errorCode":{},"message":{"toString":5}}'],
      ["a member __proto__", '{"__proto__":{"x":1},"status":"x"}'],
      ["brackets", "[".repeat(3000)],
      ["null", "null"],
      ["a list", "[]"],
    ])("%s: the session lives on", (_name, body) => {
      const { cloud, device } = start({ script: (cloud) => (cloud.dpsAnswers = Array(20).fill([200, 0, body])) });
      device.tick(MINUTE);
      expect(asked(cloud)).toBeLessThan(25);
      cloud.dpsAnswers = [];
      device.tick(25 * MINUTE);
      expect(device.errors).toEqual([]);
      expect(cloud.device()).toBeDefined();
    });
  });

  describe("what the hub should not send", () => {
    const PROPS = `c.on("properties", function (n, v) { R("prop " + n); return v; });
c.on("commands", function (x, ack) { ack(x, x.payload); }); c.on("enqueuedCommands", function () {}); c.on("c2d", function () {});`;
    const desired = "$iothub/twin/PATCH/properties/desired/?$version=2";

    test.each([
      ["a name that cannot be reported", '{"a.b":1,"good":1,"$version":2}'],
      ["no name", '{"":1,"good":1,"$version":2}'],
      ["as deep as a twin may be", `{"deep":${'{"a":'.repeat(9)}1${"}".repeat(9)},"good":1,"$version":2}`],
      ["a text that is too long", `{"text":"${"x".repeat(5000)}","good":1,"$version":2}`],
      ["an integer that is too large", '{"n":9007199254740993,"good":1,"$version":2}'],
      ["a name that JSON has", '{"toJSON":1,"good":1,"$version":2}'],
      ["a component with a name that JSON has", '{"pump":{"__t":"c","toJSON":1},"good":1,"$version":2}'],
      ["a member __proto__", '{"__proto__":{"__t":"c","x":1},"good":1,"$version":2}'],
    ])("a property that cannot be acknowledged, %s: the others are", (_name, payload) => {
      const { cloud, device, has } = open({ setup: PROPS });
      cloud.device().send({ cmd: "publish", qos: 0, topic: desired, payload });
      device.tick(1000);
      expect(has("prop good")).toBe(1);
      expect(cloud.twin.reported.good).toEqual({ value: 1, ac: 200, av: 2 });
      expect(device.errors).toEqual([]);
    });

    const METHOD = "$iothub/methods/POST/";
    const C2D = "devices/sim-dev-01/messages/devicebound/";
    const RES = "$iothub/twin/res/";
    test.each(
      [
        [desired, '{"$version":{}}'],
        [desired, '{"a":1,"$version":"2"}'],
        [desired, '{"a":1,"$version":1e308}'],
        [desired, '{"a":1,"$version":[3]}'],
        ["$iothub/twin/PATCH/properties/desired/?$version=abc", '{"a":1}'],
        [METHOD, "1"],
        [METHOD + "x", "1"],
        [METHOD + "x/?$rid=a/b", "1"],
        [METHOD + "x/?$rid=a#+", "1"],
        [METHOD + "%00/?$rid=1", "1"],
        [METHOD + "*/?$rid=1", "1"],
        [METHOD + "a*b*c/?$rid=1", "1"],
        [METHOD + "__proto__/?$rid=1", "["],
        [METHOD + "x/?$rid=" + "9".repeat(60000), "1"],
        [C2D, "1"],
        [C2D + "method-name", "1"],
        [C2D + "method-name=%", "1"],
        [C2D + "method-name=*", "{"],
        [C2D + "method-name=%ff%fe", "\xff"],
        [C2D + "__proto__=1&%24.mid", "1"],
        [C2D + "&&&===", "1"],
        ["devices/other/messages/devicebound/a=b", "x"],
        [RES, ""],
        [RES + "200/?$rid=RID", "{"],
        [RES + "abc/?$rid=RID", ""],
        [RES + "/?$rid=RID", ""],
        [RES + "-5/?$rid=RID", ""],
        [RES + "200/?$rid=99999", '{"desired":{"$version":9}}'],
        ["$iothub", "x"],
        ["$iothub/twin/", "x"],
        ["$dps/registrations/res/200/?$rid=1", "{}"],
        ["/", "x"],
        ["\u0001", "x"],
      ].map(([topic, payload]) => [topic.slice(0, 60), payload.slice(0, 30), topic, payload]),
    )("%s %s: the connection lives on", (_to, _what, topic, payload) => {
      const { cloud, device, said } = open({ setup: PROPS });
      if (/RID/.test(topic)) {
        cloud.twinAnswers = [[0]];
        device.run("c.sendProperty({ probe: 1 });");
        device.tick(50);
      }
      const rid = /rid=(.*)$/.exec(cloud.seen("publish", /twin/).pop().topic)[1];
      const before = cloud.log.length;
      cloud.device().send({
        cmd: "publish",
        qos: topic.startsWith("devices") ? 1 : 0,
        messageId: 7,
        topic: topic.replace("RID", rid),
        payload: Buffer.from(payload, "latin1"),
      });
      device.tick(MINUTE);
      expect(cloud.log.length - before).toBeLessThan(6);
      expect(device.errors).toEqual([]);
      expect(said().filter((line) => /^error undefined/.test(line))).toEqual([]);
      cloud.call("alive", "1", "alive");
      cloud.desire({ alive: 1 }, { version: 9 });
      device.run("c.sendTelemetry({ alive: 1 });");
      device.tick(MINUTE);
      expect(cloud.answers()).toContain("200 alive 1");
      expect(cloud.twin.reported.alive).toEqual({ value: 1, ac: 200, av: 9 });
      expect(cloud.telemetry).toHaveLength(1);
      expect(cloud.connects).toBe(1);
    });
  });

  describe("what a program should not ask", () => {
    test.each([
      [`c.setModelId(5)`, "config: option modelId is no text"],
      [`c.setModelId(null)`, "config: option modelId is no text"],
      [`c.setLogLevel("loud")`, "config: option logLevel is no whole number from 0 to"],
    ])("%s is refused at once, and changes nothing", (call, text) => {
      const { cloud, device, has } = start({ setup: `try { ${call}; } catch (e) { R(said(e)); }` });
      device.tick(1000);
      expect(has(text)).toBe(1);
      expect(cloud.device()).toBeDefined();
    });

    test.each([
      ["agent", "config: option agent is no text"],
      ["dpsHost", "config: option dpsHost is no text"],
      ["idScope", "config: option idScope is no text"],
      ["ntp", "config: option ntp is no text"],
      ["payload", "config: option payload is no object"],
    ])("an option %s that is made a number later: told, and tried again until it is right", (name, text) => {
      const { cloud, device, has } = start({ setup: `var was = c.options.${name}; c.options.${name} = 5;` });
      device.tick(MINUTE);
      expect(has("error " + text)).toBeGreaterThan(0);
      expect(has("open " + text)).toBe(1);
      expect(cloud.connects).toBe(0);
      device.run(`if (was === undefined) delete c.options.${name}; else c.options.${name} = was;`);
      device.tick(10 * MINUTE);
      expect(cloud.device()).toBeDefined();
      expect(device.errors).toEqual([]);
    });

    test.each([
      ["a ring", `ring`],
      ["what cannot be said", `({ toJSON: function () { throw new Error("no"); } })`],
    ])("a payload for provisioning that is %s: told, and no exception out of a timer", (_name, payload) => {
      const { cloud, device, has } = start({ before: "var ring = {}; ring.x = ring;", options: { payload: () => payload } });
      device.tick(10 * MINUTE);
      expect(device.errors).toEqual([]);
      expect(has("error ")).toBeGreaterThan(0);
      expect(has("error ")).toBeLessThan(15);
      expect(cloud.registrations).toBe(0);
    });

    test("what a cache throws, with a code of its own, is no outcome of connect", () => {
      const cache = () => `{ read: function () {}, write: function () { var e = new Error("read-only"); e.code = "EROFS"; throw e; } }`;
      const { said } = open({ options: { cache } });
      expect(said()).toEqual(["error EROFS: read-only", "open ok", "connect"]);
    });

    test("reconnect() after disconnect: all that belongs to a connection", () => {
      const setup = `c.on("commands", function (x, ack) { ack(x, 1); }); c.on("properties", function (n, v) { return v; });`;
      const { cloud, device, has } = open({ setup });
      device.run("c.disconnect();");
      device.tick(1000);
      device.run(`c.sendTelemetry({ n: 1 }, function (e) { R("sent " + said(e)); }); c.reconnect();`);
      device.tick(10000);
      cloud.call("x", "1", "1");
      cloud.desire({ a: 1 });
      device.tick(1000);
      expect([cloud.connects, has("sent ok")]).toEqual([2, 1]);
      expect(cloud.answers()).toEqual(["200 1 1"]);
      expect(cloud.twin.reported.a).toMatchObject({ ac: 200 });
      // And its token is renewed.
      device.tick(90 * MINUTE);
      expect([cloud.refusals, has("error")]).toEqual([0, 0]);
      expect(cloud.seen("disconnect").length).toBeGreaterThan(2);
      device.run("c.disconnect();");
      device.tick(10000);
      expect(device.alive).toEqual({ timers: 0, sockets: 0 });
    });

    test.each([["groupKey"], ["sign"]])("disconnect and reconnect() in one turn, in each moment of a connection (%s)", (by) => {
      const sign = () => `function (bytes, done) { setTimeout(done, 30, undefined, "x".repeat(32)); }`;
      const options = by === "sign" ? { groupKey: undefined, sign } : { groupKey: KEY };
      for (let ms = 0; ms < 700; ms += 20) {
        const { cloud, device, said } = start({ device: { latency: 20 }, options, script: (cloud) => (cloud.verify = () => true) });
        device.tick(ms);
        device.run("c.disconnect(); c.reconnect();");
        device.tick(MINUTE);
        expect([ms, device.errors, cloud.log.filter(({ topic }) => /undefined/.test(topic))]).toEqual([ms, [], []]);
        expect(cloud.device()).toBeDefined();
        expect(said().filter((line) => /^error/.test(line))).toEqual([]);
        cloud.desire({ a: 1 });
        cloud.call("x", "1", "1");
        device.tick(1000);
        expect(cloud.answers()).toEqual(['404 1 {"error":"nobody takes commands"}']);
      }
    });
  });

  describe("an acknowledgement that was not the last word", () => {
    test.each([202, 400, 500])("%i before the restart: what is returned now is acknowledged", (ac) => {
      const twin = { desired: { a: 1, $version: 7 }, reported: { a: { value: 1, ac, av: 7 }, $version: 9 } };
      const { cloud } = open({ setup: `c.on("properties", function (name, value) { return value; });`, twin });
      expect(cloud.twin.reported.a).toEqual({ value: 1, ac: 200, av: 7 });
    });
  });

  test("a hub that is known, and a device whose key was made for another name", () => {
    const options = { idScope: undefined, host: "hub.sim.test", groupKey: KEY, registrationId: "reg-1", deviceId: "sim-dev-01" };
    const { cloud } = open({ options, script: (cloud) => (cloud.key = () => Buffer.from(keyOf("reg-1"), "base64")) });
    expect(cloud.device()).toBeDefined();
    const { device } = open({ options: { ...options, deviceId: "a#" } });
    expect(device.errors.map((e) => e.message)).toContain("option deviceId: up to 128 letters, digits and - . _ :");
  });
};
