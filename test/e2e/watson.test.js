"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { describe, expect, test } = require("@jest/globals");
const { SAMPLE } = require("../clouds/watson");
const { world } = require("./support/watson");

const DEVICE =
  'var watson = require("watson"); var client = new watson.DeviceClient(watson.parseConfigFile("app.cfg")); client.on("error", print);';

describe("the shipped file on a board", () => {
  test("reads its configuration from Storage; what it sends without a set clock has no time", () => {
    const it = world({ now: 1000 });
    it.device.run(`${DEVICE} client.publishEvent("status", { t: "21 \xc2\xb0C" });`.replace("\xc2\xb0", "°"));
    it.pass(1000);
    expect(it.cloud.events.map(({ topic, payload }) => [topic, payload.toString("utf8")])).toEqual([
      ["iot-2/type/therm/id/t-001/evt/status/fmt/json", '{"d":{"t":"21 °C"}}'],
    ]);
    it.device.run('client.commandCallback = function (c) { print("time " + c.timestamp); };');
    it.cloud.route("abc123", "iot-2/type/therm/id/t-001/cmd/x/fmt/json", "{}", 1);
    it.pass(100);
    expect(it.device.log).toEqual(["time undefined"]);
  });

  test("with a clock it says when", () => {
    const it = world();
    it.device.run(`${DEVICE} client.publishEvent("status", 1);`);
    it.pass(1000);
    expect(JSON.parse(it.cloud.events[0].payload)).toEqual({ d: 1, ts: expect.stringMatching(/^2026-01-01T00:00:0\d\.\d{3}Z$/) });
  });

  test("renews the management before the lifetime ends, also over a loss of the line", () => {
    const it = world();
    it.device.run(`${DEVICE} client.manage();`);
    it.pass(2000);
    expect([it.there.managed, it.there.manages]).toEqual([true, 1]);
    it.pass(3470000);
    expect(it.there.manages).toBe(1);
    it.cloud.wireOf("d:abc123:therm:t-001").close("lost");
    it.pass(30000);
    expect(it.there.manages).toBe(2);
    expect(it.device.errors).toEqual([]);
  });

  test("goes on renewing after an answer that did not come, and after a line that was down for long", () => {
    const it = world();
    it.device.run(`${DEVICE} client.manage();`);
    it.pass(2000);
    const { asked } = it.there;
    it.there.asked = () => undefined;
    const { send } = it.there;
    it.there.send = () => true;
    it.pass(3480000 + 31000);
    expect(it.device.log.join()).toMatch(/no answer/);
    Object.assign(it.there, { asked, send });
    it.pass(61000);
    // Before the lifetime was over.
    expect(it.there.manages).toBe(2);
    it.pass(3400000);
    const accept = it.cloud.peer;
    it.network.serve(1883, (peer) => peer.end());
    it.cloud.wireOf("d:abc123:therm:t-001").close("lost");
    it.pass(600000);
    expect(it.there.manages).toBe(2);
    it.network.serve(1883, accept);
    it.pass(120000);
    const { manages } = it.there;
    expect(manages).toBeGreaterThan(2);
    it.pass(3500000);
    expect(it.there.manages).toBe(manages + 1);
  });

  test("reboots when it is told to, after it has answered", async () => {
    const it = world({ boot: `${DEVICE} client.manage({ reboot: true });` });
    it.device.restart();
    it.pass(2000);
    const boots = it.device.boots;
    const answer = it.there.reboot();
    it.pass(3000);
    expect((await answer).rc).toBe(202);
    expect(it.device.boots).toBe(boots + 1);
    expect(it.there.manages).toBe(2);
    // It said goodbye.
    expect(it.cloud.closed).toEqual([]);
  });

  test("packets cut anywhere", () => {
    const it = world({ chunk: 7 });
    it.device.run(`${DEVICE} client.commandCallback = function (c) { client.publishEvent(c.command, c.data); };`);
    it.pass(1000);
    for (let i = 0; i < 10; i++)
      it.cloud.route("abc123", "iot-2/type/therm/id/t-001/cmd/echo/fmt/json", JSON.stringify({ d: "x".repeat(i * 20) }), 1);
    it.pass(5000);
    expect(it.cloud.events.map(({ payload }) => JSON.parse(payload).d.length)).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160, 180]);
  });

  test("two with one id are told, and slow down", () => {
    const it = world();
    it.device.run(DEVICE);
    it.pass(1000);
    for (let i = 0; i < 4; i++) {
      const wire = it.cloud.wireOf("d:abc123:therm:t-001");
      if (wire) wire.close("stolen");
      it.pass(3000);
    }
    expect(it.device.log.join()).toMatch(/twice/);
  });

  test("the end answers also what was being written", () => {
    const it = world();
    it.device.run(`${DEVICE} function done(e) { print(e.code); }`);
    it.pass(1000);
    it.device.offline();
    // The first is being written and stays so, the second waits for that.
    it.device.run('client.publishEvent("e", 1, done); client.publishEvent("e", 2, done); client.end(true);');
    it.pass(1000);
    expect(it.device.log).toEqual(["network", "network"]);
  });
});

