"use strict";
/** examples/bigiot.js at the local platform: its owner chats with it, a smart speaker switches it, its chart fills. */
const { createCloud } = require("../../test/clouds/bigiot");
const { delay } = require("../../test/rig/broker");

const DEVICE = "70413";

async function run({ seconds, say, example, boot }) {
  const cloud = createCloud();
  const ports = await cloud.listen();
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
  await delay(rest * 0.15);
  say("cloud", "小明 writes: hello");
  user.say("D" + DEVICE, "hello");
  await delay(rest * 0.1);
  say("cloud", "小明 to the smart speaker: switch the lamp on");
  cloud.speak(DEVICE, "play", { name: "TurnOn" });
  await delay(rest * 0.2);
  say("cloud", "小明 to the smart speaker: switch the lamp off");
  cloud.speak(DEVICE, "stop", { name: "TurnOff" });
  await delay(rest * 0.55);
  const { values, history } = cloud.devices[DEVICE];
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

module.exports = { title: "BIGIOT: a lamp that chats, draws a chart, and listens to a smart speaker", modules: ["bigiot"], run };
