import path from "node:path";
import { createDevice } from "thincloud/mock";
import { createCloud } from "../../../clouds/ali/index.js";
import { PK, SECRET } from "./bench";

/** The file for Espruino in the mock, on a virtual clock. */
function scene(options = "", cloudOptions: any = {}) {
  const device = createDevice({ layout: "esp32", storage: { aliiot: path.resolve("dist/espruino/aliiot.js") } }) as any;
  const cloud = createCloud({
    devices: [{ productKey: PK, deviceName: "dev001", secret: SECRET }],
    now: () => device.clock.now(),
    ...cloudOptions,
  });
  device.net.serve(1883, cloud.peer);
  device.run(`
var server = require("aliiot").AliIot({ productKey: "${PK}", deviceName: "dev001", deviceSecret: "${SECRET}", protocol: "mqtt", host: "127.0.0.1"${options} });
server.on("error", function (e) { console.log("error " + e.code + " " + e.message); });
server.on("connect", function () { console.log("online"); });
server.connect();`);
  return { device, cloud };
}

test("dropped at once, again and again: never more than 5 connections a minute, and told as a conflict", () => {
  const { device, cloud } = scene("", { connectsPerMinute: 1000 });
  const connects: number[] = [];
  cloud.countConnect = () => (connects.push(device.clock.now()), true);
  for (let i = 0; i < 1200; i++) {
    device.tick(500);
    [...cloud.wires].forEach((wire: any) => wire.destroy());
  }
  expect(connects.length).toBeGreaterThan(5);
  for (const at of connects) expect(connects.filter((one) => one >= at && one < at + 60000).length).toBeLessThanOrEqual(5);
  expect(device.log.some((line: string) => /^error conflict/.test(line))).toBe(true);
});

test("a wrong secret: the longest wait between two tries, and no secret in the log", () => {
  const { device, cloud } = scene(', deviceSecret: "wrong-secret-123"');
  device.tick(600000);
  const tries = cloud.packets.filter((p: any) => p.cmd === "connect").length;
  expect(tries).toBeGreaterThan(2);
  expect(tries).toBeLessThan(52);
  expect(device.log.filter((line: string) => /^error auth/.test(line)).length).toBe(tries);
  expect(device.log.join()).not.toContain("wrong-secret");
});

test("a hundred reports at once: the queue's worth goes out at the platform's pace, the rest is refused", () => {
  const { device, cloud } = scene();
  device.tick(1000);
  device.run(`
var ok = 0, no = 0;
for (var i = 0; i < 100; i++) server.propertiesReport({ n: i }, function (err) { if (err) no++; else ok++; });`);
  device.tick(20000);
  device.run('console.log("taken " + ok + " refused " + no);');
  const [, taken, refused] = /taken (\d+) refused (\d+)/.exec(device.log.join("\n"))!.map(Number);
  expect(taken + refused).toBe(100);
  expect(taken).toBeGreaterThanOrEqual(20);
  expect(cloud.messages.length).toBe(taken);
  expect([cloud.lost, cloud.refused]).toEqual([[], []]);
});

test("times are whole milliseconds, though Espruino's have fractions", () => {
  const { device, cloud } = scene(', types: { since: "date" }');
  device.tick(1000);
  device.run(`
Date.now = function () { return 1767225600123.4567; };
server.addEvent("hot");
server.propertiesReport({ since: { getTime: function () { return 1767225600123.4567; } } });
server.eventReport("hot", {});`);
  device.tick(1000);
  expect(device.log).toEqual(["online"]);
  const [{ since }, hot] = cloud.messages.map(({ payload }: any) => JSON.parse(payload).params);
  expect([since.value, since.time, hot.time]).toEqual(["1767225600123", 1767225600123, 1767225600123]);
});

test("reports that are made offline wait, with the time they were made at", () => {
  const { device, cloud } = scene();
  device.tick(1000);
  cloud.countConnect = () => false;
  [...cloud.wires].forEach((wire: any) => wire.destroy());
  device.tick(1000);
  const then = device.clock.now();
  device.run('server.propertiesReport({ t: 1 }, function (err) { console.log(err ? "lost" : "taken"); });');
  device.tick(700000);
  cloud.countConnect = () => true;
  device.tick(300000);
  expect(device.log).toContain("taken");
  expect(JSON.parse(cloud.messages[0].payload).params.t.time).toBe(then);
});

test("reports that are made offline outlive a power cut in the outbox, with the time they were made at, and go once", () => {
  const device = createDevice({
    layout: "esp32",
    storage: { aliiot: path.resolve("dist/espruino/aliiot.js"), store: path.resolve("dist/espruino/store.js") },
  }) as any;
  const cloud = createCloud({ devices: [{ productKey: PK, deviceName: "dev001", secret: SECRET }], now: () => device.clock.now() });
  device.net.serve(1883, cloud.peer);
  const boot = () =>
    device.run(`
var box = require("store").open("reports", 4096);
var server = require("aliiot").AliIot({ productKey: "${PK}", deviceName: "dev001", deviceSecret: "${SECRET}", protocol: "mqtt", host: "127.0.0.1", outbox: box });
server.on("error", function (e) { console.log("error " + e.code + " " + e.message); });
server.connect();`);
  cloud.countConnect = () => false;
  boot();
  device.tick(1000);
  const then = device.clock.now();
  device.run('for (var i = 0; i < 3; i++) server.propertiesReport({ n: i, place: "Zürich" });');
  device.tick(5000);
  device.powerCut();
  cloud.countConnect = () => true;
  device.restart();
  boot();
  device.tick(300000);
  const values = cloud.messages.map((m: any) => JSON.parse(m.payload).params);
  expect(values.map((p: any) => [p.n.value, p.n.time, p.place.value])).toEqual([0, 1, 2].map((n) => [n, then, "Zürich"]));
  device.powerCut();
  device.restart();
  boot();
  device.tick(300000);
  expect(cloud.messages).toHaveLength(3);
  expect([cloud.lost, cloud.refused]).toEqual([[], []]);
});

test("what a dead connection did not acknowledge goes again within the platform's pace", () => {
  const { device, cloud } = scene();
  device.tick(1000);
  device.links[device.links.length - 1].silence();
  device.run('for (var i = 0; i < 15; i++) server.publish("user/out", { n: i });');
  device.tick(600000);
  expect(cloud.lost).toEqual([]);
  const seen = cloud.messages.map((m: any) => JSON.parse(m.payload).n);
  expect(seen).toEqual(Array.from({ length: 15 }, (_, i) => i));
});

test("connect while a disconnect waits: that one is answered, and the device stays", () => {
  const { device, cloud } = scene();
  device.tick(1000);
  device.run(`
for (var i = 0; i < 9; i++) server.publish("user/out", { n: i });
server.disconnect(function (e) { console.log("left " + (e && e.code)); });
server.connect(function (e) { console.log("in " + (e && e.code)); });`);
  device.tick(60000);
  expect(device.log.filter((line: string) => /^(left|in)/.test(line))).toEqual(["left refused", "in undefined"]);
  device.run('console.log("status " + server.status);');
  expect(device.log).toContain("status true");
  expect(cloud.messages).toHaveLength(9);
});