describe("docs/watson.md, as it stands", () => {
  const root = path.join(__dirname, "../..");
  const text = fs.readFileSync(path.join(root, "docs/watson.md"), "utf8");
  const samples = (kind) => [...text.matchAll(new RegExp("```" + kind + "\n([^`]*)```", "g"))].map(([, code]) => code);
  const [DEVICE_SAMPLE, APPLICATION_SAMPLE, FIRMWARE_SAMPLE, ...others] = samples("js");
  const { keys, devices } = SAMPLE.abc123;
  const [[key, token]] = Object.entries(keys);
  const device = DEVICE_SAMPLE.replace("…", devices["therm:t-001"]);
  const config = samples("ini")[0].replace("a-abc123-…", key).replace("…", token);

  /** A board, and the platform under the name that the samples have, behind TLS. */
  const open = (options) => {
    const it = world(options);
    it.network.name("abc123.messaging.iot.example");
    it.network.serve(8883, it.cloud.peer);
    return it;
  };
  const good = (it) => {
    expect([it.device.errors, it.device.log.filter((line) => /rror/.test(line)), it.cloud.closed]).toEqual([[], [], []]);
  };

  test("has two samples to begin with and one for firmware", () => expect(others).toEqual([]));

  test("a device", () => {
    const it = open();
    // A PC has no thermometer.
    it.device.run(`E.getTemperature = function () { return 21; }; ${device}`);
    it.pass(25000);
    expect(it.cloud.events.map(({ topic, payload }) => [topic, JSON.parse(payload).d])).toEqual(
      Array(2).fill(["iot-2/type/therm/id/t-001/evt/status/fmt/json", { celsius: 21 }]),
    );
    it.cloud.route("abc123", "iot-2/type/therm/id/t-001/cmd/x/fmt/json", '{"d":"hello"}', 1);
    it.pass(100);
    expect(it.device.log).toEqual(["x hello"]);
    good(it);
  });

  test("an application", () => {
    const it = open({ config });
    it.device.run(APPLICATION_SAMPLE);
    it.pass(2000);
    expect(it.cloud.events.map(({ topic, payload }) => [topic, JSON.parse(payload).d])).toEqual([
      ["iot-2/type/therm/id/t-001/cmd/reboot/fmt/json", { rebootDelay: 50 }],
    ]);
    it.cloud.route("abc123", "iot-2/type/therm/id/t-001/evt/status/fmt/json", '{"d":21}', 0);
    it.pass(100);
    expect(it.device.log).toEqual(["therm:t-001 status 21"]);
    good(it);
  });

  test("firmware, and what is told when the new program did not confirm itself", () => {
    const files = Object.fromEntries(["watson", "ota", "otahttp"].map((name) => [name, path.join(root, "dist/espruino", name + ".js")]));
    const it = open({ storage: files });
    it.device.run(`var KEY = "${"00".repeat(60)}", VERSION = "1.0"; ${device} ${FIRMWARE_SAMPLE}`);
    it.pass(2000);
    expect([it.there.managed, it.there.info, it.there.supports.firmwareActions]).toEqual([true, { fwVersion: "1.0" }, true]);
    expect(it.there.notified).toEqual([]);
    it.device.run('ota.emit("reverted", {})');
    it.pass(1000);
    expect(it.there.notified).toEqual([{ field: "mgmt.firmware", value: { state: 0, updateStatus: 5 } }]);
    good(it);
  });
});
