"use strict";
/** examples/mqtt.js with a broker, and a user who watches the lamp, switches it, and restarts the broker. */
const mqtt = require("mqtt");
const { delay, startAedes } = require("../../test/rig/broker");

const NAME = "lamp-1";

/** Someone else at the broker. Kept apart from the device's code: it is MQTT.js. */
function user(url, heard) {
  const client = mqtt.connect(url, { protocolVersion: 4, reconnectPeriod: 200 });
  client.on("error", () => {});
  client.on("connect", () => client.subscribe(NAME + "/#", { qos: 1 }));
  client.on("message", (topic, payload, packet) => heard(topic.slice(NAME.length + 1), String(payload), packet.retain));
  return client;
}

/** The broker, and what `--serve` tells of it. */
async function platform() {
  const broker = await startAedes();
  const messages = [];
  const everyone = mqtt.connect(broker.url, { protocolVersion: 4 });
  everyone.on("message", (topic, payload) => messages.push(`${topic} ${payload}`));
  await everyone.subscribeAsync("#");
  const cloud = { client: everyone, close: () => (everyone.end(true), broker.stop()) };
  const operator = `void cloud.client.publish("${NAME}/command", "on")`;
  return { cloud, programs: { "mqtt.connect": broker.url }, operator, heard: () => messages, line: (text) => text };
}

async function run({ seconds, broker: foreign, say, example, boot }) {
  const broker = foreign ? undefined : await startAedes();
  const url = foreign || broker.url;
  say("cloud", foreign ? `broker ${url}` : `aedes listens on ${url}`);
  const count = { telemetry: 0, online: 0 };
  const states = [];
  const answers = [];
  let retained;
  const device = await boot({
    app: example("mqtt.js", { BROKER: url, NAME }),
    heard(line) {
      if (/^online/.test(line)) count.online++;
      say("device", line);
    },
  });
  // comes late on purpose: what it hears first was retained
  await delay(1500);
  const someone = user(url, (topic, payload, kept) => {
    if (topic === "telemetry") count.telemetry++;
    if (topic === "state") states.push(payload);
    if (topic === "state" && kept) retained = retained || payload;
    if (topic === "answer") answers.push(payload);
    if (topic !== "command") say("cloud", `${topic} ${payload}${kept ? "  (retained)" : ""}`);
  });
  const order = (text) => {
    say("cloud", `command ${text}`);
    someone.publish(NAME + "/command", text, { qos: 1 });
  };
  const rest = (seconds - 1.5) * 1000;
  await delay(rest * 0.2);
  order("on");
  await delay(rest * 0.15);
  const early = { telemetry: count.telemetry, answers: answers.length };
  if (broker) {
    say("cloud", "the broker goes down");
    await broker.restart(800);
    say("cloud", "the broker is back");
  }
  await delay(rest * 0.3);
  const before = count.telemetry;
  order("off");
  await delay(rest * 0.35 - (broker ? 800 : 0));
  const results = [
    { name: "telemetry arrived", ok: early.telemetry > 0, note: `${count.telemetry} messages` },
    { name: "the state was retained", ok: retained !== undefined, note: retained },
    { name: "a command was received and answered", ok: early.answers > 0 && states.includes("on"), note: answers[0] },
  ];
  if (broker) {
    const ok = count.online >= 2 && count.telemetry > before && answers.length > early.answers && states[states.length - 1] === "off";
    results.push({ name: "the broker's restart was survived: connected, subscribed, telemetry again", ok });
  }
  someone.end(true);
  await device.stop();
  if (broker) await broker.stop();
  return results;
}

module.exports = { title: "MQTT: a lamp that reports, and does as it is told", modules: ["mqtt"], platform, run };
