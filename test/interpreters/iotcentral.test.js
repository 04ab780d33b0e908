"use strict";
/** The shipped file on the real interpreters against the local Azure: provisioning, twin, commands, telemetry, a new token. */
const { certificates, pem } = require("../rig/certs");
const { encrypted } = require("../rig/encrypted");
const { createCloud } = require("../clouds/azure");

const KEY = Buffer.alloc(64, "group key of the test ").toString("base64");
const ID = "device-1";

const APP = (options) => `
var c = require("iotcentral").create(${JSON.stringify(options)});
c.on("error", function (e) { R("error " + e.code + " " + e.message); });
c.on("connect", function () { R("connect"); });
c.on("properties", function (name, value) { R("property " + name + " " + value); return value; });
c.on("commands", function (command, ack) { R("command " + command.name + " " + command.payload.n); ack(command, { twice: command.payload.n * 2 }); });
c.on("enqueuedCommands", function (command) { R("offline " + command.name + " " + command.payload); });
c.connect(function (e) {
  R("open " + (e ? e.message : "ok"));
  c.sendTelemetry({ temperature: 21.5, note: "21 °C" }, { batch: "a b" }, function (e) { R("sent " + !e); });
});
setInterval(function () {}, 10000);`;

async function session(t, secure) {
  const cloud = createCloud({ dps: { groups: { all: { key: KEY } }, assignedHub: "localhost", retryAfter: 1, polls: 1 } });
  const { ca, server } = secure ? certificates() : {};
  await cloud.listen(secure ? { tls: server } : {});
  t.defer(() => cloud.close());
  const options = {
    idScope: cloud.dps.idScope,
    deviceId: ID,
    groupKey: KEY,
    modelId: "dtmi:thincloud:Test;1",
    dpsHost: "localhost",
    dpsPort: cloud.dps.port,
    port: cloud.hub.port,
    protocol: secure ? "mqtts" : "mqtt",
    ntp: "",
    logLevel: 1,
    // The shortest there is: it is renewed after 45 seconds.
    tokenLifetime: 60,
  };
  if (secure) options.ca = pem(ca.cert);
  const device = await t.device({ modules: ["iotcentral"], script: APP(options), timeout: 80000 });
  await t.until(() => device.lines.includes("sent true"), "telemetry that is acknowledged", 20000);
  const twin = cloud.hub.twin(ID);
  twin.patch({ interval: 7 });
  await t.until(() => device.lines.includes("property interval 7"), "the desired property");
  const answer = await cloud.hub.invoke(ID, "pump", { n: 21 });
  t.assert.deepStrictEqual(answer, { status: 200, payload: { twice: 42 } });
  cloud.hub.send(ID, "now", { properties: { "method-name": "Restart" } });
  await t.until(() => device.lines.includes("offline Restart now"), "the offline command");
  await t.until(() => device.lines.filter((line) => line === "connect").length === 2, "the connection with the next token", 60000);
  const bodies = cloud.hub.telemetry.map(({ text }) => text);
  t.assert.deepStrictEqual(bodies, ['{"temperature":21.5,"note":"21 °C"}']);
  t.assert.deepStrictEqual(cloud.closed.filter((one) => !/disconnect/i.test(JSON.stringify(one))), [], "the cloud refused something"); // prettier-ignore
  t.assert.ok(!device.lines.some((line) => /^error/.test(line)), device.lines.join("\n"));
}

module.exports = [
  {
    name: "provisioning, twin, commands, telemetry, next token; plain TCP",
    on: ["espruino64", "espruino32", "iotjs"],
    timeout: 90000,
    run: (t) => session(t, false),
  },
  {
    name: "the same, verified TLS",
    on: ["iotjs"],
    timeout: 90000,
    run: (t) => session(t, true),
  },
  {
    name: "the same, TLS",
    on: ["espruino64", "espruino32"],
    timeout: 90000,
    run: encrypted((t) => session(t, true)),
  },
];
