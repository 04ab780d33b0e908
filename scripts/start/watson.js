"use strict";
/** Both examples at the local platform: the application watches, the device obeys, the platform's operator manages it. */
const { createCloud, SAMPLE } = require("../../test/clouds/watson");
const { delay } = require("../../test/rig/broker");

const KEY = "a-abc123-k3yk3yk3y0";
const within = (ms, promise) => Promise.race([promise, delay(ms).then(() => undefined)]);

/** The platform, its place, and what `--serve` tells of both. */
async function platform() {
  const cloud = createCloud();
  const place = { host: "127.0.0.1", port: await cloud.listen(), protocol: "mqtt" };
  const { keys, devices } = SAMPLE.abc123;
  const programs = {
    "new watson.DeviceClient": { org: "abc123", type: "therm", id: "t-001", authToken: devices["therm:t-001"], ...place },
    "new watson.ApplicationClient": { org: "abc123", id: "watcher", authKey: KEY, authToken: keys[KEY], ...place },
  };
  const operator = 'await cloud.devices.of("abc123", "therm", "t-001").reboot()';
  return { cloud, programs, operator, heard: () => cloud.events, line: ({ topic, payload }) => `${topic} ${payload}` };
}

async function run({ seconds, say, example, boot }) {
  const { cloud } = await platform();
  const { port } = cloud;
  const { keys, devices } = SAMPLE.abc123;
  say("cloud", `a local platform listens on 127.0.0.1:${port}`);
  const lines = { app: [], device: [] };
  const listen = (who) => (line) => {
    lines[who].push(line);
    say(who, line);
  };
  const CONFIG = `org=abc123\nid=watcher\nauth-method=apikey\nauth-key=${KEY}\nauth-token=${keys[KEY]}\nhost=127.0.0.1\nport=${port}\nprotocol=mqtt\n`;
  const app = await boot({ app: example("watson-application.js", { CONFIG, HOT: 20 }), heard: listen("app") });
  await delay(800);
  const device = await boot({
    app: example("watson-device.js", { HOST: "127.0.0.1", PORT: port, PROTOCOL: "mqtt", TOKEN: devices["therm:t-001"] }),
    heard: listen("device"),
  });
  const rest = (seconds - 2) * 1000;
  const there = cloud.devices.of("abc123", "therm", "t-001");
  await delay(rest * 0.4);
  say("cloud", "the operator reboots the device, and gives it a new program");
  const reboot = await within(3000, there.reboot());
  const loaded = await within(3000, there.download({ version: "1.1", uri: "http://198.51.100.10/update.ota" }));
  const installed = loaded && (await within(3000, there.install()));
  const codes = (of) => ((of && of.codes) || []).join(" ");
  say("cloud", `the device answered: reboot ${reboot && reboot.rc}, download ${codes(loaded)}, update ${codes(installed)}`);
  await delay(rest * 0.4);
  await device.stop();
  await delay(700);
  await app.stop();
  await cloud.close();
  const events = lines.app.filter((line) => /^therm:t-001 \d/.test(line));
  return [
    { name: "the application heard the device's events", ok: events.length > 1, note: `${events.length} events` },
    { name: "its command was obeyed", ok: lines.device.some((line) => /^command period/.test(line)) },
    {
      name: "it saw the device come and go",
      ok: lines.app.some((line) => /Connect$/.test(line)) && lines.app.some((line) => /Disconnect:/.test(line)),
    },
    { name: "the platform manages the device, and knows its place", ok: there.managed && !!there.location },
    {
      name: "reboot, download and update were answered and done",
      ok: !!installed && installed.codes.join() === "200,202,200" && lines.device.includes("install 1.1"),
    },
  ];
}

module.exports = { title: "Watson IoT: an application, a device, and the platform's operator", modules: ["watson"], platform, run };
