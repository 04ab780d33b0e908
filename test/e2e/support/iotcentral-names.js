"use strict";
/* global describe, expect, test */
/** Of the checklist of docs/iotcentral.md: keys, tokens, names and topics. */
const { createHmac } = require("node:crypto");
const { vectors, SCOPE, keyOf, starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function names(createDevice) {
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
      ["a spread that is no number", { startSpread: "1" }, "config: option startSpread is no whole number from 0 to"],
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
};
