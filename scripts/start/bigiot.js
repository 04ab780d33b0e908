"use strict";
/** examples/bigiot.js at the local platform: its owner chats with it, a smart speaker switches it, its chart fills. */
const { createCloud } = require("../../test/clouds/bigiot");
const { pause } = require("../demo");

const DEVICE = "70413";

/** The platform, its ports, and what `--serve` tells of both. */
async function platform() {
  const cloud = createCloud();
  const ports = await cloud.listen();
  const programs = { "bigiot.create": { id: +DEVICE, apiKey: cloud.devices[DEVICE].key, host: "127.0.0.1", port: ports[8282] } };
  const operator = `cloud.speak("${DEVICE}", "play")\ncloud.user("30211", (message) => console.log(message)).say("D${DEVICE}", "hello")`;
  return { cloud, ports, programs, operator, heard: () => cloud.seen, line: ({ message }) => JSON.stringify(message) };
}

async function run({ seconds, say, example, boot }) {
  const { cloud, ports } = await platform();
  say("cloud", `a local platform listens on 127.0.0.1:${ports[8282]}, as port 8282 of the real one`);
  const told = [];
  const state = { online: 0, lamp: [] };
  const user = cloud.user("30211", (m) => {
    if (m.M === "say") {
      told.push(m.C);
      say("cloud", `${m.NAME} says: ${m.C}`);
    }
    if (m.M === "login" || m.M === "logout") say("cloud", `${m.NAME} ${m.M === "login" ? "came online" : "went offline"}`);
    if (m.M === "update") say("cloud", `stored ${JSON.stringify(m.V)}`);
  });
  const device = await boot({
    app: example("bigiot.js", { HOST: "127.0.0.1", PORT: ports[8282] }),
    heard(line) {
      if (/^online/.test(line)) state.online++;
      if (/^lamp/.test(line)) state.lamp.push(line);
      say("device", line);
    },
  });
  const rest = (seconds - 1) * 1000;
  await pause(rest * 0.15, () => state.online > 0);
  say("cloud", "小明 writes: hello");
  user.say("D" + DEVICE, "hello");
  await pause(rest * 0.1, () => told.includes("hello, I am a lamp"));
  say("cloud", "小明 to the smart speaker: switch the lamp on");
  cloud.speak(DEVICE, "play", { name: "TurnOn" });
  await pause(rest * 0.2, () => told.includes("LED on!"));
  say("cloud", "小明 to the smart speaker: switch the lamp off");
  cloud.speak(DEVICE, "stop", { name: "TurnOff" });
  const { values, history } = cloud.devices[DEVICE];
  await pause(rest * 0.55, () => told.includes("LED off!") && values["66121"] === "0");
  await device.stop();
  await cloud.close();
  const chart = history.filter(({ id }) => id === "66120");
  return [
    { name: "the device checked in", ok: state.online > 0 },
    { name: "it answered in the chat", ok: told.includes("hello, I am a lamp"), note: told[0] },
    {
      name: "values for the chart were stored, none too fast",
      ok: chart.length > 0 && !cloud.violations.length,
      note: `${chart.length} values`,
    },
    {
      name: "a voice command switched the lamp, and the panel followed",
      ok: state.lamp.join() === "lamp on,lamp off" && told.includes("LED on!") && values["66121"] === "0",
      note: `interface 66121 is ${values["66121"]}`,
    },
  ];
}

module.exports = {
  title: "BIGIOT: a lamp that chats, draws a chart, and listens to a smart speaker",
  modules: ["bigiot"],
  // Values go out every five seconds, as the platform has it.
  least: 8,
  platform,
  run,
};
