"use strict";
/* global describe, expect, test */
/**
 * The checklist of docs/iotcentral.md, point by point, against a scripted provisioning service and hub.
 */
const { createHmac } = require("node:crypto");
const { DPS } = require("./azure");
const { vectors, KEY, SCOPE, keyOf, starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function checklist(createDevice) {
  const start = starter(createDevice);

  describe("1 keys, tokens and their encoding", () => {
    test("device key from the group's, by the exported function", () => {
      const { device, said } = start();
      for (const v of vectors.derive)
        device.run(`R(require("iotcentral").deviceKey(${JSON.stringify(v.key_base64)}, ${JSON.stringify(v.registration_id)}));`);
      expect(said().filter((line) => line.endsWith("="))).toEqual(vectors.derive.map((v) => v.device_key_base64));
    });

    test("tokens are percent-encoded, carry skn for provisioning only, and the service takes them", () => {
      const { cloud, device } = start();
      device.tick(1000);
      const [dps, hub] = cloud.seen("connect").map((p) => p.password.toString());
      expect(dps).toMatch(/^SharedAccessSignature sr=0ne00SIM001%2Fregistrations%2Fsim-dev-01&sig=[\w%.~-]+&se=\d{10}&skn=registration$/);
      expect(hub).toMatch(/^SharedAccessSignature sr=hub.sim.test%2Fdevices%2Fsim-dev-01&sig=[\w%.~-]+&se=\d{10}$/);
      expect(cloud.refusals).toBe(0);
    });

    test("a signer in the place of a key, also one that answers later", () => {
      // The clock of the mock stands, so that what is to be signed is known.
      const signed = {};
      for (const sr of [`${SCOPE}/registrations/sim-dev-01`, "hub.sim.test/devices/sim-dev-01"]) {
        const text = encodeURIComponent(sr) + "\n" + (Date.UTC(2026, 0, 1) / 1000 + 3600);
        signed[text] = createHmac("sha256", Buffer.from(keyOf("sim-dev-01"), "base64"))
          .update(text)
          .digest("base64");
      }
      const later = `function (bytes, done) { setTimeout(done, 50, undefined, atob(signed[bytes])); }`;
      for (const sign of [later, `function (bytes) { return atob(signed[bytes]); }`]) {
        const { cloud, device } = start({
          options: { groupKey: undefined, sign: () => sign },
          before: `var signed = ${JSON.stringify(signed)};`,
        });
        device.tick(900);
        expect([cloud.refusals, cloud.connects]).toEqual([0, 1]);
        expect(cloud.device()).toBeDefined();
      }
    });

    test("a signer that signs wrongly or fails: told, and no storm", () => {
      for (const sign of [
        "function () { return 'no signature of anything'; }",
        "function (b, done) { done(new Error('no chip')); }",
        "function () { nothing(); }",
      ]) {
        const { cloud, device, has } = start({ options: { groupKey: undefined, sign: () => sign } });
        device.tick(MINUTE);
        expect(has("error ")).toBeGreaterThan(0);
        expect(cloud.connects).toBe(0);
        expect(cloud.refusals).toBeLessThan(3);
      }
    });

    test("an identifier with every character there may be", () => {
      const { cloud, device } = start({ options: { deviceId: "dev.with_all:chars-9" } });
      device.tick(1000);
      expect(cloud.refusals).toBe(0);
      expect(cloud.device("dev.with_all:chars-9")).toBeDefined();
    });
  });

  describe("2 user names and topics", () => {
    test("user names of provisioning and hub", () => {
      const [dps, , hub] = vectors.username;
      const { cloud, device } = start({ options: { agent: "fw/1.0 (esp32)", modelId: hub.model_id } });
      device.tick(1000);
      const [first, second] = cloud.seen("connect");
      expect(first.username).toBe(dps.expect);
      expect(second.username).toBe(
        hub.expect_model_id_encoded.replace("myhub.azure-devices.net", "hub.sim.test").replace("fw%2F1.0", "fw%2F1.0%20%28esp32%29"),
      );
      expect([first.clean, second.clean, first.keepalive, second.keepalive]).toEqual([true, false, 180, 180]);
    });

    test("a module of a device on a hub that is known", () => {
      const v = vectors.username[3];
      const options = { idScope: undefined, groupKey: undefined, host: "hub.sim.test", deviceKey: keyOf("m"), moduleId: v.module_id };
      const { cloud, device } = start({
        options,
        factory: "hub",
        script: (cloud) => (cloud.key = () => Buffer.from(keyOf("m"), "base64")),
      });
      device.tick(1000);
      const [connect] = cloud.seen("connect");
      expect(connect.username).toBe(v.expect.replace(v.host, "hub.sim.test") + "&DeviceClientType=thincloud");
      expect(connect.clientId).toBe(v.client_id);
      expect(cloud.registrations).toBe(0);
      device.run("c.sendTelemetry('text');");
      device.tick(100);
      expect(cloud.telemetry).toEqual([expect.objectContaining({ bag: "", payload: "text" })]);
    });

    test("a certificate in the place of a token: no password, no clock", () => {
      const options = {
        idScope: undefined,
        groupKey: undefined,
        host: "hub.sim.test",
        cert: "-----BEGIN-----MAAA-----END-----",
        key: "-----BEGIN-----MAAA-----END-----",
      };
      const { cloud, device } = start({ options, device: { now: 0 } });
      device.tick(1000);
      expect(cloud.seen("connect")[0].password).toBeFalsy();
      device.tick(120 * MINUTE);
    });

    test.each(vectors.telemetry_topic.map((v) => [v.name, v]))("telemetry topic: %s", (_name, v) => {
      const { cloud, device } = start({ factory: "hub" });
      device.tick(1000);
      const properties = {};
      for (const { key, value } of v.custom) properties[key === "dt-subject" ? "component" : key] = value;
      Object.assign(properties, v.system);
      device.run(`c.sendTelemetry({}, ${JSON.stringify(properties)});`);
      device.tick(100);
      const wanted = v.topic_official_sdk.replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
      expect("devices/sim-dev-01/messages/events/" + cloud.telemetry[0].bag).toBe(wanted);
    });
  });

  test.each(vectors.c2d_bag.map((v, i) => [i, v]))("3 properties of a message from the cloud: %i", (_i, v) => {
    const { cloud, device, said } = start({
      factory: "hub",
      setup: `c.on("c2d", function (payload, p) { R("c2d " + payload + JSON.stringify(p)); });`,
    });
    device.tick(1000);
    cloud.message(v.topic.slice("devices/sim-dev-01/messages/devicebound/".length), "x");
    device.tick(100);
    expect(said()).toContain("c2d x" + JSON.stringify(v.expect));
  });

  describe("4 provisioning", () => {
    const assigning = { operationId: "5.aa.11", status: "assigning" };
    const run = (dpsAnswers, more = {}) => start({ ...more, script: (cloud) => (cloud.dpsAnswers = dpsAnswers) });
    const asked = (cloud) =>
      cloud
        .seen("publish", /^\$dps/)
        .map((p) => [Math.round((p.at - cloud.log[0].at) / 1000), /PUT/.test(p.topic) ? "PUT" : "GET"].join(" "));

    test("assigning twice, then assigned", () => {
      const { cloud, device, said } = run([[202, 1, assigning], [202, 4, assigning]]); // prettier-ignore
      device.tick(10000);
      expect(asked(cloud)).toEqual(["0 PUT", "1 GET", "5 GET"]);
      expect(cloud.seen("publish", /GET/)[0].topic).toMatch(/&operationId=5\.aa\.11$/);
      expect(said()).toEqual(["open ok", "connect"]);
    });

    test("429 and 503 with retry-after repeat the same step", () => {
      const busy = { errorCode: 429001, message: "throttled" };
      const { cloud, device } = run([[429, 7, busy], [202, 2, assigning], [503, 5, busy]]); // prettier-ignore
      device.tick(20000);
      expect(asked(cloud)).toEqual(["0 PUT", "7 PUT", "9 GET", "14 GET"]);
      expect(cloud.device()).toBeDefined();
    });

    test("429 without retry-after: backoff", () => {
      const { cloud, device } = run([[429, 0, ""], [500, 0, "garbage"]]); // prettier-ignore
      device.tick(30000);
      expect(cloud.seen("publish", /PUT/)).toHaveLength(3);
      expect(cloud.device()).toBeDefined();
    });

    test.each([
      [
        "failed",
        200,
        { status: "failed", registrationState: { status: "failed", errorCode: 400207, errorMessage: "Custom allocation failed" } },
        "refused: provisioning: 200 failed 400207 Custom allocation failed",
        5,
      ],
      ["disabled", 200, { status: "disabled", registrationState: {} }, "refused: provisioning: 200 disabled", 60],
      ["401", 401, { errorCode: 401002, message: "Unauthorized" }, "auth: provisioning: 401  401002 Unauthorized", 5],
      ["404", 404, { errorCode: 404204, message: "no such enrolment" }, "refused: provisioning: 404  404204 no such enrolment", 5],
      ["400", 400, "{", "refused: provisioning: 400", 5],
    ])("%s is told and tried again late", (_name, status, body, text, minutes) => {
      // prettier-ignore
      const { cloud, device, has } = run([[status, 0, body]]);
      device.tick(minutes * MINUTE - 1000);
      expect(has("error " + text)).toBe(1);
      expect(has("open " + text)).toBe(1);
      expect(cloud.registrations).toBe(1);
      device.tick(minutes * 2 * MINUTE);
      expect(cloud.registrations).toBe(2);
      expect(cloud.device()).toBeDefined();
    });

    test("CONNACK 5: told, with no storm", () => {
      const { cloud, device, has } = start({ options: { idScope: "0neWRONG" } });
      device.tick(60 * MINUTE);
      expect(has("error auth: CONNACK 5: not authorised")).toBeGreaterThan(1);
      expect(cloud.refusals).toBeLessThan(12);
    });

    test("no answer: asked again after 30 s, given up after 5 minutes, started anew", () => {
      const { cloud, device, has } = start({ script: (cloud) => (cloud.deaf = true) });
      device.tick(6 * MINUTE);
      expect(has("error timeout: provisioning: no assignment in time")).toBe(1);
      cloud.deaf = false;
      device.tick(MINUTE);
      expect(cloud.device()).toBeDefined();
    });

    test("the answer to another request is none", () => {
      const { cloud, device } = start({ script: (cloud) => (cloud.wrongRid = true) });
      device.tick(29000);
      expect(cloud.connects).toBe(0);
      cloud.wrongRid = false;
      device.tick(2000);
      expect(cloud.device()).toBeDefined();
    });

    test("approval by hand: slow retries, no error loop", () => {
      const { cloud, device, has } = run(Array.from({ length: 1000 }, () => [202, 3, { operationId: "5.aa.11", status: "unassigned" }]));
      device.tick(30 * MINUTE);
      expect(has("error timeout")).toBeLessThan(6);
      cloud.dpsAnswers = [];
      device.tick(60 * MINUTE);
      expect(cloud.device()).toBeDefined();
    });

    test("own payload, model and legacy key; a device id of its own", () => {
      const options = {
        registrationId: "reg-1",
        deviceId: undefined,
        modelId: "dtmi:a:B;1",
        modelKey: "iotcModelId",
        payload: { batch: 7 },
      };
      const { cloud, device } = start({ options, cloud: { deviceId: "other-device" } });
      cloud.key = () => Buffer.from(vectors.derive[0].device_key_base64, "base64");
      device.run("");
      device.tick(100);
      expect(cloud.registered || {}).toEqual({});
      const second = start({
        options,
        cloud: { deviceId: "other-device" },
        script: (c) => (c.key = () => Buffer.from(keyOf("reg-1"), "base64")),
      });
      second.device.tick(1000);
      expect(second.cloud.registered).toEqual({ registrationId: "reg-1", payload: { batch: 7, iotcModelId: "dtmi:a:B;1" } });
      expect(second.cloud.device("other-device")).toBeDefined();
      second.device.run("c.sendTelemetry({ a: 1 })");
      second.device.tick(100);
      expect(second.cloud.telemetry).toHaveLength(1);
    });

    test("the assignment is kept: the next boot goes straight to the hub", () => {
      const cache = () =>
        `{ read: function () { return require("Storage").read("hub"); }, write: function (t) { require("Storage").write("hub", t); } }`;
      const first = start({ options: { cache } });
      first.device.tick(1000);
      expect(first.device.storage.read("hub")).toBe(`["${SCOPE}","sim-dev-01","hub.sim.test","sim-dev-01"]`);
      const kept = first.device.storage.read("hub");
      for (const [text, times] of [
        [kept, 0],
        [kept.slice(0, 20), 1],
        [kept.replace("0ne", "1ne"), 1],
      ]) {
        // prettier-ignore
        const read = () => `{ read: function () { return ${JSON.stringify(text)}; }, write: function () {} }`;
        const next = start({ options: { cache: read } });
        next.device.tick(1000);
        expect(next.cloud.registrations).toBe(times);
        expect(next.cloud.device()).toBeDefined();
      }
    });

    describe("without a cache given, on the host's own storage", () => {
      /** The program starts again, with these options; how often the service was asked until then. */
      const again = ({ cloud, device }, options) => {
        device.run(
          `c.disconnect(); c = require("iotcentral").create(${JSON.stringify(options)}); c.on("error", function () {}); c.connect();`,
        );
        device.tick(5000);
        expect(cloud.device(options.deviceId)).toBeDefined();
        return cloud.registrations;
      };
      const options = { idScope: SCOPE, deviceId: "sim-dev-01", groupKey: KEY, logLevel: 1 };

      test("the next boot goes straight to the hub, one with another id does not", () => {
        const it = start();
        it.device.tick(1000);
        expect(again(it, options)).toBe(1);
        expect(again(it, { ...options, deviceId: "sim-dev-02" })).toBe(2);
        expect(again(it, { ...options, deviceId: "sim-dev-02" })).toBe(2);
        expect(again(it, options)).toBe(3);
      });

      test("false: nothing is kept, and what is kept not used", () => {
        const it = start({ options: { cache: false } });
        it.device.tick(1000);
        expect(again(it, options)).toBe(2);
        expect(again(it, { ...options, cache: false })).toBe(3);
      });

      test("what the hub refuses is asked for anew, and the new answer kept", () => {
        const it = start();
        it.device.tick(1000);
        it.cloud.connacks = Array(50).fill(5);
        it.device.run(`c.disconnect(); c.connect();`);
        it.device.tick(2 * MINUTE);
        expect(it.cloud.registrations).toBeGreaterThan(1);
        it.cloud.connacks = [];
        // The pauses between registrations are drawn at random, and have grown.
        it.device.tick(20 * MINUTE);
        const asked = it.cloud.registrations;
        expect(again(it, options)).toBe(asked);
      });
    });
  });

  describe("5 hub", () => {
    test.each([1, 2, 3, 4, 5])("CONNACK %i", (code) => {
      const { cloud, device, has } = start({ script: (cloud) => (cloud.connacks = Array(20).fill(code)) });
      device.tick(800);
      expect(has(`error ${code > 3 ? "auth" : "refused"}: CONNACK ${code}`)).toBe(1);
      device.tick(2 * MINUTE);
      // Only what says that identity or key is wrong makes it register again.
      expect(cloud.registrations > 1).toBe([2, 4, 5].includes(code));
      cloud.connacks = [];
      device.tick(2 * MINUTE);
      expect(cloud.device()).toBeDefined();
    });

    test("refused for ever: fewer and fewer registrations", () => {
      const { cloud, device } = start({ script: (cloud) => (cloud.connacks = Array(10000).fill(5)) });
      device.tick(180 * MINUTE);
      expect(cloud.registrations).toBeLessThan(40);
    });

    test.each([[true], [false]])("sessionPresent %p: all subscriptions again, each once, the twin is read again", (present) => {
      const { cloud, device } = start();
      device.tick(1000);
      cloud.forgetful = !present;
      cloud.log.length = 0;
      cloud.device().close();
      device.tick(10000);
      const filters = cloud.seen("subscribe").flatMap((p) => p.subscriptions.map(({ topic }) => topic));
      expect(filters.sort()).toEqual([
        "$iothub/methods/POST/#",
        "$iothub/twin/PATCH/properties/desired/#",
        "$iothub/twin/res/#",
        "devices/sim-dev-01/messages/devicebound/#",
      ]);
      expect(cloud.seen("publish", /twin\/GET/)).toHaveLength(1);
    });

    test("a drop while the twin is read, and while a patch is under way", () => {
      const { cloud, device, said } = start({ script: (cloud) => (cloud.twinAnswers = [[0]]) });
      device.tick(1000);
      cloud.device().close();
      device.tick(5000);
      expect(cloud.seen("publish", /twin\/GET/)).toHaveLength(2);
      cloud.twinAnswers = [[0]];
      device.run(`c.sendProperty({ a: 1, b: { x: 1 } }, function (e) { R("reported " + said(e)); });`);
      device.tick(100);
      device.run(`c.sendProperty({ a: 2, b: { y: 2 } });`);
      cloud.device().close();
      device.tick(5000);
      expect(cloud.twin.reported).toMatchObject({ a: 2, b: { x: 1, y: 2 } });
      expect(said().filter((line) => line === "reported ok")).toHaveLength(1);
    });

    test("telemetry without PUBACK comes again on the same session, marked as a duplicate", () => {
      const { cloud, device, has } = start();
      device.tick(1000);
      cloud.acking = false;
      device.run(`c.sendTelemetry({ n: 1 }, function (e) { R("sent " + said(e)); });`);
      device.tick(100);
      expect(has("sent")).toBe(0);
      cloud.acking = true;
      cloud.device().close();
      device.tick(5000);
      expect(cloud.telemetry.map((t) => t.dup)).toEqual([false, true]);
      expect(has("sent ok")).toBe(1);
    });

    test("the token is renewed with a publication pending, which is lost to nobody", () => {
      const { cloud, device, has } = start();
      device.tick(44 * MINUTE);
      const before = cloud.seen("connect").length;
      cloud.acking = false;
      device.run(`c.sendTelemetry({ n: 1 }, function (e) { R("sent " + said(e)); });`);
      device.tick(100);
      cloud.acking = true;
      device.tick(2 * MINUTE);
      expect(cloud.seen("connect")).toHaveLength(before + 1);
      expect(cloud.seen("disconnect")).toHaveLength(2);
      expect(has("sent ok")).toBe(1);
      expect(has("error")).toBe(0);
    });

    test("an expired token: a new one, and no registration", () => {
      const { cloud, device } = start();
      device.tick(1000);
      device.offline();
      device.tick(100 * MINUTE);
      // While it slept the timers slept too.
      device.offline(false);
      device.tick(5 * MINUTE);
      expect(cloud.device()).toBeDefined();
      expect(cloud.refusals).toBe(0);
    });

    test("another client with the id: told, and slowed down", () => {
      const { cloud, device, has } = start();
      device.tick(1000);
      for (let second = 0; second < 600; second++) {
        // The other one comes back at once, each time.
        if (cloud.device()) cloud.device().close();
        device.tick(1000);
      }
      expect(has("error conflict: dropped")).toBeGreaterThan(0);
      expect(cloud.connects).toBeLessThan(60);
    });

    test("the hub is gone: after a quarter of an hour the device registers again", () => {
      const { cloud, device } = start();
      device.tick(1000);
      cloud.connacks = Array(1000).fill(3);
      cloud.device().close();
      device.tick(40 * MINUTE);
      expect(cloud.registrations).toBeGreaterThan(1);
    });
  });

  describe("6 twin", () => {
    const PROPS = `c.on("properties", function (name, value, p) { R("prop " + [name, JSON.stringify(value), p.component || "-", p.version].join(" ")); return ANSWER; });`;
    const props = (answer = "value") => PROPS.replace("ANSWER", answer);
    const heard = (said) =>
      said()
        .filter((line) => line.startsWith("prop "))
        .map((line) => line.slice(5));

    test("all is told on the first connection, acknowledged in the present form", () => {
      const twin = { desired: { interval: 30, name: "x", pump: { __t: "c", speed: 3 }, $version: 7 }, reported: { $version: 1 } };
      const { cloud, device, said } = start({ setup: props(), twin });
      device.tick(1000);
      expect(heard(said)).toEqual(["interval 30 - 7", 'name "x" - 7', "speed 3 pump 7"]);
      expect(cloud.twin.reported).toMatchObject({
        interval: { value: 30, ac: 200, av: 7 },
        name: { value: "x", ac: 200, av: 7 },
        pump: { __t: "c", speed: { value: 3, ac: 200, av: 7 } },
      });
      // Several acknowledgements are one message.
      expect(cloud.seen("publish", /PATCH/)).toHaveLength(1);
    });

    test("what is acknowledged already is applied silently", () => {
      const twin = {
        desired: { a: 1, b: 2, $version: 7 },
        reported: { a: { value: 1, ac: 200, av: 7 }, b: { value: 1, ac: 200, av: 6 }, $version: 9 },
      };
      const { cloud, device, said } = start({ setup: props(), twin });
      device.tick(1000);
      expect(heard(said)).toHaveLength(2);
      expect(cloud.seen("publish", /PATCH/).map((p) => p.payload)).toEqual(['{"b":{"value":2,"ac":200,"av":7}}']);
    });

    test("a change that comes before the answer to GET, with either order of versions", () => {
      for (const stale of [false, true]) {
        const { cloud, device, said } = start({
          setup: props(),
          twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } },
          script: (cloud) => {
            let once = true;
            const old = JSON.stringify(cloud.twin);
            cloud.hooks.beforeGet = () => {
              if (!once) return void (cloud.twinText = undefined);
              once = false;
              cloud.desire({ a: 2 });
              if (stale) cloud.twinText = old;
            };
          },
        });
        device.tick(10000);
        expect(heard(said)).toEqual(["a 2 - 5"]);
        expect(cloud.twin.reported.a).toEqual({ value: 2, ac: 200, av: 5 });
      }
    });

    test("a gap of versions: the twin is read; what is old is no news", () => {
      const { cloud, device, said } = start({ setup: props(), twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } } });
      device.tick(1000);
      cloud.desire({ b: 1 }, { quiet: true });
      cloud.desire({ a: 3 });
      device.tick(1000);
      cloud
        .device()
        .send({ cmd: "publish", qos: 0, topic: "$iothub/twin/PATCH/properties/desired/?$version=5", payload: '{"b":1,"$version":5}' });
      device.tick(1000);
      expect(heard(said)).toEqual(["a 1 - 4", "a 3 - 6", "b 1 - 6"]);
      expect(cloud.seen("publish", /GET/)).toHaveLength(2);
    });

    describe("desired properties without $version", () => {
      const topic = "$iothub/twin/PATCH/properties/desired/";
      const send = (cloud, where, body) => cloud.device().send({ cmd: "publish", qos: 0, topic: topic + where, payload: body });

      test("in the body: that of the topic counts", () => {
        const { cloud, device, said } = start({ setup: props(), twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } } });
        device.tick(1000);
        send(cloud, "?$version=5", '{"a":2}');
        send(cloud, "?$version=5", '{"a":2}');
        device.tick(1000);
        expect(heard(said)).toEqual(["a 1 - 4", "a 2 - 5"]);
        expect(cloud.seen("publish", /GET/)).toHaveLength(1);
      });

      test("nowhere: the twin is read", () => {
        const { cloud, device, said } = start({ setup: props(), twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } } });
        device.tick(1000);
        cloud.desire({ a: 2 }, { quiet: true });
        send(cloud, "", '{"a":2}');
        device.tick(1000);
        expect(heard(said)).toEqual(["a 1 - 4", "a 2 - 5"]);
        expect(cloud.seen("publish", /GET/)).toHaveLength(2);
      });

      test("a twin older than what has come is still read once more", () => {
        const { device, said } = start({
          setup: props(),
          twin: { desired: { a: 1, $version: 4 }, reported: { $version: 1 } },
          script: (cloud) => {
            const old = JSON.stringify(cloud.twin);
            let n = 0;
            cloud.hooks.beforeGet = (one) => {
              cloud.twinText = n ? undefined : old;
              if (!n++) {
                cloud.desire({ a: 2 });
                one.send({ cmd: "publish", qos: 0, topic, payload: '{"a":2}' });
              }
            };
          },
        });
        device.tick(10000);
        expect(heard(said)).toEqual(["a 2 - 5"]);
      });
    });

    test("what was changed while it was away is told after the reconnect, also after the renewal of a token", () => {
      const { cloud, device, said } = start({ setup: props() });
      device.tick(1000);
      cloud.device().close();
      cloud.desire({ a: 1 });
      device.tick(10000);
      expect(heard(said)).toEqual(["a 1 - 2"]);
      device.tick(60 * MINUTE);
      expect(heard(said)).toHaveLength(1);
    });

    test("falsy values, null and legacy objects", () => {
      const twin = {
        desired: { zero: 0, no: false, empty: "", old: { value: 5 }, object: { value: 5, more: 1 }, $version: 2 },
        reported: { $version: 1 },
      };
      const { cloud, device, said } = start({ setup: props(), twin });
      device.tick(1000);
      expect(heard(said)).toEqual(["zero 0 - 2", "no false - 2", 'empty "" - 2', "old 5 - 2", 'object {"value":5,"more":1} - 2']);
      expect(cloud.twin.reported).toMatchObject({ zero: { value: 0 }, no: { value: false }, empty: { value: "" }, old: { value: 5 } });
      cloud.desire({ zero: null });
      device.tick(100);
      expect(heard(said).pop()).toBe("zero null - 3");
    });

    test("answers by hand: 202 then 200, 400 with a reason; a handler that throws is 500", () => {
      const setup = `c.on("properties", function (name, value, p) {
      if (name === "bad") throw new Error("broken");
      if (name === "slow") { p.ack(1, 202, "working"); setTimeout(function () { p.ack(value, 200); }, 5000); }
      if (name === "high") p.ack(10, 400, "at most 10");
    });`;
      const twin = { desired: { bad: 1, slow: 2, high: 99, $version: 3 }, reported: { $version: 1 } };
      const { cloud, device, has } = start({ setup, twin });
      device.tick(1000);
      expect(cloud.twin.reported).toMatchObject({
        bad: { ac: 500, av: 3 },
        slow: { value: 1, ac: 202, av: 3, ad: "working" },
        high: { value: 10, ac: 400, ad: "at most 10" },
      });
      expect(has("error undefined: broken")).toBe(1);
      device.tick(6000);
      expect(cloud.twin.reported.slow).toMatchObject({ value: 2, ac: 200 });
    });

    test("legacy acknowledgements by option", () => {
      const { cloud, device } = start({
        setup: props(),
        options: { legacyAck: true },
        twin: { desired: { a: { value: 1 }, $version: 3 }, reported: {} },
      });
      device.tick(1000);
      expect(cloud.twin.reported.a).toEqual({ value: 1, status: "completed", desiredVersion: 3 });
    });

    test("400 is the caller's, 429 and 503 and silence are tried again", () => {
      const { cloud, device, said } = start();
      device.tick(1000);
      cloud.twinAnswers = [[400, '{"errorCode":400004,"message":"no"}'], [429, ""], [503, ""], [0]]; // prettier-ignore
      device.run(`c.sendProperty({ a: 1 }, function (e) { R("1 " + said(e)); });`);
      device.tick(100);
      device.run(
        `c.sendProperty({ b: 1 }, function (e) { R("2 " + said(e)); }); c.sendProperty({ d: 1 }, "pump", function (e) { R("3 " + said(e)); });`,
      );
      device.tick(MINUTE);
      expect(said().filter((line) => /^[123] /.test(line))).toEqual([
        '1 refused: twin: 400 {"errorCode":400004,"message":"no"}',
        "2 ok",
        "3 ok",
      ]);
      expect(cloud.twin.reported).toEqual({ b: 1, pump: { __t: "c", d: 1 }, $version: 2 });
    });

    test("one patch in flight, the others coalesced", () => {
      const { cloud, device } = start({ device: { latency: 100 } });
      device.tick(5000);
      for (let i = 0; i < 50; i++) device.run(`c.sendProperty({ n: ${i} });`);
      device.tick(1000);
      expect(cloud.seen("publish", /PATCH/).map((p) => p.payload)).toEqual(['{"n":0}', '{"n":49}']);
    });

    test("a document of 64 KB, and one that is none", () => {
      const desired = { $version: 3 };
      for (let i = 0; i < 8; i++) desired["k" + i] = "x".repeat(4000);
      const reported = { $version: 1 };
      for (let i = 0; i < 8; i++) reported["k" + i] = "y".repeat(4000);
      const { cloud, device, said } = start({
        setup: `c.on("properties", function (name, v) { R("prop " + name + v.length); });`,
        twin: { desired, reported },
      });
      device.tick(5000);
      expect(heard(said)).toEqual(Array.from({ length: 8 }, (_, i) => `k${i}4000`));
      cloud.twinText = "{garbage";
      cloud.device().close();
      device.tick(5000);
      device.run("c.sendProperty({ alive: 1 })");
      device.tick(5000);
      expect(said().filter((line) => /^error protocol/.test(line))).toHaveLength(1);
      expect(cloud.twin.reported.alive).toBe(1);
    });
  });

  describe("7 commands", () => {
    const setup = `var later;
c.on("commands", function (command, ack) {
  R("command " + JSON.stringify(command));
  if (command.name === "throws") throw new Error("broken");
  if (command.name === "later") later = function (v) { ack(command, v); };
  else if (command.name === "silent") ack(command);
  else if (command.name === "text") ack(command, "fine", 201);
  else if (command.name === "echo") ack(command, command.payload);
  else return false;
});`;
    const run = () => {
      const all = start({ setup });
      all.device.tick(1000);
      return all;
    };

    test.each(['{"a":[1,"é"]}', "[1,2]", '"text"', "12.5", "null", "true"])("echo of %s", (payload) => {
      const { cloud, device } = run();
      cloud.call("echo", payload, "1");
      device.tick(100);
      expect(cloud.answers()).toEqual(["200 1 " + payload]);
    });

    test("no payload; no value", () => {
      const { cloud, device, said } = run();
      cloud.call("silent", undefined, "1");
      device.tick(100);
      expect(cloud.answers()).toEqual(["200 1 null"]);
      expect(said()).toContain('command {"name":"silent"}');
    });

    test("unknown, thrown, malformed, nobody there", () => {
      const { cloud, device, has } = run();
      cloud.call("nothing", "1", "1");
      cloud.call("throws", "1", "2");
      cloud.call("echo", "{bad", "3");
      device.tick(100);
      expect(cloud.answers()).toEqual([
        '404 1 {"error":"no such command"}',
        '500 2 {"error":"the command failed"}',
        '400 3 {"error":"the payload is no JSON"}',
      ]);
      expect(has("error undefined: broken")).toBe(1);
      for (const factory of ["create", "hub"]) {
        const bare = start({ factory });
        bare.device.tick(1000);
        bare.cloud.call("echo", "1", "9");
        bare.device.tick(100);
        expect(bare.cloud.answers()[0]).toMatch(/^404 9 /);
      }
    });

    test("a slow one is answered 202 in time, its value is reported as a property", () => {
      const { cloud, device } = run();
      cloud.call("later", "", "1");
      cloud.call("pump*later", "", "2");
      device.tick(24000);
      expect(cloud.answers()).toEqual([]);
      device.tick(2000);
      expect(cloud.answers()).toEqual(["202 1 null", "202 2 null"]);
      device.run("later({ done: 1 });");
      device.tick(100);
      expect(cloud.twin.reported).toMatchObject({ pump: { __t: "c", later: { value: { done: 1 } } } });
    });

    test("answered in time, once", () => {
      const { cloud, device } = run();
      cloud.call("later", "", "1");
      device.tick(20000);
      device.run("later(5);");
      device.tick(20000);
      expect(cloud.answers()).toEqual(["200 1 5"]);
      expect(device.alive.timers).toBeLessThanOrEqual(2);
    });

    test.each(["1", "a-b-c", "0f", "x%20y", "5.%2F"])("the request id %s is echoed as it is", (rid) => {
      const { cloud, device } = run();
      cloud.call("echo", "1", rid);
      device.tick(100);
      expect(cloud.answers()).toEqual([`200 ${rid} 1`]);
    });

    test("components, with the star as it is and escaped; other escapes", () => {
      const { cloud, device, said } = run();
      cloud.call("pump*echo", "1");
      cloud.call("pump%2Aecho", "2");
      cloud.call("caf%C3%A9", "3");
      device.tick(100);
      expect(said().filter((line) => line.startsWith("command"))).toEqual([
        'command {"name":"echo","payload":1,"component":"pump"}',
        'command {"name":"echo","payload":2,"component":"pump"}',
        device.unicode ? 'command {"name":"café","payload":3}' : 'command {"name":"caf\\u00C3\\u00A9","payload":3}',
      ]);
    });
  });

  describe("8 cloud to device", () => {
    const setup = `c.on("enqueuedCommands", function (command) { R("offline " + JSON.stringify(command)); });
c.on("c2d", function (payload, p) { R("c2d " + payload + " " + p["$.mid"]); });`;
    test.each([
      ["no parameter", "method-name=Diag", "@", '{"name":"Diag"}'],
      ["bare text", "method-name=Diag", "some text", '{"name":"Diag","payload":"some text"}'],
      ["number", "method-name=Diag", "1.5", '{"name":"Diag","payload":1.5}'],
      ["JSON", "method-name=Diag", '{"a":[1]}', '{"name":"Diag","payload":{"a":[1]}}'],
      ["old prefix", "method-name=Commands%3ADiag", "1", '{"name":"Diag","payload":1}'],
      ["component", "method-name=pump*Diag", "1", '{"name":"Diag","component":"pump","payload":1}'],
    ])("offline command: %s", (_name, bag, payload, wanted) => {
      const { cloud, device, said } = start({ setup });
      device.tick(1000);
      cloud.message("%24.mid=m1&iothub-ack=full&" + bag, payload);
      device.tick(100);
      expect(said()).toContain("offline " + wanted);
      expect(cloud.seen("puback")).toHaveLength(1);
    });

    test("without a method name it is a message", () => {
      const { cloud, device, said } = start({ setup });
      device.tick(1000);
      cloud.message("%24.mid=m1&a=b", "hello");
      device.tick(100);
      expect(said()).toContain("c2d hello m1");
    });

    test("redelivered: once; sent while it was away: on the next connection", () => {
      const { cloud, device, has } = start({ setup });
      device.tick(1000);
      for (let i = 0; i < 3; i++) cloud.message("%24.mid=same&method-name=Diag", "@");
      device.tick(100);
      expect(has("offline ")).toBe(1);
      expect(cloud.seen("puback")).toHaveLength(3);
      cloud.device().close();
      cloud.message("%24.mid=same&method-name=Diag", "@");
      cloud.message("%24.mid=other&method-name=Diag", "@");
      device.tick(10000);
      expect(has("offline ")).toBe(2);
    });

    test("the hub is told that it was taken after the handlers, so what dies in one is delivered again", () => {
      const setup = `c.on("enqueuedCommands", function () { R("in the handler"); later(); });`;
      const { cloud, device, said } = start({ setup, before: "function later() {}" });
      device.tick(1000);
      const at = [];
      const log = cloud.log;
      const push = log.push.bind(log);
      log.push = (entry) => {
        if (entry.cmd === "puback") at.push(said().filter((line) => line === "in the handler").length);
        return push(entry);
      };
      cloud.message("method-name=Diag", "@");
      device.tick(100);
      expect(at).toEqual([1]);
    });

    test("a device that sleeps: one connection each time it wakes, and what came meanwhile", () => {
      const wake = `
var n = (n || 0) + 1;
c = require("iotcentral").create(${JSON.stringify({ idScope: SCOPE, deviceId: "sim-dev-01", groupKey: KEY, logLevel: 1 })});
c.on("enqueuedCommands", function (x) { R("offline " + x.name); });
c.on("properties", function (name, value) { R("prop " + name + value); return value; });
c.on("end", function () { R("asleep"); });
c.sendTelemetry({ n: n }, function () { setTimeout(function () { c.disconnect(); }, 2000); });
c.connect();`;
      const { cloud, device, said, has } = start();
      device.tick(1000);
      device.run("c.disconnect();");
      device.tick(1000);
      cloud.log.length = 0;
      for (let i = 0; i < 24; i++) {
        cloud.message("%24.mid=" + i + "&method-name=m" + i, "@");
        cloud.desire({ i });
        device.tick(60 * MINUTE);
        device.run(wake);
        device.tick(10000);
        expect(cloud.device()).toBeUndefined();
        expect(device.alive).toEqual({ timers: 0, sockets: 0 });
      }
      expect(cloud.seen("connect")).toHaveLength(24);
      expect(cloud.registrations).toBe(1);
      expect(cloud.telemetry.map((t) => JSON.parse(t.payload).n)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
      expect(said().filter((line) => /^offline|^prop/.test(line))).toHaveLength(48);
      expect(cloud.twin.reported.i.value).toBe(23);
      expect(has("asleep")).toBe(24);
      expect(has("error")).toBe(0);
    });

    test("a handler that throws", () => {
      const { cloud, device, has } = start({ setup: `c.on("enqueuedCommands", function () { throw new Error("broken"); });` });
      device.tick(1000);
      cloud.message("method-name=Diag", "@");
      device.tick(100);
      expect(has("error undefined: broken")).toBe(1);
      expect(cloud.device()).toBeDefined();
    });
  });

  describe("9 topic safety", () => {
    test("any character in names and values of properties", () => {
      const { cloud, device } = start();
      device.tick(1000);
      const odd = "#+\0 %&=/?é€😀!'()*~";
      device.run(`c.sendTelemetry({ a: 1 }, { ${JSON.stringify(odd)}: ${JSON.stringify(odd)}, component: ${JSON.stringify(odd)} });`);
      device.tick(100);
      expect(cloud.telemetry).toHaveLength(1);
      const fields = cloud.telemetry[0].bag.split("&").map((pair) => pair.split("=").map(decodeURIComponent));
      expect(fields).toContainEqual([odd, odd]);
      expect(fields).toContainEqual(["$.sub", odd]);
      expect(cloud.telemetry[0].bag).toMatch(/^[\w.~%=&-]+$/);
    });

    test("ids of 128 characters", () => {
      const { cloud, device } = start({ options: { deviceId: "x".repeat(128) } });
      device.tick(1000);
      expect(cloud.device("x".repeat(128))).toBeDefined();
    });

    test.each([
      ["an id with a slash", { deviceId: "a/b" }, "config: option deviceId: up to 128 letters, digits and - . _ :"],
      ["an id of 129", { deviceId: "x".repeat(129) }, "config: option deviceId: up to 128 letters, digits and - . _ :"],
      ["an id with an umlaut", { deviceId: "gerät" }, "config: option deviceId: up to 128 letters, digits and - . _ :"],
      ["no id", { deviceId: undefined }, "config: option deviceId: up to 128 letters, digits and - . _ :"],
      ["a broken key", { groupKey: "abc" }, "config: key: base64"],
      ["a broken device key", { groupKey: undefined, deviceKey: "a===" }, "config: key: base64"],
      ["no key", { groupKey: undefined }, "config: option groupKey, deviceKey, sign, or cert and key"],
      ["neither scope nor host", { idScope: undefined }, "config: option idScope (provisioning), or host (a hub)"],
      ["an option that is none", { colour: 1 }, "config: option colour is unknown"],
      ["a client id", { clientId: "x" }, "config: option clientId: the services say it, leave it out"],
      ["a user name", { username: "x" }, "config: option username: the services say it, leave it out"],
      ["a password", { password: "x" }, "config: option password: the services say it, leave it out"],
      ["a clean session", { clean: true }, "config: option clean: the services say it, leave it out"],
      ["subscriptions left to MQTT", { resubscribe: true }, "config: option resubscribe: the services say it, leave it out"],
      ["a module with a wildcard", { moduleId: "m#" }, "config: option moduleId: letters, digits and - . _ :"],
      ["a certificate without its key", { groupKey: undefined, cert: "x" }, "config: option groupKey, deviceKey, sign, or cert and key"],
      ["a spread that is no number", { startSpread: "1" }, "config: option startSpread cannot be this string"],
      ["a keepalive the hub does not bear", { keepalive: 1200 }, "config: option keepalive: up to 1177 seconds"],
      ["a token that lives for seconds", { tokenLifetime: 5 }, "config: option tokenLifetime: 60 to 2000000 seconds"],
    ])("%s is refused at once", (_name, options, text) => {
      const { device } = start({ options });
      expect(device.log.join(" ") + device.errors.map((e) => `${e.code}: ${e.message}`)).toContain(text);
    });

    test.each([
      [`c.sendTelemetry({ a: "x".repeat(262144) })`, /^limit: telemetry: \d+ bytes of 262144/],
      [`c.sendTelemetry({ _a: 1 })`, /^config: telemetry _a: IoT Central keeps this name/],
      [`c.sendTelemetry({ PartitionId: 1 })`, /^config: telemetry PartitionId/],
      [`c.sendProperty(5)`, /^config: reported properties: an object, not 5/],
      [`c.sendProperty([1])`, /^config: reported properties: an object/],
      [`c.sendProperty(null)`, /^config: reported properties: an object, not null/],
      [`c.sendProperty({ "a.b": 1 })`, /^config: a\.b: names have/],
      [`c.sendProperty({ a: { "b c": 1 } })`, /^config: a\.b c: names have/],
      [`c.sendProperty({ a: { b: 4503599627370496 } })`, /^limit: a\.b: .*integers are within 4503599627370495/],
      [`c.sendProperty({ a: "x".repeat(4097) })`, /^limit: a: strings have up to 4096 bytes/],
      [`c.sendProperty({ a: {b:{c:{d:{e:{f:{g:{h:{i:{j:{k:1}}}}}}}}}} })`, /^limit: a\.b\.c\.d\.e\.f\.g\.h\.i\.j: nested deeper than 10/],
      [
        `var big = {}; for (var i = 0; i < 9; i++) big["k" + i] = "x".repeat(4000); c.sendProperty(big)`,
        /^limit: reported properties: \d+ bytes of 32768/,
      ],
    ])("before it is sent: %s", (call, wanted) => {
      const { cloud, device, said } = start();
      device.tick(1000);
      device.run(`try { ${call} } catch (e) { R("thrown " + said(e)); }`);
      device.tick(1000);
      expect(
        said()
          .filter((line) => line.startsWith("thrown "))
          .map((line) => line.slice(7)),
      ).toEqual([expect.stringMatching(wanted)]);
      expect(cloud.device()).toBeDefined();
      expect(cloud.telemetry).toEqual([]);
    });
  });

  describe("10 the clock", () => {
    const at = (now) => ({ device: { now } });
    test.each([
      ["1970", 0],
      ["2000", Date.UTC(2000, 0, 1)],
      ["946684800", 946684800],
    ])("unset (%s), nobody tells the time: error clock, nothing signed", (_name, now) => {
      // prettier-ignore
      const { cloud, device, has } = start(at(now));
      device.tick(MINUTE);
      expect(has("error clock: ")).toBeGreaterThan(0);
      expect(cloud.seen("connect")).toEqual([]);
    });

    const REAL = Date.UTC(2026, 5, 1, 12);
    const later = (cloud) => {
      const { clock } = cloud;
      cloud.clock = { now: () => clock.now() + REAL };
    };

    test("unset: SNTP tells it; what was measured before gets its time afterwards", () => {
      const { cloud, device } = start({ ...at(0), script: later });
      device.tick(1000);
      device.run("c.sendTelemetry({ early: 1 });");
      device.tick(20000);
      expect(cloud.seen("connect")).toEqual([]);
      device.net.udp(123, (bytes, answer) => {
        const seconds = Math.floor((device.clock.now() + REAL) / 1000) + 2208988800;
        const time = Buffer.alloc(8);
        time.writeUInt32BE(seconds, 0);
        answer("\x24\x01" + "\0".repeat(38) + time.toString("latin1"));
      });
      device.net.name("pool.ntp.org");
      device.tick(2 * MINUTE);
      expect(cloud.refusals).toBe(0);
      const stamp = decodeURIComponent(/creation-time-utc=([^&]*)/.exec(cloud.telemetry[0].bag)[1]);
      expect(Math.abs(Date.parse(stamp) - REAL)).toBeLessThan(2000);
    });

    test("unset: the Date of HTTPS is taken where SNTP is not answered", () => {
      const { cloud, device } = start({ ...at(0), options: { ntp: "" }, script: later });
      const asked = [];
      device.net.serve(443, (peer) => {
        peer.onData = (bytes) => {
          asked.push(peer.link.host + " " + bytes.split("\r\n")[0]);
          peer.write(
            "HTTP/1.1 404 Not Found\r\nDate: " + new Date(device.clock.now() + REAL).toUTCString() + "\r\nContent-Length: 0\r\n\r\n",
          );
        };
      });
      device.tick(2 * MINUTE);
      expect(asked).toEqual([DPS + " HEAD / HTTP/1.1"]);
      expect(cloud.device()).toBeDefined();
      expect(cloud.refusals).toBe(0);
    });

    test.each([-10, 10])("%i minutes wrong", (minutes) => {
      const { cloud, device } = start({
        script: (cloud) => {
          const { clock } = cloud;
          cloud.clock = { now: () => clock.now() - minutes * MINUTE };
        },
      });
      device.tick(3 * 60 * MINUTE);
      expect(cloud.refusals).toBe(0);
      expect(cloud.seen("connect").length).toBeGreaterThan(3);
    });

    test("past 2038 and 2106", () => {
      for (const year of [2039, 2107]) {
        const { cloud, device } = start(at(Date.UTC(year, 0, 1)));
        device.tick(2 * 60 * MINUTE);
        expect(cloud.refusals).toBe(0);
        expect(cloud.device()).toBeDefined();
      }
    });
  });

  test("30 days with a token of an hour: no refusal, every message once or more, in order, with its time when it waited", () => {
    const app = `
var n = 0;
setInterval(function () { n++; c.sendTelemetry({ n: n, t: Date.now() }); }, 600000);
c.on("properties", function (name, value) { return value; });`;
    const { cloud, device, has } = start({ setup: app, device: { latency: 40 } });
    const DAY = 24 * 60 * MINUTE;
    const bounds = [];
    for (let day = 0; day < 30; day++) {
      device.tick(DAY - 7 * 60 * MINUTE);
      // Each day has an outage: the Wi-Fi gone, the hub closing, silence.
      if (day % 3 === 0) device.offline();
      else if (day % 3 === 1) cloud.device().close();
      else if (device.links[0]) device.links[0].silence();
      const from = device.clock.now();
      device.tick(2 * 60 * MINUTE);
      device.offline(false);
      device.tick(5 * 60 * MINUTE);
      bounds.push(from);
      cloud.desire({ day });
    }
    device.tick(MINUTE);
    expect(cloud.refusals).toBe(0);
    expect(has("error auth")).toBe(0);
    const got = cloud.telemetry.map((t) => ({
      ...JSON.parse(t.payload),
      at: t.at,
      stamp: (/creation-time-utc=([^&]*)/.exec(t.bag) || [])[1],
    }));
    const order = [];
    for (const { n } of got) if (!order.includes(n)) order.push(n);
    expect(order).toEqual(Array.from({ length: 30 * 144 }, (_, i) => i + 1));
    // Sent in time, or with the time at which it was made.
    for (const one of got.filter((g) => g.stamp)) expect(Date.parse(decodeURIComponent(one.stamp))).toBe(one.t);
    const late = got.filter((g) => g.at - g.t > MINUTE && !g.stamp);
    // The one that told us that the link was dead: none knew before.
    expect(late.length).toBeLessThanOrEqual(20);
    expect(cloud.seen("connect").length).toBeGreaterThan(30 * 24);
    expect(cloud.twin.reported.day).toMatchObject({ value: 29 });
  });

  test("no key and no token in any line or error, on the most talkative level", () => {
    const { cloud, device } = start({
      options: { logLevel: 3 },
      script: (cloud) => {
        cloud.dpsAnswers = [[429, 1, ""], [401, 0, { message: "no" }]]; // prettier-ignore
        cloud.connacks = [5, 5];
      },
      setup: `c.on("commands", function (command, ack) { ack(command, 1); });`,
    });
    device.tick(30 * MINUTE);
    cloud.call("x", "1");
    device.run("c.sendTelemetry({ a: 1 });");
    device.tick(60 * MINUTE);
    const secrets = [KEY, keyOf("sim-dev-01"), "SharedAccessSignature", "sig="];
    for (const p of cloud.seen("connect")) secrets.push(p.password.toString(), /sig=([^&]*)/.exec(p.password.toString())[1]);
    const text = device.log.join("\n") + device.errors.map((e) => e.message).join();
    expect(device.log.length).toBeGreaterThan(10);
    for (const secret of secrets) expect(text).not.toContain(secret);
  });

  test("the seed's calls, under their names", () => {
    const setup = `
var lines = [];
c.setLogLevel(3); c.setModelId("dtmi:set:Later;1"); c.setContentType("text/plain"); c.setContentEncoding("ascii"); c.listen();`;
    const logger = () =>
      `{ info: function (t) { R("info " + t); }, debug: function (t) { R("debug " + t); }, setLogLevel: function (l) { R("level " + l); } }`;
    const { cloud, device, said, has } = start({ setup, options: { logger } });
    expect(has("level 3")).toBe(1);
    device.tick(1000);
    expect(cloud.registered.payload).toEqual({ modelId: "dtmi:set:Later;1" });
    device.run(`c.sendTelemetry("plain"); R("is " + c.isConnected()); c.disconnect(function () { R("gone " + c.isConnected()); });`);
    device.tick(1000);
    expect(cloud.telemetry[0]).toMatchObject({ bag: "%24.ct=text%2Fplain&%24.ce=ascii", payload: "plain" });
    expect(said().slice(-2)).toEqual(["is true", "gone false"]);
    expect(has("info connected")).toBe(1);
    expect(has("debug received")).toBeGreaterThan(0);
    device.tick(120 * MINUTE);
    expect(cloud.seen("connect")).toHaveLength(2);
    expect(device.alive).toEqual({ timers: 0, sockets: 0 });
  });
};
