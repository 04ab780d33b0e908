"use strict";
/* global describe, expect, test */
/** What the MicroPython client of IoT Central gets wrong, one by one, and that this one does not. Further cases are in the checklist. */
const path = require("node:path");
const { readFileSync } = require("node:fs");
const { KEY, SCOPE, keyOf, starter } = require("./iotcentral-start");

const MINUTE = 60000;
const DIST = path.join(__dirname, "../../../dist/espruino/iotcentral.js");

module.exports = function seed(createDevice) {
  const start = starter(createDevice);
  const open = (given) => {
    const all = start(given);
    all.device.tick(1000);
    return all;
  };
  const refused = (options) => {
    const { device } = start({ options });
    return device.log.join(" ") + device.errors.map((e) => `${e.code}: ${e.message}`);
  };
  const lines = (said, word) => said().filter((line) => line.startsWith(word + " ")).map((line) => line.slice(word.length + 1)); // prettier-ignore
  const PROPS = `c.on("properties", function (name, value, p) { R("prop " + name + " " + JSON.stringify(value) + (p.component || "")); return value; });`;
  const OFFLINE = `c.on("enqueuedCommands", function (x) { R("offline " + JSON.stringify(x)); });
c.on("c2d", function (body, p) { R("c2d " + body + " " + JSON.stringify(p)); });`;

  describe("what the seed gets wrong: security", () => {
    test("1 TLS without verification: it is TLS unless told otherwise, and verification cannot be switched off", () => {
      const { cloud } = open();
      expect(cloud.device()).toBeDefined();
      expect(refused({ rejectUnauthorized: false })).toContain("config: option rejectUnauthorized is unknown");
      expect(refused({ protocol: "http" })).toContain("config: option protocol: mqtt or mqtts");
    });

    test("2 tokens and a broken key in the log: not even in the error that says it is broken", () => {
      const broken = "c2VjcmV0LWtleS10aGF0LWlzLWJyb2tlbg";
      const text = refused({ groupKey: undefined, deviceKey: broken });
      expect(text).toContain("config: key: base64");
      expect(text).not.toContain(broken);
    });

    test("3 code is fetched when it is imported: the file asks for libraries of the interpreter only", () => {
      const asked = readFileSync(DIST, "latin1").match(/require\([^)]*\)/g);
      expect([...new Set(asked)].sort()).toEqual(['require("Storage")', 'require("crypto")', 'require("dgram")', expect.stringMatching(/^require\(\w\?"tls":"net"\)$/)]); // prettier-ignore
    });

    test("4 the group's key has to live on the device: the device's own will do, and that of a group is not kept", () => {
      const own = open({ options: { groupKey: undefined, deviceKey: keyOf("sim-dev-01") } });
      expect(own.cloud.refusals).toBe(0);
      expect(own.cloud.device()).toBeDefined();
      const { device, said } = open();
      device.run("for (var name in c.options) R('option ' + c.options[name]);");
      expect(lines(said, "option")).not.toContain(KEY);
    });
  });

  describe("what the seed gets wrong: token and connection", () => {
    test("5 a token that is never renewed, and a refusal that ends the program", () => {
      const { cloud, device, has } = open();
      device.tick(6 * 60 * MINUTE);
      expect(cloud.refusals).toBe(0);
      expect(cloud.seen("connect").length).toBeGreaterThan(7);
      cloud.connacks = [5];
      cloud.device().close();
      device.tick(10 * MINUTE);
      expect(has("error auth: CONNACK 5")).toBe(1);
      expect(cloud.device()).toBeDefined();
    });

    test("6 an expiry that counts from 2000, and one of a clock that was never set", () => {
      const { cloud } = open();
      const se = cloud.seen("connect").map((p) => +/se=(\d+)/.exec(p.password)[1] - Math.floor(p.at / 1000));
      expect(se).toEqual([3600, 3600]);
      const unset = open({ device: { now: 0 } });
      expect(unset.cloud.seen("connect")).toEqual([]);
    });

    test("7 after a reconnect nothing is subscribed and the twin not read", () => {
      const { cloud, device } = open();
      cloud.log.length = 0;
      cloud.device().close();
      device.tick(5000);
      expect(cloud.seen("subscribe").flatMap((p) => p.subscriptions)).toHaveLength(4);
      expect(cloud.seen("publish", /twin\/GET/)).toHaveLength(1);
    });

    test("8 connected for ever, no good-bye, no events", () => {
      const setup = `c.on("close", function () { R("close " + c.isConnected()); }); c.on("offline", function () { R("offline"); });`;
      const { cloud, device, said } = open({ setup });
      cloud.device().close();
      device.tick(500);
      expect(said()).toEqual(expect.arrayContaining(["close false", "offline"]));
      device.tick(5000);
      device.run("c.disconnect(function () { R('gone ' + c.isConnected()); });");
      device.tick(1000);
      expect(said()).toContain("gone false");
      expect(cloud.seen("disconnect").length).toBeGreaterThan(0);
    });

    test("9 it registers at each start", () => {
      const { cloud, device } = open();
      for (let i = 0; i < 3; i++) {
        device.run(
          `c.disconnect(); c = require("iotcentral").create(${JSON.stringify({ idScope: SCOPE, deviceId: "sim-dev-01", groupKey: KEY, logLevel: 1 })}); c.connect();`,
        );
        device.tick(2000);
      }
      expect(cloud.registrations).toBe(1);
      expect(cloud.connects).toBe(4);
    });

    test("10 TLS options that the library of the day does not take: what is no certificate is refused by name", () => {
      expect(refused({ ca: true })).toContain("config: option ca is no text");
    });
  });

  describe("what the seed gets wrong: provisioning", () => {
    const answers = (list) => ({ script: (cloud) => (cloud.dpsAnswers = list) });

    test.each([401, 404, 302, 418])("11, 13 status %i is an error that says so, not a missing key", (status) => {
      const { has, device } = open(answers([[status, 0, { errorCode: 7, message: "no" }]])); // prettier-ignore
      expect(has(`provisioning: ${status}  7 no`)).toBe(2);
      expect(device.errors).toEqual([]);
    });

    test.each(["failed", "disabled"])("12 %s comes with 200", (status) => {
      const { has } = open(answers([[200, 0, { status, registrationState: {} }]])); // prettier-ignore
      expect(has(`open refused: provisioning: 200 ${status}`)).toBe(1);
    });

    test("14 retry-after is not heard, and asking goes ever deeper", () => {
      const wait = [202, 1, { operationId: "5.aa.11", status: "assigning" }];
      const { cloud, device } = start(answers(Array(200).fill(wait)));
      device.tick(150000);
      const asked = cloud.seen("publish", /^\$dps/).map((p) => p.at);
      expect(asked.length).toBeGreaterThan(140);
      for (let i = 1; i < asked.length; i++) expect(asked[i] - asked[i - 1]).toBeGreaterThanOrEqual(1000);
    });

    test("15 certificates cannot be reached", () => {
      const pem = "-----BEGIN-----MAAA-----END-----";
      const { cloud, device } = start({ options: { idScope: undefined, host: "hub.sim.test", groupKey: undefined, cert: pem, key: pem } });
      device.tick(1000);
      expect(cloud.seen("connect")[0].password).toBeFalsy();
    });

    test("16 the model is told in the old form, and to provisioning only", () => {
      const { cloud } = open({ options: { modelId: "dtmi:a:B;1" } });
      expect(cloud.registered.payload).toEqual({ modelId: "dtmi:a:B;1" });
      expect(cloud.seen("connect")[1].username).toContain("&model-id=dtmi%3Aa%3AB%3B1&");
    });

    test("17 the device id that provisioning gives is not used", () => {
      const { cloud } = open({
        options: { registrationId: "reg-1", deviceId: undefined },
        cloud: { deviceId: "other" },
        script: (cloud) => (cloud.key = () => Buffer.from(keyOf("reg-1"), "base64")),
      });
      expect(cloud.device("other")).toBeDefined();
    });

    test("18 a bad key ends the whole program: it is an error that can be caught", () => {
      const { device, said } = open();
      device.run(
        `try { require("iotcentral").create({ idScope: "x", deviceId: "y", deviceKey: "%" }); } catch (e) { R("caught " + e.code); }`,
      );
      expect(said()).toContain("caught config");
    });
  });

  describe("what the seed gets wrong: telemetry", () => {
    const bagOf = (call, setup) => {
      const { cloud, device } = open({ setup });
      device.run(call);
      device.tick(100);
      return cloud.telemetry[0].bag;
    };

    test("19 the first property is glued to the encoding", () =>
      expect(bagOf(`c.sendTelemetry({ t: 1 }, { name: "value" });`)).toBe("%24.ct=application%2Fjson&%24.ce=utf-8&name=value"));

    test("20 twelve characters are encoded, # and ü are not", () =>
      expect(bagOf(`c.sendTelemetry({ t: 1 }, { "a#ü": "+/é" });`)).toContain("&a%23%C3%BC=%2B%2F%C3%A9"));

    test("21 the content encoding goes out raw", () =>
      expect(bagOf(`c.sendTelemetry({ t: 1 });`, `c.setContentEncoding("utf-8; a&b");`)).toContain("%24.ce=utf-8%3B%20a%26b"));

    test("22 QoS 0, nobody is told, nothing waits", () => {
      const { cloud, device, said } = start();
      device.run(`c.sendTelemetry({ t: 1 }, function (e) { R("sent " + said(e)); });`);
      device.tick(1000);
      expect(cloud.seen("publish", /events/).map((p) => p.qos)).toEqual([1]);
      expect(said()).toContain("sent ok");
    });

    test("23 no component, no message id, no time", () => {
      const { cloud, device } = start();
      device.run(`c.sendTelemetry({ t: 1 }, { component: "pump", messageId: "m 1" });`);
      device.tick(1000);
      expect(cloud.telemetry[0].bag).toMatch(/^%24\.mid=m%201&.*%24\.sub=pump&iothub-creation-time-utc=2026-01-01T00%3A00%3A00\.000Z$/);
    });
  });

  describe("what the seed gets wrong: twin", () => {
    const twin = (desired, reported = {}) => ({ desired: { ...desired, $version: 3 }, reported: { ...reported, $version: 1 } });

    test("24 what was set while the device was away is lost", () => {
      const { cloud, said } = open({ setup: PROPS, twin: twin({ a: 1 }) });
      expect(cloud.seen("publish", /twin\/GET/).map((p) => p.payload)).toEqual([""]);
      expect(lines(said, "prop")).toEqual(["a 1"]);
    });

    test("25 only the old form of a property is understood", () => {
      const { said } = open({ setup: PROPS, twin: twin({ now: 5, old: { value: 6 } }) });
      expect(lines(said, "prop")).toEqual(["now 5", "old 6"]);
    });

    test('26 0, false and "" cannot be acknowledged', () => {
      const { cloud } = open({ setup: PROPS, twin: twin({ zero: 0, no: false, empty: "" }) });
      const { zero, no, empty } = cloud.twin.reported;
      expect([zero.ac, no.ac, empty.ac]).toEqual([200, 200, 200]);
    });

    test("27 the old acknowledgement, and none of a failure", () => {
      const setup = `c.on("properties", function (name, value, p) { if (name === "bad") throw new Error("broken"); return value; });`;
      const { cloud } = open({ setup, twin: twin({ good: 1, bad: 2 }) });
      expect(cloud.twin.reported.good).toEqual({ value: 1, ac: 200, av: 3 });
      expect(cloud.twin.reported.bad).toEqual({ value: 2, ac: 500, av: 3 });
    });

    test("28 no components", () => {
      const { cloud, said } = open({ setup: PROPS, twin: twin({ pump: { __t: "c", speed: 3 } }) });
      expect(lines(said, "prop")).toEqual(["speed 3pump"]);
      expect(cloud.twin.reported.pump).toEqual({ __t: "c", speed: { value: 3, ac: 200, av: 3 } });
    });

    test("29 requests have the second for a number, their answers nobody reads", () => {
      const { cloud, device, said } = open();
      cloud.twinAnswers = [[400, "no"], [429, ""]]; // prettier-ignore
      device.run(`c.sendProperty({ a: 1 }, function (e) { R("1 " + said(e)); });`);
      device.tick(10);
      device.run(`c.sendProperty({ b: 1 }, function (e) { R("2 " + said(e)); });`);
      device.tick(10000);
      const rids = cloud.seen("publish", /^\$iothub\/twin/).map((p) => /\$rid=(.*)/.exec(p.topic)[1]);
      expect(new Set(rids).size).toBe(rids.length);
      expect(said().slice(-2)).toEqual(["1 refused: twin: 400 no", "2 ok"]);
    });

    test("30 versions have no order", () => {
      const { cloud, device, said } = open({ setup: PROPS, twin: twin({ a: 1 }) });
      cloud.desire({ a: 2 });
      const topic = "$iothub/twin/PATCH/properties/desired/?$version=3";
      cloud.device().send({ cmd: "publish", qos: 0, topic, payload: '{"a":1,"$version":3}' });
      device.tick(1000);
      expect(lines(said, "prop")).toEqual(["a 1", "a 2"]);
    });
  });

  describe("what the seed gets wrong: commands", () => {
    test("31 a command is answered before it is carried out, an unknown one never", () => {
      const setup = `c.on("commands", function (x, ack) { if (x.name !== "pump") return false; setTimeout(function () { ack(x, "done", 201); }, 2000); });`;
      const { cloud, device } = open({ setup });
      cloud.call("pump", "1", "1");
      cloud.call("other", "1", "2");
      device.tick(1000);
      expect(cloud.answers()).toEqual(['404 2 {"error":"no such command"}']);
      device.tick(2000);
      expect(cloud.answers()[1]).toBe('201 1 "done"');
    });

    test("32 its payload is bytes", () => {
      const { cloud, device, said } = open({ setup: `c.on("commands", function (x) { R("n " + (x.payload.n + 1)); });` });
      cloud.call("x", '{"n":41}');
      device.tick(100);
      expect(said()).toContain("n 42");
    });

    test("33 offline: a prefix is wanted, other messages break it, names stay encoded, an answer goes to nobody, QoS 0 loses", () => {
      const { cloud, device, said } = open({ setup: OFFLINE });
      expect(cloud.seen("subscribe").flatMap((p) => p.subscriptions)).toContainEqual(
        expect.objectContaining({ topic: "devices/sim-dev-01/messages/devicebound/#", qos: 1 }),
      );
      cloud.message("method-name=Commands%3Ago", "1");
      cloud.message("method-name=stop", "2");
      cloud.message("%24.mid=m&a%20b=c%26d", "hello");
      device.tick(100);
      expect(lines(said, "offline")).toEqual(['{"name":"go","payload":1}', '{"name":"stop","payload":2}']);
      expect(lines(said, "c2d")).toEqual(['hello {"$.mid":"m","a b":"c&d"}']);
      expect(cloud.answers()).toEqual([]);
    });
  });

  describe("what the seed gets wrong: the loop", () => {
    test("34 the reader falls behind: a hundred messages without one call of listen()", () => {
      const { cloud, device, said } = open({ setup: OFFLINE });
      for (let i = 0; i < 100; i++) cloud.message("method-name=n", "" + i);
      device.tick(1000);
      expect(lines(said, "offline")).toHaveLength(100);
    });

    test("35 an id of 128 characters breaks the subscription", () => {
      const id = "x".repeat(128);
      const { cloud } = open({ options: { deviceId: id } });
      expect(cloud.seen("subscribe").flatMap((p) => p.subscriptions.map(({ topic }) => topic))).toContain(
        `devices/${id}/messages/devicebound/#`,
      );
    });

    test("36 no retries, no backoff, no jitter, no will", () => {
      const { cloud, device } = open({
        options: { will: { topic: "devices/sim-dev-01/messages/events/", payload: "gone", qos: 1 } },
      });
      expect(cloud.seen("connect")[1].will).toMatchObject({ topic: "devices/sim-dev-01/messages/events/" });
      cloud.connacks = Array(8).fill(3);
      cloud.log.length = 0;
      cloud.device().close();
      device.tick(20 * MINUTE);
      const at = cloud.seen("connect").map((p) => p.at);
      const waits = at.slice(1).map((t, i) => t - at[i]);
      expect(new Set(waits).size).toBe(waits.length);
      expect(Math.max(...waits)).toBeGreaterThan(2000);
      expect(cloud.device()).toBeDefined();
    });
  });
};
