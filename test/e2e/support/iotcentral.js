"use strict";
/* global expect, test */
/** The checklist of docs/iotcentral.md, against a scripted provisioning service and hub; its points are in the files named here. */
const { KEY, keyOf, starter } = require("./iotcentral-start");

const parts = [
  require("./iotcentral-names"),
  require("./iotcentral-provisioning"),
  require("./iotcentral-connection"),
  require("./iotcentral-twin"),
  require("./iotcentral-messages"),
];

const MINUTE = 60000;

module.exports = function checklist(createDevice) {
  const start = starter(createDevice);

  for (const part of parts) part(createDevice);

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
    // The one that told us that the link was dead: none knew before. A renewal that falls on the way back sends it once more.
    const late = new Set(got.filter((g) => g.at - g.t > MINUTE && !g.stamp).map((g) => g.n));
    expect(late.size).toBeLessThanOrEqual(20);
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
