"use strict";
/** examples/iotconnect.js with a local IoTConnect, and an operator who commands, sets the interval, cuts the connection and stops it. */
const { delay } = require("../../test/rig/broker");
const { createCloud, KEY } = require("../../test/clouds/iotconnect");

const attribute = (ln, dv = "") => ({ ln, dt: 0, dv, tg: "", sq: 1, agt: 0, tw: "" });
const TEMPLATE = {
  att: [
    { p: "", dt: null, agt: 0, tw: "", tg: "", d: [attribute("temperature", "-40to85")] },
    { p: "gyro", dt: 2, agt: 0, tw: "", tg: "", d: [attribute("x", "-2to2"), attribute("y", "-2to2")] },
  ],
  set: [{ ln: "interval", dt: 0, dv: "" }],
};

async function run({ seconds, say, example, boot }) {
  const cloud = createCloud({ uniqueId: "sensor-1", template: TEMPLATE });
  await cloud.listen();
  say("cloud", `discovery and sync at ${cloud.url}, hub on port ${cloud.hubPort}, both without TLS`);
  const place = { discoveryUrl: cloud.url, protocol: "mqtt", ntp: "" };
  let app = example("iotconnect.js", { CPID: cloud.cpId, DEVICE: cloud.uniqueId, KEY, every: 400 });
  for (const name of Object.keys(place))
    app = app.replace("  cpId: CPID,", (line) => `${line}\n  ${name}: ${JSON.stringify(place[name])},`);
  const heard = [];
  const device = await boot({
    app,
    heard(line) {
      heard.push(line);
      say("device", line);
    },
  });
  const rest = seconds * 1000;
  await delay(rest * 0.25);
  const early = cloud.of(0).length;
  say("cloud", `${early} reports, the last: ${early && JSON.stringify(cloud.of(0)[early - 1].d[0].d[0])}`);
  say("cloud", "the operator commands “led on” and wants an interval of 1 s");
  cloud.command("0x01", { command: "led on", ack: true, ackId: "ack-1" });
  cloud.hub.twin(cloud.id).patch({ interval: 1 });
  await delay(rest * 0.15);
  const acked = cloud.of(5).some((m) => m.d.ackId === "ack-1" && m.d.st === 6);
  const reported = cloud.hub.twin(cloud.id).document.reported.interval;
  say("cloud", `acknowledged: ${acked}, reported interval: ${reported}`);
  say("cloud", "the connection is cut");
  cloud.hub.drop(cloud.id);
  await delay(rest * 0.45);
  const late = cloud.of(0).filter((m) => m.od === 1).length;
  say("cloud", `${late} reports came afterwards, marked as stored`);
  say("cloud", "hard stop");
  cloud.command("0x99");
  await delay(rest * 0.1);
  const end = cloud.of(0).length;
  await delay(rest * 0.05);
  const results = [
    { name: "discovered, synced, sent telemetry", ok: early > 0, note: `${end} reports` },
    { name: "a command was acknowledged", ok: acked },
    { name: "the twin was followed", ok: reported === 1 && heard.includes("interval 1") },
    { name: "what was measured without a connection came later", ok: late > 0, note: `${late} reports` },
    { name: "a hard stop stops", ok: end === cloud.of(0).length && heard[heard.length - 1] === "not connected" },
    { name: "no message was malformed", ok: !cloud.faults.length },
  ];
  await device.stop();
  await cloud.close();
  return results;
}

module.exports = { title: "IoTConnect: a sensor", modules: ["iotconnect"], run };
