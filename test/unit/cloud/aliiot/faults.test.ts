/** The sixteen faults of QuecPython's aliIot, each of which this one must not have. */
import net from "node:net";
import { AliIot } from "thincloud/aliiot";
import { AliIotOTA, type Source, type Writer } from "thincloud/aliiotota";
import { clear, connected, device, later, PK, SECRET, until, world } from "./bench";

afterEach(clear);

const S = `/sys/${PK}/dev001/thing`;
const dev = (cloud: any) => cloud.devices.get(`${PK}/dev001`);
const said = (cloud: any, part: string) => cloud.messages.filter((m: any) => m.topic.includes(part));

/** MD5 of "abc" and of "abcd". */
const ABC = "900150983cd24fb0d6963f7d28e17f72";
const ABCD = "e2fc714c4727ee9395f324cd2e7f331f";

/** An update without a network: files by their address, and what the platform is told. */
function update(files: { [url: string]: string }, module = "MCU") {
  const told: number[] = [];
  const server: any = {
    otaDeviceProgress: (step: number) => told.push(step),
    otaDeviceInform: () => true,
    emit: (done: any, ...args: any[]) => done && done(...args),
  };
  const http = (url: string): Source => ({
    stop() {},
    read(offset, _, take) {
      setImmediate(() => {
        for (let at = offset; at < files[url].length; at += 1000) if (!take(undefined, files[url].substr(at, 1000))) return;
      });
    },
  });
  const got: { [name: string]: string } = {};
  const closed: string[] = [];
  let open = "";
  const writer: Writer = {
    open: (file, next) => ((got[(open = file.name)] = ""), next()),
    write: (bytes, next) => ((got[open] += bytes), setImmediate(next)),
    close: (next) => (closed.push(open), next()),
  };
  const ota = AliIotOTA("app", module, { http, writer });
  ota.setServer(server);
  return { ota, told, got, closed };
}

const job = (version: string, ...files: [string, string, number, string][]) => ({
  module: "MCU",
  version,
  signMethod: "Md5",
  files: files.map(([fileName, fileUrl, fileSize, fileSign]) => ({ fileName, fileUrl, fileSize, fileSign })),
});

test("1: a call tells whether the message was taken, and its callback how it ended", async () => {
  const d = await connected(await world());
  expect(await later((done) => expect(d.propertiesReport({ a: 1 }, done)).toBe(true))).toMatchObject({ code: 200 });
  for (const taken of [d.otaDeviceInform("1.0", "app"), d.otaDeviceProgress(5, "", "app"), d.propertySetReply("1", 200)])
    expect(taken).toBe(true);
  const before = AliIot({ productKey: PK, deviceName: "d", deviceSecret: SECRET });
  before.on("error", () => {});
  expect(before.propertiesReport({ a: 1 })).toBe(false);
});

test("2: the server outlives disconnect and connect, and connect twice", async () => {
  const cloud = await world();
  const d = device(cloud);
  for (let i = 0; i < 2; i++) {
    await later((done) => d.connect(done));
    await later((done) => d.connect(done));
    expect(d.host).toBe("127.0.0.1");
    await later((done) => d.disconnect(done));
  }
  expect(cloud.packets.filter((p: any) => p.cmd === "connect")).toHaveLength(2);
  expect(AliIot({ productKey: PK, deviceName: "d", deviceSecret: "s", server: "x.example" }).host).toBe(`${PK}.x.example`);
});

test("3: a report from inside the callback gets its answer", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const answers: any[] = [];
  d.setCallback((topic) => void (/service\/go$/.test(topic) && d.propertiesReport({ a: 1 }, (e, answer) => answers.push(e || answer))));
  d.addService("go");
  cloud.tell(dev(cloud), `${S}/service/go`, '{"id":"1","params":{},"method":"thing.service.go"}');
  expect(await until(() => answers[0], "the answer")).toMatchObject({ code: 200 });
});

test("4: an answer that is no JSON, or has neither id nor code, ends nothing", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  for (const body of ["{", "", "[]", "{}", '{"id":null}', '{"code":200}', "\xff"])
    cloud.tell(dev(cloud), `${S}/event/property/post_reply`, body);
  await later((done) => d.propertiesReport({ a: 1 }, done));
  expect([d.status, dev(cloud).properties.a]).toEqual([true, 1]);
  expect(d.dropped).toBeGreaterThanOrEqual(6);
});

