/** What docs/aliiot.md says of options and methods is what the code has, and its samples run. */
import fs from "node:fs";
import path from "node:path";
import { AliIot } from "thincloud/aliiot";
import { createDevice } from "thincloud/mock";
import { normalise } from "../../../../src/cloud/aliiot/options";
import { createCloud } from "../../../clouds/ali/index.js";
import { PK } from "./bench";

const root = path.resolve(__dirname, "../../../..");
const read = (file: string) => fs.readFileSync(path.join(root, file), "utf8");
const page = read("docs/aliiot.md");

/** The rows of the table whose head begins so: lists of cells. */
function table(head: string): string[][] {
  const lines = page.slice(page.indexOf(`\n| ${head}`) + 1).split("\n\n")[0].split("\n").slice(2); // prettier-ignore
  return lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim())); // prettier-ignore
}
const code = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

const good = { productKey: PK, deviceName: "d", deviceSecret: "s" };

test("each option is there, and none besides", () => {
  const taken = [...read("src/cloud/aliiot/options.ts").matchAll(/[a-z]:(\w+) /g)].map(([, name]) => name);
  const passed = ["host", "port", "protocol", "ca", "cert", "key", "servername", "keepalive", "clean", "reconnectPeriod", "maxReconnectPeriod", "connectTimeout", "maxPacketSize"]; // prettier-ignore
  const documented = table("option ").flatMap(([names]) => code(names));
  expect(documented.sort()).toEqual([...taken, ...passed].sort());
});

test("defaults that are given to the connection", () => {
  const [, rest] = normalise(good);
  const defaults: any = {};
  for (const [names, given] of table("option ")) code(names).forEach((name, i) => (defaults[name] = (code(given)[0] || given).split(", ")[i])); // prettier-ignore
  for (const name of ["port", "protocol", "keepalive", "reconnectPeriod", "maxReconnectPeriod"])
    expect(`${name} ${rest[name]}`).toBe(`${name} ${defaults[name]}`);
});

/** The file for Espruino in the mock, with what else the samples need. */
function board() {
  const files = ["aliiot", "aliiotota", "ota", "otahttp"].map((name) => [name, path.join(root, `dist/espruino/${name}.js`)]);
  return createDevice({ layout: "esp32", storage: Object.fromEntries(files) }) as any;
}

test("what is wrong is told when the device is made, on Espruino, too", () => {
  const wrong = [
    { signMethod: "sha512" },
    { signMethod: "hmacsha" },
    { types: { t: "flaot" } },
    { types: { t: ["real"] } },
    { registration: "http" },
    { deviceToken: "t" },
    { keep: {} },
    { outbox: {} },
    { keepalive: 29 },
    { qos: 2 },
    { clientId: "" },
    { nonsense: 1 },
  ];
  const device = board();
  device.run(`
function make(more) {
  var o = ${JSON.stringify(good)};
  for (var name in more) o[name] = more[name];
  try { require("aliiot").AliIot(o); return ""; } catch (e) { return e.code + " " + e.message; }
}`);
  for (const more of [{}, ...wrong]) {
    device.run(`print(make(${JSON.stringify(more)}))`);
    expect(`${JSON.stringify(more)} ${device.log.pop()}`).toMatch(Object.keys(more).length ? /} config option / : /} $/);
  }
});

test("methods", () => {
  const d: any = AliIot(good);
  const ours = table("there ").flatMap(([, here]) => code(here)).concat(table("call ").flatMap(([call]) => code(call))); // prettier-ignore
  const names = ours.filter((text) => /^\w+\(/.test(text)).map((text) => text.split("(")[0]);
  const missing = new Set(names.filter((name) => typeof d[name] !== "function"));
  expect([names.length > 25, [...missing]]).toEqual([true, ["AliIot", "AliIotOTA", "setServer", "setOtaData", "getOtaInfo", "start"]]);
});

test("the samples run, one after the other, as they are but for the keys", () => {
  const [first, second] = [...page.matchAll(/```js\n([^]*?)```/g)].map(([, text]) => text);
  const device = board();
  const cloud = createCloud({ devices: [{ productKey: PK, deviceName: "room-1", secret: "ds" }], now: () => device.clock.now() });
  device.net.serve(1883, cloud.peer);
  device.net.name(`${PK}.iot-as-mqtt.cn-shanghai.aliyuncs.com`);
  const room = cloud.devices.get(`${PK}/room-1`);
  device.run("E.getTemperature = function () { return 20; }; var heat, D5 = 5; function digitalWrite(pin, value) { heat = value; }");
  device.run(first.replace("…", "ds"));
  device.run(second.replace("…", "0".repeat(8) + "1".repeat(112)));
  device.tick(2000);
  cloud.tell(room, `/sys/${room.key}/thing/service/property/set`, { id: "1", params: { heating: 1 }, version: "1.0.0" });
  cloud.tell(room, `/sys/${room.key}/thing/service/measure`, { id: "2", params: {} });
  cloud.plan(room, { module: "app", version: "3.0", files: [{ name: "x", bytes: Buffer.from("no package") }], over: "mqtt" });
  device.tick(20000);
  device.run('print("heat " + heat)');
  expect([device.errors, device.log]).toEqual([[], expect.arrayContaining(["heat 1"])]);
  expect(cloud.messages.find(({ topic }: any) => /measure_reply/.test(topic)).payload).toContain('"data":{"temperature":20}');
  expect([room.properties, room.versions]).toEqual([{ temperature: 21, heating: 1 }, { app: "2.0" }]);
  expect(room.progress.map(({ step }: any) => step).filter((step: number) => step < 0)).toHaveLength(1);
  expect([cloud.refused, cloud.lost]).toEqual([[], []]);
});
