"use strict";
/** examples/iotcentral.js with a local Azure, and an operator who sets a property, calls commands and cuts the connection. */
const { createHmac } = require("node:crypto");
const { delay } = require("../../test/rig/broker");
const { createCloud } = require("../../test/clouds/azure");

const ID = "thermostat-1";
const GROUP = Buffer.alloc(64, "the key of a group").toString("base64");
const deviceKey = createHmac("sha256", Buffer.from(GROUP, "base64")).update(ID).digest("base64");

async function run({ seconds, say, example, boot }) {
  const cloud = createCloud({ dps: { groups: { all: { key: GROUP } }, assignedHub: "localhost" } });
  await cloud.listen();
  say("cloud", `provisioning on port ${cloud.dps.port}, hub on port ${cloud.hub.port}, both without TLS`);
  const place = { dpsHost: "localhost", dpsPort: cloud.dps.port, port: cloud.hub.port, protocol: "mqtt", ntp: "" };
  let app = example("iotcentral.js", { SCOPE: cloud.dps.idScope, DEVICE: ID, KEY: deviceKey, every: 500 });
  for (const name of Object.keys(place))
    app = app.replace("  idScope: SCOPE,", (line) => `${line}\n  ${name}: ${JSON.stringify(place[name])},`);
  const heard = [];
  const device = await boot({
    app,
    heard(line) {
      heard.push(line);
      say("device", line);
    },
  });
  const rest = seconds * 1000;
  await delay(rest * 0.3);
  const early = cloud.hub.telemetry.length;
  say("cloud", `${early} messages, the last: ${early && cloud.hub.telemetry[early - 1].text}`);
  say("cloud", "the operator sets targetTemperature 25, then 99");
  const twin = cloud.hub.twin(ID);
  twin.patch({ targetTemperature: 25 });
  await delay(rest * 0.1);
  const accepted = JSON.stringify(twin.reported.targetTemperature);
  twin.patch({ targetTemperature: 99 });
  await delay(rest * 0.1);
  const refused = JSON.stringify(twin.reported.targetTemperature);
  say("cloud", `acknowledged: ${accepted}, then ${refused}`);
  const report = await cloud.hub.invoke(ID, "getMaxMinReport");
  const unknown = await cloud.hub.invoke(ID, "selfDestruct");
  say("cloud", `getMaxMinReport: ${JSON.stringify(report)}, selfDestruct: ${unknown.status}`);
  say("cloud", "the hub drops the connection, and queues a command meanwhile");
  cloud.hub.drop(ID);
  cloud.hub.send(ID, "@", { properties: { "method-name": "Restart" } });
  await delay(rest * 0.4);
  const results = [
    { name: "registered and sent telemetry", ok: early > 0, note: `${cloud.hub.telemetry.length} messages` },
    { name: "a property was accepted, another refused", ok: /"ac":200/.test(accepted) && /"ac":400/.test(refused) },
    { name: "a command was answered, an unknown one too", ok: report.status === 200 && unknown.status === 404 },
    { name: "connected again, with the command that waited", ok: heard.includes("while away: Restart") },
    { name: "telemetry goes on", ok: cloud.hub.telemetry.length > early },
  ];
  await device.stop();
  await cloud.close();
  return results;
}

module.exports = { title: "Azure IoT Central: a thermostat", modules: ["iotcentral"], run };
