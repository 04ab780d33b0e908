"use strict";
/** examples/iotcentral.js with a local Azure, and an operator who sets a property, calls commands and cuts the connection. */
const { createHmac } = require("node:crypto");
const { createCloud } = require("../../test/clouds/azure");
const { pause } = require("../demo");

const ID = "thermostat-1";
const GROUP = Buffer.alloc(64, "the key of a group").toString("base64");
const deviceKey = createHmac("sha256", Buffer.from(GROUP, "base64")).update(ID).digest("base64");

/** Provisioning and hub, their place, and what `--serve` tells of them. */
async function platform() {
  const cloud = createCloud({ dps: { groups: { all: { key: GROUP } }, assignedHub: "localhost" } });
  await cloud.listen();
  const place = { dpsHost: "localhost", dpsPort: cloud.dps.port, port: cloud.hub.port, protocol: "mqtt", ntp: "" };
  const programs = { "iotcentral.create": { idScope: cloud.dps.idScope, deviceId: ID, deviceKey, ...place } };
  const operator = `cloud.hub.twin("${ID}").patch({ targetTemperature: 25 })\nawait cloud.hub.invoke("${ID}", "getMaxMinReport")`;
  return { cloud, place, programs, operator, heard: () => cloud.hub.telemetry, line: ({ text, bag }) => `telemetry ${text} ${bag}` };
}

async function run({ seconds, say, example, boot }) {
  const { cloud, place } = await platform();
  say("cloud", `provisioning on port ${cloud.dps.port}, hub on port ${cloud.hub.port}, both without TLS`);
  const heard = [];
  const device = await boot({
    app: example("iotcentral.js", { SCOPE: cloud.dps.idScope, DEVICE: ID, KEY: deviceKey, every: 500 }, place),
    heard(line) {
      heard.push(line);
      say("device", line);
    },
  });
  const rest = seconds * 1000;
  await pause(rest * 0.3, () => cloud.hub.telemetry.length > 0);
  const early = cloud.hub.telemetry.length;
  say("cloud", `${early} messages, the last: ${early && cloud.hub.telemetry[early - 1].text}`);
  say("cloud", "the operator sets targetTemperature 25, then 99");
  const twin = cloud.hub.twin(ID);
  /** What the device has made of a temperature that is to be. */
  const told = async (code, target) => {
    const last = () => JSON.stringify(twin.reported.targetTemperature) || "";
    twin.patch({ targetTemperature: target });
    await pause(rest * 0.1, () => last().includes(`"ac":${code}`));
    return last();
  };
  const accepted = await told(200, 25);
  const refused = await told(400, 99);
  say("cloud", `acknowledged: ${accepted}, then ${refused}`);
  const report = await cloud.hub.invoke(ID, "getMaxMinReport");
  const unknown = await cloud.hub.invoke(ID, "selfDestruct");
  say("cloud", `getMaxMinReport: ${JSON.stringify(report)}, selfDestruct: ${unknown.status}`);
  say("cloud", "the hub drops the connection, and queues a command meanwhile");
  cloud.hub.drop(ID);
  cloud.hub.send(ID, "@", { properties: { "method-name": "Restart" } });
  const waited = () => heard.includes("while away: Restart");
  const before = cloud.hub.telemetry.length;
  await pause(rest * 0.4, () => waited() && cloud.hub.telemetry.length > before);
  const results = [
    { name: "registered and sent telemetry", ok: early > 0, note: `${cloud.hub.telemetry.length} messages` },
    { name: "a property was accepted, another refused", ok: /"ac":200/.test(accepted) && /"ac":400/.test(refused) },
    { name: "a command was answered, an unknown one too", ok: report.status === 200 && unknown.status === 404 },
    { name: "connected again, with the command that waited", ok: waited() },
    { name: "telemetry goes on", ok: cloud.hub.telemetry.length > before },
  ];
  await device.stop();
  await cloud.close();
  return results;
}

module.exports = { title: "Azure IoT Central: a thermostat", modules: ["iotcentral"], platform, run };
