"use strict";
const { describe, expect, test } = require("@jest/globals");
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