test("5: a second job has only its own files", async () => {
  const { ota, got } = update({ u1: "abc", u2: "abcd" });
  ota.setOtaData(job("1", ["one", "u1", 3, ABC]));
  await later((done) => ota.start(done));
  delete got.one;
  ota.setOtaData(job("2", ["two", "u2", 4, ABCD]));
  await later((done) => ota.start(done));
  expect(got).toEqual({ two: "abcd" });
});

test("6: an event or service that is added while connected works", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  d.addEvent("late");
  d.addService("add", (input) => ({ z: input.x + 1 }));
  await later((done) => d.eventReport("late", { a: 1 }, done));
  expect((await cloud.call(dev(cloud), "add", { x: 1 })).data).toEqual({ z: 2 });
});

test("7: status before connect is false and silent; text comes as text", async () => {
  const cloud = await world();
  const log = jest.spyOn(console, "log").mockImplementation(() => {});
  const d = device(cloud);
  expect(d.status).toBe(false);
  expect(log).not.toHaveBeenCalled();
  log.mockRestore();
  await later((done) => d.connect(done));
  const got: any[] = [];
  d.setCallback((_, data) => void got.push(data));
  await later((done) => d.subscribe("user/in", done));
  cloud.tell(dev(cloud), `/${PK}/dev001/user/in`, "grün");
  expect(await until(() => got[0], "the text")).toBe("grün");
});

test("8: digest and size are checked before a file is closed, whatever it is called", async () => {
  const { ota, closed, told, got } = update({ u1: "abc", u2: "abX", u3: "ab" });
  ota.setOtaData(job("1", ["main", "u1", 3, ABC]));
  await later((done) => ota.start(done));
  ota.setOtaData(job("2", ["main", "u2", 3, ABC]));
  await expect(later((done) => ota.start(done))).rejects.toThrow("main has another digest");
  ota.setOtaData(job("3", ["main", "u1", 3, ABCD]));
  await expect(later((done) => ota.start(done))).rejects.toThrow("main has another digest");
  expect([closed, told.filter((n) => n < 0), got.main]).toEqual([["main"], [-3, -3], ""]);
});

test("9: a package of one file is the application's, under its own name", async () => {
  const { ota, got } = update({ u1: "abc" });
  ota.setOtaData({ module: "app", version: "1", signMethod: "MD5", url: "u1", size: 3, sign: ABC });
  await later((done) => ota.start(done));
  ota.setOtaData({ ...job("1", ["my.binary.bin", "u1", 3, ABC]), module: "app" });
  await later((done) => ota.start(done));
  expect(got).toEqual({ app: "abc", "my.binary.bin": "abc" });
});

test("10: reports do not wait for each other, ids differ, a refusal keeps its code, a late answer is counted", async () => {
  const cloud = await world();
  const d = await connected(cloud, { replyTimeout: 2000 });
  cloud.mute = (topic: string) => topic.includes("property/post");
  const codes: any[] = [];
  for (let i = 0; i < 4; i++) d.propertiesReport({ i }, (e: any) => codes.push(e.code));
  await until(() => said(cloud, "property/post").length === 4, "four reports");
  expect(codes).toEqual([]);
  await until(() => codes.length === 4, "their ends");
  expect(codes).toEqual(Array(4).fill("timeout"));
  const ids = said(cloud, "property/post").map((m: any) => JSON.parse(m.payload).id);
  expect(new Set(ids).size).toBe(4);
  const before = d.dropped;
  cloud.tell(dev(cloud), `${S}/event/property/post_reply`, JSON.stringify({ id: ids[0], code: 200, data: {} }));
  await until(() => d.dropped === before + 1, "the count");
  await expect(later((done) => d.request("thing.deviceinfo.update", [], done))).rejects.toMatchObject({ code: "refused", status: 460 });
});

test("11: times are milliseconds of UTC, as numbers", async () => {
  const cloud = await world();
  const before = Date.now();
  await later(async (done) => (await connected(cloud)).propertiesReport({ a: 1 }, done));
  const { time } = JSON.parse(cloud.messages[0].payload).params.a;
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
});

