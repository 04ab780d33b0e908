/** `npm start -- NAME --serve`: a cloud by itself, for programs of one's own, until Ctrl+C. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import mqtt from "mqtt";

const ROOT = join(__dirname, "../../..");

/** Runs `--serve`, gives what it printed to `use` as soon as a line has `ready` in it, and ends it as Ctrl+C does. */
async function served(name: string, ready: RegExp, use: (text: () => string) => Promise<void>) {
  const run = spawn("node", ["scripts/start.js", name, "--serve"], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => run.on("close", done));
  let text = "";
  await new Promise<void>((done) => {
    run.stdout.on("data", (more) => {
      text += more;
      if (ready.test(text)) done();
    });
  });
  await use(() => text);
  run.kill("SIGINT");
  expect(await ended).toBe(0);
}

test(
  "the broker tells what programs publish",
  () =>
    served("mqtt", /"on"\)\n/, async (text) => {
      const url = /mqtt:\/\/127\.0\.0\.1:\d+/.exec(text())![0];
      const client = mqtt.connect(url, { protocolVersion: 4 });
      await client.publishAsync("pump-7/state", "up", { qos: 1 });
      for (let i = 0; i < 100 && !/pump/.test(text()); i++) await new Promise((done) => setTimeout(done, 50));
      client.end(true);
      expect(text()).toMatch(/ device +pump-7\/state up\n/);
    }),
  30000,
);

test.each([
  ["aliiot", "AliIot", "productKey", "cloud.set"],
  ["bigiot", "bigiot.create", "apiKey", "cloud.speak"],
  ["iotcentral", "iotcentral.create", "deviceKey", "cloud.hub.invoke"],
  ["iotconnect", "iotconnect.create", "discoveryUrl", "cloud.command"],
  ["watson", "new watson.DeviceClient", "authToken", "reboot"],
])(
  "%s tells how programs reach it, and what an operator can do",
  (name, call, option, operator) =>
    served(name, /example:[^]*\n\n[^]*\n\n/, async (text) => {
      expect(text()).toContain(`\n${call}({\n`);
      expect(text()).toContain(`  ${option}: "`);
      expect(text()).toContain(operator);
    }),
  30000,
);
