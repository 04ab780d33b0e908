"use strict";
/** examples/iotconnect.js with a local IoTConnect, and an operator who commands, sets the interval, cuts the connection and stops it. */
const { createCloud, KEY } = require("../../test/clouds/iotconnect");
const { pause } = require("../demo");

const attribute = (ln, dv = "") => ({ ln, dt: 0, dv, tg: "", sq: 1, agt: 0, tw: "" });
const TEMPLATE = {
  att: [
    { p: "", dt: null, agt: 0, tw: "", tg: "", d: [attribute("temperature", "-40to85")] },
    { p: "gyro", dt: 2, agt: 0, tw: "", tg: "", d: [attribute("x", "-2to2"), attribute("y", "-2to2")] },
  ],
  set: [{ ln: "interval", dt: 0, dv: "" }],
};

/** The cloud, its place, and what `--serve` tells of both. */
async function platform() {
  const cloud = createCloud({ uniqueId: "sensor-1", template: TEMPLATE });
  await cloud.listen();
  const place = { discoveryUrl: cloud.url, protocol: "mqtt", ntp: "" };
  const programs = { "iotconnect.create": { cpId: cloud.cpId, uniqueId: cloud.uniqueId, devicePrimaryKey: KEY, ...place } };
  const operator = 'cloud.command("0x01", { command: "led on", ack: true, ackId: "1" })\ncloud.hub.twin(cloud.id).patch({ interval: 1 })';
  return { cloud, place, programs, operator, heard: () => cloud.messages, line: ({ json }) => JSON.stringify(json) };
}

async function run({ seconds, say, example, boot }) {
  const { cloud, place } = await platform();
  say("cloud", `discovery and sync at ${cloud.url}, hub on port ${cloud.hubPort}, both without TLS`);
  const heard = [];
  const device = await boot({
    app: example("iotconnect.js", { CPID: cloud.cpId, DEVICE: cloud.uniqueId, KEY, every: 400 }, place),
    heard(line) {
      heard.push(line);
      say("device", line);
    },
  });
  const rest = seconds * 1000;
  await pause(rest * 0.25, () => cloud.of(0).length > 0);
  const early = cloud.of(0).length;
  say("cloud", `${early} reports, the last: ${early && JSON.stringify(cloud.of(0)[early - 1].d[0].d[0])}`);
  say("cloud", "the operator commands “led on” and wants an interval of 1 s");
  cloud.command("0x01", { command: "led on", ack: true, ackId: "ack-1" });
  cloud.hub.twin(cloud.id).patch({ interval: 1 });
  const acked = () => cloud.of(5).some((m) => m.d.ackId === "ack-1" && m.d.st === 6);
  const reported = () => cloud.hub.twin(cloud.id).document.reported.interval;
  await pause(rest * 0.15, () => acked() && reported() === 1 && heard.includes("interval 1"));
  say("cloud", `acknowledged: ${acked()}, reported interval: ${reported()}`);
  say("cloud", "the connection is cut");
  const stored = () => cloud.of(0).filter((m) => m.od === 1).length;
  const before = stored();
  const late = () => stored() - before;
  cloud.hub.drop(cloud.id);
  await pause(rest * 0.45, () => late() > 0);
  say("cloud", `${late()} reports came afterwards, marked as stored`);
  say("cloud", "hard stop");
  cloud.command("0x99");
  const stopped = () => heard[heard.length - 1] === "not connected";
  await pause(rest * 0.1, stopped);
  const end = cloud.of(0).length;
  await pause(rest * 0.05, () => true);
  const results = [
    { name: "discovered, synced, sent telemetry", ok: early > 0, note: `${end} reports` },
    { name: "a command was acknowledged", ok: acked() },
    { name: "the twin was followed", ok: reported() === 1 && heard.includes("interval 1") },
    { name: "what was measured without a connection came later", ok: late() > 0, note: `${late()} reports` },
    { name: "a hard stop stops", ok: end === cloud.of(0).length && stopped() },
    { name: "no message was malformed", ok: !cloud.faults.length },
  ];
  await device.stop();
  await cloud.close();
  return results;
}

module.exports = { title: "IoTConnect: a sensor", modules: ["iotconnect"], platform, run };
