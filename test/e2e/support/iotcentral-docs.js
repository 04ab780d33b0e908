"use strict";
/* global describe, expect, test */
/** What docs/iotcentral.md and docs/sas.md show and promise, run as it stands there. */
const path = require("node:path");
const { readFileSync } = require("node:fs");
const { KEY, SCOPE, keyOf, starter } = require("./iotcentral-start");

const samples = (name) =>
  readFileSync(path.join(__dirname, "../../../docs", name), "utf8")
    .split("```js\n")
    .slice(1)
    .map((part) => part.split("```")[0]);

module.exports = function docs(createDevice) {
  const start = starter(createDevice);
  const open = (given) => {
    const all = start(given);
    all.device.tick(1000);
    return all;
  };

  describe("what the docs show", () => {
    const [quick, sleeping] = samples("iotcentral.md");
    /** The sample's device instead of the test's. */
    const run = (text) => {
      const all = start({ options: { deviceId: "other" }, setup: "var connect = c.connect; c.connect = function () {};", cloud: { idScope: "0ne00000000" } }); // prettier-ignore
      all.device.run(text.replace(/"…"/g, `"${keyOf("thermostat-1")}"`));
      all.device.tick(1000);
      return all;
    };

    test("iotcentral, quick start", () => {
      const { cloud, device } = run(quick);
      cloud.device = () => cloud.connections.get("thermostat-1");
      expect(cloud.telemetry.map(({ payload }) => payload)).toEqual(['{"temperature":21.5}']);
      cloud.desire({ interval: 5 });
      cloud.call("x", "", "1");
      device.tick(1000);
      expect(cloud.twin.reported.interval).toEqual({ value: 5, ac: 200, av: 2 });
      expect(cloud.answers()).toEqual(['200 1 {"done":true}']);
      expect([device.errors, cloud.refusals]).toEqual([[], 0]);
    });

    test("iotcentral, a device that sleeps", () => {
      const { cloud, device, has } = run(
        `function sleep() { R("asleep"); }\n` + quick.split("client.connect(")[0] + sleeping.replace("setTimeout(function", 'setTimeout(R("measured") || function'),
      ); // prettier-ignore
      expect([has("measured"), has("asleep")]).toEqual([1, 0]);
      device.tick(5000);
      expect(has("asleep")).toBe(1);
      expect(cloud.telemetry).toHaveLength(1);
      expect(device.alive).toEqual({ timers: 0, sockets: 0 });
    });

    test("sas", () => {
      const { device, said } = start();
      device.run(`var groupKey = "${KEY}";${samples("sas.md").join("\n")}\nR(key); R(token);`);
      const [key, token] = said().slice(-2);
      expect(key).toBe(keyOf("thermostat-1"));
      expect(token).toMatch(/^SharedAccessSignature sr=myhub.azure-devices.net%2Fdevices%2Fthermostat-1&sig=[\w%]+&se=\d{10}$/);
    });
  });

  describe("what the docs promise", () => {
    test("nothing, and a list, are telemetry", () => {
      const { cloud, device } = open();
      device.run(`c.sendTelemetry(""); c.sendTelemetry([{ t: 1 }, { t: 2 }]);`);
      device.tick(1000);
      expect(cloud.telemetry.map(({ payload }) => payload)).toEqual(["", '[{"t":1},{"t":2}]']);
    });

    test("a value of the device's own accord: 203, of version 0", () => {
      const { cloud, device } = open();
      device.run(`c.sendProperty({ interval: { value: 30, ac: 203, av: 0 } });`);
      device.tick(1000);
      expect(cloud.twin.reported.interval).toEqual({ value: 30, ac: 203, av: 0 });
    });

    test("where the file of the assignment is erased, a new start registers", () => {
      const { cloud, device } = open();
      device.run(
        `c.disconnect(); require("Storage").erase("azure.hub"); c = require("iotcentral").create(${JSON.stringify({ idScope: SCOPE, deviceId: "sim-dev-01", groupKey: KEY, logLevel: 1 })}); c.connect();`,
      );
      device.tick(5000);
      expect(cloud.registrations).toBe(2);
    });

    test("a logger hears each line, whatever the level; the console's lines are those of the level", () => {
      const logger = () => `{ info: function () { R("info"); }, debug: function () { R("debug"); } }`;
      const own = open({ options: { logger, logLevel: 1 } });
      expect([own.has("info") > 0, own.has("debug") > 0]).toEqual([true, true]);
      const lines = [1, 2, 3].map((logLevel) => open({ options: { logLevel } }).device.log.filter((line) => !line.startsWith("R ")).length);
      expect([lines[0], lines[1] > 0, lines[2] > lines[1]]).toEqual([0, true, true]);
    });

    test("a certificate registers too: no password, to provisioning and hub", () => {
      const pem = "-----BEGIN-----MAAA-----END-----";
      const { cloud } = open({ options: { groupKey: undefined, cert: pem, key: pem }, script: (cloud) => (cloud.verify = () => true) });
      expect(cloud.seen("connect").map(({ host, password }) => [host, !!password])).toEqual([
        ["global.azure-devices-provisioning.net", false],
        ["hub.sim.test", false],
      ]);
    });
  });
};