test("12: TLS is what happens unless it is declined; no secret in what is logged or told", async () => {
  const log = jest.spyOn(console, "log").mockImplementation(() => {});
  const first: number[] = [];
  const server = net.createServer((socket) => socket.once("data", (bytes) => (first.push(bytes[0]), socket.destroy())));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const port = (server.address() as net.AddressInfo).port;
  const secure = AliIot({ productKey: PK, deviceName: "d", deviceSecret: SECRET, host: "127.0.0.1", port, reconnectPeriod: 60000 });
  const told: string[] = [];
  secure.on("error", (e: any) => told.push(e.message));
  secure.connect();
  await until(() => told.length, "the error");
  await later((done) => secure.disconnect(done));
  server.close();
  expect(told.join()).not.toContain(SECRET);
  // A handshake of TLS begins with 22.
  expect(first).toEqual([22]);
  const cloud = await world();
  const d = device(cloud, { deviceSecret: "another-secret" });
  const e: any = await later((done) => d.connect(done)).catch((err) => err);
  expect(e.code).toBe("auth");
  expect([e.message, ...d.errors, ...log.mock.calls].join()).not.toContain("another-secret");
  log.mockRestore();
});

test("13: one result, progress in steps, and nothing stale for the next start", async () => {
  const { ota, told, closed } = update({ big: "x".repeat(50000), u1: "abc" });
  const results: any[] = [];
  ota.setOtaData(job("1", ["big", "big", 50000, "0".repeat(32)]));
  ota.start((err) => results.push(err && (err as any).code));
  await until(() => results.length, "the first result");
  ota.setOtaData(job("2", ["one", "u1", 3, ABC]));
  ota.start((err) => results.push(err || "done"));
  await until(() => results.length === 2, "the second result ");
  expect([results, closed]).toEqual([["refused", "done"], ["one"]]);
  const failed = told.indexOf(-3);
  expect(failed).toBeGreaterThan(3);
  expect(failed).toBeLessThan(22);
  expect(told.slice(failed + 1).pop()).toBe(100);
});

test("14: it connects again by itself, with its subscriptions; topics of one's own both ways", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const got: any[] = [];
  d.setCallback((topic, data) => void got.push([topic, data]));
  await later((done) => d.subscribe("user/in", done));
  [...cloud.wires].forEach((wire: any) => wire.destroy());
  await until(() => !d.status, "the loss");
  d.publish("user/out", { a: 1 });
  await until(() => d.status && said(cloud, "user/out").length, "what waited");
  cloud.tell(dev(cloud), `/${PK}/dev001/user/in`, '{"b":2}');
  expect(await until(() => got[0], "the message")).toEqual([`/${PK}/dev001/user/in`, { b: 2 }]);
});

test("15: RRPC is answered at QoS 0; other answers at the device's, and their end is told", async () => {
  const cloud = await world();
  const d = await connected(cloud, { qos: 1 });
  d.setCallback((topic) => (topic.includes("rrpc") ? "pong" : undefined));
  expect(String(await cloud.rrpc(dev(cloud), "ping"))).toBe("pong");
  await later((done) => d.propertySetReply("7", 200, "success", done));
  const sent = cloud.packets.filter((p: any) => p.cmd === "publish" && p.dir === "c2s");
  expect(sent.map((p: any) => [/rrpc/.test(p.topic), p.qos])).toEqual([[true, 0], [false, 1]]); // prettier-ignore
});

test("16: a property set is answered on its own topic, a service on its own, each with its id", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  d.addService("locate");
  d.setCallback((topic, data) => {
    if (topic === `${S}/service/property/set`) d.propertySetReply(data.id, 200, "success");
    else if (topic.indexOf(`${S}/service/`) === 0) d.serviceResponse("locate", 200, { lat: 1 }, data.id, "success");
  });
  expect(await cloud.set(dev(cloud), { Power: 0 })).toMatchObject({ code: 200, message: "success" });
  expect((await cloud.call(dev(cloud), "locate", {})).data).toEqual({ lat: 1 });
  expect(cloud.messages.map((m: any) => m.topic)).toEqual([`${S}/service/property/set_reply`, `${S}/service/locate_reply`]);
  expect(cloud.refused).toEqual([]);
});
