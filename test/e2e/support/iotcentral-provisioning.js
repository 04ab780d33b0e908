"use strict";
/* global describe, expect, test */
/** Of the checklist of docs/iotcentral.md: provisioning. */
const { vectors, KEY, SCOPE, keyOf, starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function provisioning(createDevice) {
  const start = starter(createDevice);

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
};
