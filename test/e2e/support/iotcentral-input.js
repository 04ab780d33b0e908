"use strict";
/* global describe, expect, test */
/** What programs should not give, and the cloud should not send. */
const { starter } = require("./iotcentral-start");

const MINUTE = 60000;

module.exports = function input(createDevice) {
  const start = starter(createDevice);
  const open = (given) => {
    const all = start(given);
    all.device.tick(1000);
    return all;
  };

  describe("odd input", () => {
    test("the same property reported for days without a connection: one message, nothing thrown", () => {
      const { cloud, device } = open();
      cloud.device().close();
      device.tick(100);
      device.offline();
      device.tick(1000);
      device.run(`for (var i = 0; i < 5000; i++) c.sendProperty({ temperature: i });`);
      expect(device.errors).toEqual([]);
      device.offline(false);
      device.tick(2 * MINUTE);
      expect(cloud.twin.reported.temperature).toBe(4999);
    });

    test("callbacks of reports do not pile up without end", () => {
      const { cloud, device, has } = open();
      cloud.device().close();
      device.tick(100);
      device.offline();
      device.tick(1000);
      device.run(`var told = 0; for (var i = 0; i < 3000; i++) c.sendProperty({ t: i }, function (e) { if (e) told++; });`);
      device.run(`R("told " + (told > 1000));`);
      expect(has("told true")).toBe(1);
      expect(device.errors).toEqual([]);
    });

    test.each([
      [`c.sendProperty(5, "pump")`, /^config: reported properties: an object, not 5/],
      [`c.sendProperty(null, "pump")`, /^config: reported properties: an object, not null/],
      [`c.sendTelemetry(undefined)`, /^config: telemetry: an object, a text or bytes, not undefined/],
      [`c.sendTelemetry(5)`, /^config: telemetry: an object, a text or bytes, not 5/],
      [`c.sendTelemetry({}, "json")`, /^config: telemetry properties: an object, not json/],
      [`c.sendTelemetry({}, { messageId: "x".repeat(129) })`, /^limit: messageId: 129 characters of 128/],
      [`c.sendTelemetry({}, {}, "sent")`, /^config: .*callback/],
      [`c.sendProperty({ a: 1 }, 5)`, /^config: .*callback/],
      [`c.sendProperty({ a: 1 }, "pump", {})`, /^config: .*callback/],
      [`c.connect("opened")`, /^config: .*callback/],
    ])("refused by name, at once, before the hub is known and afterwards: %s", (call, wanted) => {
      const attempt = `try { ${call}; R("thrown nothing"); } catch (e) { R("thrown " + said(e)); }`;
      const { cloud, device, has, said } = open({ setup: attempt });
      device.run(attempt);
      device.tick(1000);
      const thrown = said().filter((line) => line.startsWith("thrown "));
      expect(thrown).toHaveLength(2);
      for (const line of thrown) expect(line.slice(7)).toMatch(wanted);
      expect([cloud.telemetry, cloud.twin.reported, has("error")]).toEqual([[], { $version: 1 }, 0]);
    });

    test.each([
      ["a ring", "var x = {}; x.x = x; x"],
      ["what is too long", `"x".repeat(131073)`],
      ["what cannot be said", `({ toJSON: function () { throw new Error("no"); } })`],
    ])("an answer to a command that is %s: 500, and the caller knows", (_name, value) => {
      const { cloud, device, has } = open({ setup: `c.on("commands", function (command, ack) { ack(command, eval(${JSON.stringify(value)})); });` }); // prettier-ignore
      cloud.call("x", "1", "1");
      device.tick(1000);
      expect(cloud.answers()).toEqual(['500 1 {"error":"the command failed"}']);
      expect(has("error ")).toBe(1);
      expect(device.alive.timers).toBeLessThanOrEqual(2);
    });

    test.each([[`"OK"`], ["NaN"], ["4.5"], ["({})"]])(
      "an answer to a command with status %s: refused, and the hub is not made to hang up",
      (status) => {
        const { cloud, device, has } = open({ setup: `c.on("commands", function (command, ack) { ack(command, 1, ${status} || "x"); });` });
        cloud.call("x", "1", "1");
        device.tick(1000);
        expect(cloud.answers()).toEqual(['500 1 {"error":"the command failed"}']);
        expect(has("error config: option status is no whole number")).toBe(1);
        expect(cloud.connects).toBe(1);
      },
    );

    test("a command answered twice by mistake: once; after a 202 the rest is a property", () => {
      const setup = `c.on("commands", function (command, ack) { ack(command, 1, command.name === "slow" ? 202 : 200); ack(command, 2); ack(command, 3); });`;
      const { cloud, device } = open({ setup });
      cloud.call("quick", "1", "1");
      cloud.call("slow", "1", "2");
      device.tick(1000);
      expect(cloud.answers()).toEqual(["200 1 1", "202 2 1"]);
      expect(cloud.twin.reported).toEqual({ slow: { value: 3 }, $version: 2 });
    });

    test("what the cloud should not send is an error that names the topic", () => {
      const { cloud, device, said } = open();
      for (const payload of ["{garbage", "null", "[".repeat(40)])
        cloud.device().send({ cmd: "publish", qos: 0, topic: "$iothub/twin/PATCH/properties/desired/?$version=2", payload });
      device.tick(1000);
      const errors = said().filter((line) => line.startsWith("error ")); // prettier-ignore
      expect(errors).toHaveLength(3);
      for (const line of errors) expect(line).toMatch(/^error (protocol|limit): \$iothub\/twin\/PATCH\/properties\/desired\/: /);
    });

    test("a twin that is JSON and no twin", () => {
      for (const text of ["null", "5", "[]", "{}", '{"desired":null}', '{"desired":5}']) {
        const { cloud, device, said } = open({ script: (cloud) => (cloud.twinText = text) });
        device.run("c.sendProperty({ alive: 1 });");
        device.tick(5000);
        expect([text, cloud.twin.reported.alive]).toEqual([text, 1]);
        expect(said().filter((line) => /^error (?!protocol: \$iothub\/twin\/res\/200\/: no desired)/.test(line))).toEqual([]);
      }
    });

    test("bytes go as they are", () => {
      const { cloud, device } = open();
      const got = [];
      cloud.hooks.publish = (_one, packet) => void got.push(packet.payload.toString("hex"));
      device.run(`c.sendTelemetry(new Uint8Array([0, 255, 128]), { contentType: "application/octet-stream", contentEncoding: null });`);
      device.tick(100);
      expect(got).toEqual(["00ff80"]);
      expect(cloud.telemetry[0].bag).toBe("%24.ct=application%2Foctet-stream");
    });
  });
};
