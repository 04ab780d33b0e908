/** What a platform, or an application, may do besides what the documentation shows. */
import http from "node:http";
import net from "node:net";
import { AliIot } from "thincloud/aliiot";
import { clear, connected, device, later, PK, PRODUCT, rest, until, world } from "./bench";

afterEach(clear);

const S = `/sys/${PK}/dev001/thing`;
const dev = (cloud: any, name = "dev001") => cloud.devices.get(`${PK}/${name}`);

test("what ends with _reply on a topic where anything may come, and answers nothing, is the application's", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const got: any[] = [];
  d.setCallback((topic, data) => void got.push([topic.split("/").slice(-2).join("/"), data]));
  await later((done) => d.subscribe("user/cmd_reply", done));
  await later((done) => d.subscribe("thing/model/up_raw_reply", done));
  cloud.tell(dev(cloud), `/${PK}/dev001/user/cmd_reply`, "open");
  cloud.tell(dev(cloud), `/${PK}/dev001/user/cmd_reply`, '{"id":"7","door":1}');
  cloud.tell(dev(cloud), `/${PK}/dev001/user/cmd_reply`, "null");
  cloud.tell(dev(cloud), `${S}/model/up_raw_reply`, "\x01\x02");
  await until(() => got.length + d.dropped > 3, "four messages");
  expect(got).toEqual([
    ["user/cmd_reply", "open"],
    ["user/cmd_reply", { id: "7", door: 1 }],
    ["user/cmd_reply", null],
    ["model/up_raw_reply", "\x01\x02"],
  ]);
  expect([d.dropped, d.errors]).toEqual([0, []]);
});

test("who calls connect or disconnect meanwhile is told, too", async () => {
  const cloud = await world();
  const d = device(cloud);
  const told: string[] = [];
  const both = (call: "connect" | "disconnect") =>
    Promise.all([
      later((done) => d[call]((err) => (told.push(call + " 1"), done(err)))),
      later((done) => d[call]((err) => (told.push(call + " 2"), done(err)))),
    ]);
  await both("connect");
  await both("disconnect");
  await rest(20);
  expect(told).toEqual(["connect 1", "connect 2", "disconnect 1", "disconnect 2"]);
});

test("a connect that fails is told to all who wait for it", async () => {
  const cloud = await world();
  const d = device(cloud, { deviceSecret: "wrong" });
  const codes: any[] = [];
  d.connect((err: any) => codes.push(err.code));
  d.connect((err: any) => codes.push(err.code));
  await until(() => codes.length === 2, "both");
  expect(codes).toEqual(["auth", "auth"]);
});

test("a time that is none is an error", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  cloud.mute = (topic: string) => /ext\/ntp/.test(topic);
  const asked = later((done) => d.ntp(done));
  await until(() => cloud.messages.some((m: any) => /ext\/ntp/.test(m.topic)), "the question");
  cloud.tell(dev(cloud), `/ext/ntp/${PK}/dev001/response`, { serverRecvTime: "soon" });
  await expect(asked).rejects.toMatchObject({ code: "protocol" });
});

test("what comes on a topic of one's own that ends with /response is no answer to ntp", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const got: any[] = [];
  d.setCallback((_topic, data) => void got.push(data));
  await later((done) => d.subscribe("user/response", done));
  cloud.mute = (topic: string) => /ext\/ntp/.test(topic);
  const asked = later((done) => d.ntp(done));
  await until(() => cloud.messages.some((m: any) => /ext\/ntp/.test(m.topic)), "the question");
  cloud.tell(dev(cloud), `/${PK}/dev001/user/response`, { door: 1 });
  await until(() => got.length, "the message");
  expect(got).toEqual([{ door: 1 }]);
  cloud.tell(dev(cloud), `/ext/ntp/${PK}/dev001/response`, { serverRecvTime: "soon" });
  await expect(asked).rejects.toMatchObject({ code: "protocol" });
});

test("what ntp and shadow are refused goes to the listeners of errors when nobody asked for it", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  cloud.mute = (topic: string) => /ext\/ntp|shadow/.test(topic);
  d.ntp();
  d.shadow("get");
  await until(() => cloud.messages.filter((m: any) => /ext\/ntp|shadow/.test(m.topic)).length > 1, "the questions");
  cloud.tell(dev(cloud), `/ext/ntp/${PK}/dev001/response`, { serverRecvTime: "soon" });
  const content = { errorcode: "500", errormessage: "busy" };
  cloud.tell(dev(cloud), `/shadow/get/${PK}/dev001`, { method: "reply", payload: { status: "error", content } });
  await until(() => d.errors.length > 1, "both");
  expect(d.errors.map((e: any) => e.code)).toEqual(["protocol", "refused"]);
});

test("a shadow whose version is none keeps the one that was known", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  await later((done) => d.shadow("update", { a: 1 }, done));
  cloud.tell(dev(cloud), `/shadow/get/${PK}/dev001`, { method: "control", payload: {}, version: "x" });
  await rest(30);
  await later((done) => d.shadow("update", { a: 2 }, done));
  const versions = cloud.messages.filter((m: any) => /shadow\/update/.test(m.topic)).map((m: any) => JSON.parse(m.payload));
  expect(versions.filter((m: any) => m.method === "update").map((m: any) => typeof m.version)).toEqual(["number", "number"]);
});

test("a topic of one's own that ends with _reply answers nothing, whatever id is in it", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const got: any[] = [];
  const told: any[] = [];
  d.setCallback((_topic, data) => void got.push(data));
  await later((done) => d.subscribe("user/cmd_reply", done));
  cloud.mute = (topic: string) => /property\/post/.test(topic);
  d.propertiesReport({ a: 1 }, (err, answer) => told.push(err || answer!.code));
  const report = await until(() => cloud.messages.find((m: any) => /property\/post/.test(m.topic)), "the report");
  const { id } = JSON.parse(report.payload);
  const forged = { id, code: 500, message: "not an answer" };
  cloud.tell(dev(cloud), `/${PK}/dev001/user/cmd_reply`, forged);
  await until(() => got.length, "the message");
  expect([got, told]).toEqual([[forged], []]);
  // The answer to another question is none to this one.
  cloud.tell(dev(cloud), `${S}/event/other/post_reply`, forged);
  await until(() => d.dropped, "the drop");
  expect(told).toEqual([]);
  cloud.tell(dev(cloud), `${S}/event/property/post_reply`, { id, code: 200, data: {} });
  await until(() => told.length, "the answer");
  expect(told).toEqual([200]);
});

test.each([undefined, {}])("a set of nothing (params: %j) is done, whoever could set something", async (params) => {
  const cloud = await world();
  const d = await connected(cloud);
  expect(await cloud.set(dev(cloud), params)).toMatchObject({ code: 200, data: {} });
  d.addProperty("heating", () => {});
  expect(await cloud.set(dev(cloud), params)).toMatchObject({ code: 200, data: {} });
  d.setCallback((_topic, _data, reply) => void reply!({}, 9201));
  expect(await cloud.set(dev(cloud), params)).toMatchObject({ code: 9201 });
  expect([d.errors, d.dropped]).toEqual([[], 0]);
});

test("a child whose session is gone is logged in again without the application's subscription", async () => {
  const cloud = await world({
    devices: [
      { productKey: PK, deviceName: "dev001", secret: "ds0123456789abcdefABCDEF0123456" },
      { productKey: PK, deviceName: "child", secret: "cs" },
    ],
  });
  const gateway = await connected(cloud);
  const child = gateway.subDevice({ productKey: PK, deviceName: "child", deviceSecret: "cs" });
  await later((done) => child.bind(done));
  await later((done) => child.login(done));
  await rest(30);
  cloud.error(dev(cloud, "child"), 520, "device session error");
  await until(() => dev(cloud, "child").session, "the login");
  expect(gateway.errors).toEqual([]);
});

test.each(["null", "5", "[]", "{"])("a registration that is answered %s fails with a code", async (body) => {
  const server = http.createServer((_, response) => response.end(body));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const cloud = await world({ devices: [{ productKey: PK, deviceName: "dev001" }] });
  const d = device(cloud, {
    deviceSecret: undefined,
    productSecret: PRODUCT,
    registration: "https",
    registrationHost: "127.0.0.1",
    registrationPort: (server.address() as any).port,
    keep: { read: () => undefined, write: () => {} },
  });
  const err: any = await later((done) => d.connect(done)).catch((e) => e);
  server.close();
  expect(["protocol", "refused"]).toContain(err.code);
});

test("each of four devices on one host keeps its secret: long names that end alike, and one name in two products", async () => {
  const long = "-of-the-hall-on-the-hill";
  const who = [`${PK}/north${long}`, `${PK}/south${long}`, `${PK}/one`, "b2AbCdEfGhI/one"].map((k) => k.split("/"));
  const cloud = await world({
    devices: who.map(([productKey, deviceName]) => ({ productKey, deviceName })),
    products: { [PK]: { secret: PRODUCT, dynamic: true }, b2AbCdEfGhI: { secret: PRODUCT, dynamic: true } },
  });
  const start = ([productKey, deviceName]: string[]) =>
    connected(cloud, { productKey, deviceName, deviceSecret: undefined, productSecret: PRODUCT });
  for (const one of who) await start(one);
  for (const one of who) expect((await start(one)).status).toBe(true);
  expect(cloud.packets.filter((p: any) => p.cmd === "connect" && /authType/.test(p.clientId))).toHaveLength(4);
});

test("values that are none", async () => {
  const cloud = await world();
  const d = await connected(cloud, { types: { since: "date" } });
  for (const data of [{ a: new Date(NaN) }, { since: new Date(NaN) }, { since: NaN }])
    expect(() => d.propertiesReport(data)).toThrow(expect.objectContaining({ code: "config" }));
  expect(d.otaDeviceProgress(50, 5 as any)).toBe(true);
});

/** SUBSCRIBE packets in some bytes. */
function subscribes(bytes: Buffer): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    let length = 0;
    let i = at + 1;
    for (let m = 1; ; m *= 128) {
      length += (bytes[i] & 127) * m;
      if (bytes[i++] < 128) break;
    }
    if (bytes[at] === 0x82) out.push(bytes.subarray(i, i + length));
    at = i + length;
  }
  return out;
}

/** A broker that grants what it is asked for on the call with this number, and ends the earlier ones then. */
async function broker(last: number, ends = true) {
  const sockets: net.Socket[] = [];
  // It acknowledges no message, so that a client would wait for it long after the test.
  const close = () => (server.close(), sockets.forEach((socket) => socket.destroy()));
  const seen = { calls: 0, packets: 0, port: 0, asked: 0, bytes: "", last, close };
  const server = net.createServer((socket) => {
    let call = 0;
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      seen.bytes = call === last ? seen.bytes + bytes.toString("latin1") : "";
      if (bytes[0] === 0x10) {
        call = ++seen.calls;
        socket.write(Buffer.from([0x20, 2, 0, 0]));
      }
      for (const packet of subscribes(bytes)) {
        seen.asked++;
        if (call < seen.last) {
          if (ends) return void socket.destroy();
          continue;
        }
        seen.packets++;
        socket.write(Buffer.from([0x90, 8, packet[0], packet[1], 1, 1, 1, 1, 1, 1]));
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  seen.port = (server.address() as any).port;
  return seen;
}

test("lines that break before the subscriptions are granted: no connection, and two packets of subscriptions in the end, of what was wanted first and since", async () => {
  const seen = await broker(60);
  const d = device(seen, { reconnectPeriod: 1, maxReconnectPeriod: 1 });
  const log: any[] = [];
  d.on("connect", () => log.push("up after " + seen.calls));
  d.connect((err: any) => void log.push(err ? "told " + err.code : "told"));
  await until(() => seen.calls >= 30, "half of them");
  let own = false;
  d.request("tags", { a: 1 });
  d.subscribe("user/get", () => (own = true));
  await until(() => seen.calls === 60 && d.status, "connection");
  await until(() => seen.bytes.includes("deviceinfo.update"), "the question, whose subscriptions were granted");
  await rest(50);
  seen.close();
  expect([own, seen.bytes.split(`/${PK}/dev001/user/get\x01`).length]).toEqual([true, 2]);
  // It looks like a second unit; then it is none.
  expect(log).toEqual(["told conflict", "up after 60"]);
  expect(seen.packets).toBe(2);
});

test.each(["dialled", "answered"])(
  "disconnect before it is up, just %s: no connection, all are told, and the next connect is one",
  async (when) => {
    const seen = await broker(2, false);
    const d = device(seen);
    const log: any[] = [];
    d.on("connect", () => log.push("up"));
    const first = later((done) => d.connect(done)).catch((e) => log.push("told " + e.code));
    if (when === "answered") await until(() => seen.asked, "the subscriptions");
    else seen.last = 1;
    await later((done) => d.disconnect(done));
    await first;
    await rest(30);
    expect([d.status, log, d.errors]).toEqual([false, ["told offline"], []]);
    await later((done) => d.connect(done));
    expect([d.status, log]).toEqual([true, ["told offline", "up"]]);
    seen.close();
  },
);

test.each([1, 0])("connect while an idle line is being closed, at QoS %d: it is up when that is told, and stays so", async (qos) => {
  const cloud = await world();
  const d = await connected(cloud, { qos });
  const log: any[] = [];
  for (const name of ["connect", "end"]) d.on(name as any, () => log.push(name));
  const left = later((done) => d.disconnect(done)).catch((e) => e.code);
  const sent = d.propertiesReport({ a: 1 });
  await later((done) => d.connect(done));
  expect(d.status).toBe(true);
  await rest(50);
  expect([d.status, log, sent, await left]).toEqual([true, ["connect"], true, "refused"]);
  await later((done) => d.propertiesReport({ b: 1 }, done));
  expect(dev(cloud).properties).toEqual({ a: 1, b: 1 });
  // And twice: who calls disconnect again does not hurry it.
  d.propertiesReport({ c: 1 });
  d.disconnect();
  await later((done) => d.disconnect(done));
  await until(() => dev(cloud).properties.c, "the last report");
  expect([d.status, d.errors]).toEqual([false, []]);
});

test("two questions whose answer may not be heard: both are told, and nothing else waits for them", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const codes: any[] = [];
  for (let i = 0; i < 2; i++) d.request("thing.none.such", {}, (e: any) => codes.push(e.code));
  await later((done) => d.propertiesReport({ a: 1 }, done));
  expect(codes).toEqual(["refused", "refused"]);
  await expect(later((done) => d.request("thing.none.such", {}, done))).rejects.toMatchObject({ code: "refused" });
  await expect(later((done) => d.subscribe("thing/none/such", done))).rejects.toMatchObject({ code: "refused" });
  // What was refused is not asked for again on each line.
  const before = cloud.refused.length;
  [...cloud.wires].forEach((wire: any) => wire.destroy());
  await until(() => !d.status, "the loss");
  await until(() => d.status, "the second line");
  expect([cloud.refused.length - before, d.errors]).toEqual([0, []]);
});

test("two shadow updates at once, also while the line is down: the second is refused, and each is told of itself", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  await later((done) => d.shadow("update", { a: 0 }, done));
  [...cloud.wires].forEach((wire: any) => wire.destroy());
  await until(() => !d.status, "the loss");
  const told: string[] = [];
  d.shadow("update", { a: 1 }, (e: any) => told.push("a " + (e ? e.code : "done")));
  d.shadow("update", { b: 1 }, (e: any) => told.push("b " + (e ? e.code : "done")));
  await until(() => told.length === 2, "both");
  expect([told, dev(cloud).shadow.state.reported]).toEqual([["b limit", "a done"], { a: 1 }]);
});

test("a call without params: the handler gets none, and may look for them", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  d.addService("add", (input) => ({ z: (input.x || 0) + 1 }));
  expect(await cloud.call(dev(cloud), "add", undefined)).toMatchObject({ code: 200, data: { z: 1 } });
});

test("what the platform tells a gateway that has no callback is acknowledged", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  d.subDevice({ productKey: PK, deviceName: "child", deviceSecret: "cs" });
  await rest(30);
  const topic = `${S}/topo/change`;
  const body = { id: "5", params: { status: 0, subList: [] }, method: "thing.topo.change", version: "1.0" };
  expect(JSON.parse(await cloud.exchange(dev(cloud), topic, body, topic + "_reply"))).toMatchObject({ id: "5", code: 200 });
  expect(d.errors).toEqual([]);
});

test("what wants no answer (sys.ack 0) is done, and not answered", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const got: any[] = [];
  d.addProperty("heating", (value) => void got.push(value));
  d.addService("add", (input, reply) => (got.push(input.x), reply({ z: 1 })));
  const sys = { ack: 0 };
  cloud.tell(dev(cloud), `${S}/service/property/set`, { id: "1", sys, params: { heating: 1 } });
  cloud.tell(dev(cloud), `${S}/service/add`, { id: "2", sys, params: { x: 2 } });
  cloud.tell(dev(cloud), `${S}/service/none`, { id: "3", sys, params: {} });
  await until(() => dev(cloud).properties.heating === 1, "the property reported");
  await rest(50);
  expect([got, cloud.messages.length, cloud.refused]).toEqual([[1, 2], 1, []]);
});

test("a topic that is refused in the first of two packets is told, too", async () => {
  const cloud = await world();
  const d = device(cloud);
  d.subscribe("/somebody/else/user/get");
  for (let i = 0; i < 9; i++) d.subscribe("user/" + i);
  await expect(later((done) => d.connect(done))).rejects.toMatchObject({ code: "refused" });
  expect([d.status, cloud.refused]).toEqual([true, ["subscribe /somebody/else/user/get"]]);
});

test("bytes: those of binary objects go as they are; what is no text, and all of the raw topics, comes as its bytes", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const high = Buffer.from([0, 128, 255]);
  const got: any[] = [];
  d.setCallback((topic, data) => {
    if (/rrpc/.test(topic)) return high;
    got.push(data);
    return /down_raw/.test(topic) ? new Uint8Array(high) : undefined;
  });
  await later((done) => d.subscribe("user/in", done));
  await later((done) => d.subscribe("thing/model/down_raw", done));
  await later((done) => d.publish("thing/model/up_raw", high, done));
  expect(cloud.messages.pop().bytes).toEqual(high);
  expect(await cloud.rrpc(dev(cloud), "x")).toEqual(high);
  cloud.tell(dev(cloud), `/${PK}/dev001/user/in`, high);
  cloud.tell(dev(cloud), `/${PK}/dev001/user/in`, "é");
  cloud.tell(dev(cloud), `${S}/model/down_raw`, "1");
  await until(() => got.length > 2 && /down_raw_reply/.test(cloud.messages[cloud.messages.length - 1].topic), "all");
  expect(cloud.messages.pop().bytes).toEqual(high);
  expect(got).toEqual(["\0\x80\xff", "é", "1"]);
  expect([d.dropped, d.errors, cloud.refused]).toEqual([0, [], []]);
});

test("what went unacknowledged before a disconnect goes again with the next connect, and counts for the pace", async () => {
  const cloud = await world({ connectsPerMinute: 50 });
  const d = await connected(cloud, { clean: false });
  const wire: any = [...cloud.wires].pop();
  const { send } = wire;
  wire.send = (packet: any) => packet.cmd !== "puback" && send.call(wire, packet);
  const fates = Promise.all([1, 2, 3, 4, 5].map((n) => later((done) => d.publish("user/a", { n }, done)).catch((e) => e.code)));
  await until(() => cloud.messages.length === 5, "all on their way");
  const left = later((done) => d.disconnect(done));
  wire.destroy();
  await left;
  expect(await fates).toEqual(Array(5).fill("offline"));
  await rest(1000);
  cloud.messages.length = 0;
  await later((done) => d.connect(done));
  await Promise.all([6, 7, 8, 9, 10, 11].map((n) => later((done) => d.publish("user/a", { n }, done))));
  expect([cloud.lost, cloud.messages.length]).toEqual([[], 11]);
});

test("no tags, or none at all, is told at once", async () => {
  const d = device(await world());
  for (const none of [null, {}, undefined])
    for (const what of ["tags", "log"]) expect(() => d.request(what, none)).toThrow(expect.objectContaining({ code: "limit" }));
  expect(d.request("config", null)).toBe(false);
});

test("a topic or method that is none is told at once, connected or not, and names the argument", async () => {
  const cloud = await world();
  const d = device(cloud);
  const odd = [5, null, undefined, {}, [], "", "a\0", "user/+/x"];
  const wrong = () => {
    for (const one of odd as any[]) {
      for (const call of [() => d.publish(one, "x"), () => d.request(one), () => d.request(one, {}, () => {})])
        expect(call).toThrow(expect.objectContaining({ code: "config", message: expect.stringMatching(/^(topic|method): /) }));
      if (one !== "user/+/x") expect(() => d.subscribe(one)).toThrow(expect.objectContaining({ code: "config" }));
    }
    for (const one of ["user/a+", "user/#/b"]) expect(() => d.subscribe(one)).toThrow(expect.objectContaining({ code: "config" }));
  };
  wrong();
  await later((done) => d.connect(done));
  wrong();
  await later((done) => d.subscribe("user/+/x", done));
  await later((done) => d.propertiesReport({ a: 1 }, done));
  expect([d.errors, cloud.refused, cloud.messages.length]).toEqual([[], [], 1]);
});

test("an event whose name no topic can have: told when its turn comes, and nobody waits behind it", async () => {
  const cloud = await world();
  const d = device(cloud);
  d.addEvent("a+b");
  const codes: any[] = [];
  d.connect();
  for (let i = 0; i < 6; i++) d.eventReport("a+b", {}, (e: any) => codes.push(e.code));
  const sent = later((done) => d.propertiesReport({ a: 1 }, done));
  expect((await sent).code).toBe(200);
  expect([codes, d.errors]).toEqual([Array(6).fill("config"), []]);
});

test("what is missing is named, the identity first", async () => {
  for (const [o, name] of [
    [{}, "productKey"],
    [{ deviceSecret: "s" }, "productKey"],
    [{ productKey: PK }, "deviceName"],
    [{ productKey: PK, deviceName: "d" }, "deviceSecret"],
  ] as any[])
    expect(() => AliIot(o)).toThrow(expect.objectContaining({ code: "config", message: expect.stringContaining("option " + name) }));
});

test("a question has one answer, whatever a handler returns besides, or says later", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const second: unknown[] = [];
  d.addService("add", (input, reply) => reply({ z: input.x }));
  d.addService("twice", (_, reply) => (reply({ z: 1 }), second.push(reply({ z: 2 })), undefined));
  d.addService("late", (_, reply) => (setTimeout(() => second.push(reply({ z: 3 })), 100), { z: 1 }));
  d.setCallback((topic, _data, reply) => /rrpc/.test(topic) && reply!("pong"));
  for (const service of ["add", "twice", "late"]) {
    expect(await cloud.call(dev(cloud), service, { x: 1 })).toMatchObject({ data: { z: 1 } });
    expect(await cloud.sync(dev(cloud), service, { x: 1 })).toMatchObject({ data: { z: 1 } });
  }
  expect(String(await cloud.rrpc(dev(cloud), "ping"))).toBe("pong");
  await until(() => second.length === 4, "all replies");
  await later((done) => d.propertiesReport({ a: 1 }, done));
  expect([second, cloud.messages.length, d.errors]).toEqual([[false, false, false, false], 8, []]);
});

test.each([NaN, undefined])("a service that answers with what is no JSON (%p) is answered with 400, called either way", async (z) => {
  const cloud = await world();
  const d = await connected(cloud, { rrpcTimeout: 60000 });
  d.addService("add", () => ({ z }));
  expect(await cloud.call(dev(cloud), "add", {})).toMatchObject({ code: 400, message: expect.stringContaining("not JSON") });
  expect(await cloud.sync(dev(cloud), "add", {})).toMatchObject({ code: 400 });
  expect(d.errors.map((e: any) => e.code)).toEqual(["config", "config"]);
});

test("a message of more than 16 kB goes; and after a loss with much under way it hears again", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  await later((done) => d.publish("user/big", "x".repeat(250000), done));
  expect(cloud.messages.pop().bytes).toHaveLength(250000);
  const wire: any = [...cloud.wires].pop();
  const { send } = wire;
  wire.send = (packet: any) => packet.cmd === "puback" || send.call(wire, packet);
  const all = Promise.all([1, 2, 3, 4].map(() => later((done) => d.publish("user/some", "y".repeat(4000), done))));
  await until(() => cloud.messages.length === 4, "all under way");
  wire.destroy();
  await all;
  expect(await cloud.set(dev(cloud), {})).toMatchObject({ code: 200 });
  expect([cloud.refused, d.errors]).toEqual([[], []]);
});

test("a time that comes after its time was over makes the next one no worse", async () => {
  const cloud = await world();
  const d = await connected(cloud, { replyTimeout: 400 });
  cloud.mute = (topic: string) => /ext\/ntp/.test(topic);
  await expect(later((done) => d.ntp(done))).rejects.toMatchObject({ code: "timeout" });
  const asked = later<number>((done) => d.ntp(done));
  const [{ payload }] = await until(() => cloud.messages.length > 1 && cloud.messages, "the second question");
  const deviceSendTime = JSON.parse(payload).deviceSendTime;
  // It took as long there as back, and was answered at once: the middle of both is that moment.
  const then = Number(deviceSendTime) + 150;
  cloud.tell(dev(cloud), `/ext/ntp/${PK}/dev001/response`, { deviceSendTime, serverRecvTime: then, serverSendTime: then });
  const after = Date.now();
  expect(await asked).toBeGreaterThanOrEqual(Math.floor((then + then + after - Number(deviceSendTime)) / 2));
});

test("disconnect while a synchronous call waits for its answer is no error", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  let asked = false;
  d.addService("slow", () => void (asked = true));
  const answer = cloud.sync(dev(cloud), "slow", {}, 1000).catch(() => "none");
  await until(() => asked, "the call");
  await later((done) => d.disconnect(done));
  expect([await answer, d.errors, d.dropped]).toEqual(["none", [], 0]);
});

test("a callback, a handler or a setter that is no function is told at once", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const child = d.subDevice({ productKey: "a1SubProdKy", deviceName: "sub1", deviceSecret: "s" });
  d.addEvent("alarm");
  for (const odd of [5, "error", {}, [() => {}]] as any[])
    for (const call of [
      () => d.connect(odd),
      () => d.disconnect(odd),
      () => d.propertiesReport({ a: 1 }, odd),
      () => d.eventReport("alarm", {}, odd),
      () => d.request("config", {}, odd),
      () => d.publish("user/x", "x", odd),
      () => d.subscribe("user/x", odd),
      () => d.setCallback(odd),
      () => d.addService("add", odd),
      () => d.addProperty("heating", odd),
      () => d.ntp(odd),
      () => d.shadow("update", { a: 1 }, odd),
      () => child.bind(odd),
      () => child.unbind(odd),
      () => child.login(odd),
      () => child.logout(odd),
    ])
      expect(call).toThrow(expect.objectContaining({ code: "config", message: "option callback is no function" }));
  d.setCallback(undefined as any);
  await later((done) => d.propertiesReport({ a: 1 }, done));
  expect([d.status, d.errors, cloud.messages.length]).toEqual([true, [], 1]);
});

test("synchronous calls that nobody answers are refused beyond a hundred", async () => {
  const cloud = await world();
  const d = await connected(cloud, { queueLimit: 200, rrpcTimeout: 60000 });
  let calls = 0;
  d.addService("slow", () => void calls++);
  for (let i = 0; i < 110; i++) {
    const body = { method: "thing.service.slow", id: `${i}`, params: {}, version: "1.0.0" };
    cloud.tell(dev(cloud), `/sys/${PK}/dev001/rrpc/request/${i}`, body);
  }
  await until(() => cloud.messages.length === 10, "ten refusals");
  expect([calls, d.errors.length, d.errors[0].code, d.dropped]).toEqual([100, 10, "limit", 10]);
  expect(JSON.parse(cloud.messages[0].payload)).toMatchObject({ id: "100", code: 400 });
});

test("what a service keeps waiting and what the device asks have a bound each", async () => {
  const cloud = await world();
  const limit = 120;
  const d = await connected(cloud, { queueLimit: limit, rrpcTimeout: 60000, qos: 0 });
  let calls = 0;
  const told: any[] = [];
  d.addService("slow", () => void calls++);
  const call = (i: number) => {
    const body = { method: "thing.service.slow", id: `${i}`, params: {}, version: "1.0.0" };
    cloud.tell(dev(cloud), `/sys/${PK}/dev001/rrpc/request/${i}`, body);
  };
  // The pace is none of this.
  const clock = jest.spyOn(Date, "now");
  let now = Date.now();
  clock.mockImplementation(() => (now += 1000));
  cloud.mute = () => true;
  for (let i = 0; i < 200; i++) d.propertiesReport({ i }, (e) => told.push(e));
  expect(told.map((e) => e.code)).toEqual(Array(200 - limit - 31).fill("limit"));
  for (let i = 0; i < 100; i++) call(i);
  await until(() => calls + d.errors.length === 100, "a hundred calls");
  expect([calls, d.errors]).toEqual([100, []]);
  clock.mockRestore();
});

test("calls that wait for their answers keep no report back", async () => {
  const cloud = await world();
  const d = await connected(cloud, { rrpcTimeout: 60000 });
  let calls = 0;
  d.addService("slow", () => void calls++);
  for (let i = 0; i < 60; i++) {
    const body = { method: "thing.service.slow", id: `${i}`, params: {}, version: "1.0.0" };
    cloud.tell(dev(cloud), `/sys/${PK}/dev001/rrpc/request/${i}`, body);
  }
  await until(() => calls === 60, "the calls");
  expect(await later((done) => d.propertiesReport({ a: 1 }, done))).toMatchObject({ code: 200 });
});

test("a payload that is no JSON, and data that are no object, are told at once", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  d.addEvent("alarm");
  const config = (what: string) => expect.objectContaining({ code: "config", message: expect.stringContaining(what) });
  for (const none of [undefined, () => 1, NaN, Infinity, { toJSON: () => undefined }])
    expect(() => d.publish("user/update", none)).toThrow(config("payload"));
  for (const none of ["text", "", null, undefined, 5, true, [1]]) {
    expect(() => d.propertiesReport(none as any)).toThrow(config("properties"));
    if (none) expect(() => d.eventReport("alarm", none as any)).toThrow(config("alarm"));
  }
  await later((done) => d.eventReport("alarm", undefined as any, done));
  for (const good of [null, "null", "", false, 0]) await later((done) => d.publish("user/update", good, done));
  expect(cloud.messages.map((m: any) => String(m.payload)).slice(1)).toEqual(["null", "null", "", "false", "0"]);
  expect([d.errors, d.dropped]).toEqual([[], 0]);
});

describe("an answer of the shadow that comes after its question was given up", () => {
  const reply = (cloud: any, payload: any, version?: number) =>
    cloud.tell(dev(cloud), `/shadow/get/${PK}/dev001`, { method: "reply", payload, version, timestamp: 1 });
  const failed = (errorcode: string) => ({ status: "error", content: { errorcode, errormessage: "late" } });
  const asked = (cloud: any) => cloud.messages.filter((m: any) => /shadow\/update/.test(m.topic)).map((m: any) => JSON.parse(m.payload));

  /** A shadow of version 1, a question that is given up, and another one, which waits. */
  async function open(first: any[], second: any[]) {
    const cloud = await world();
    const d = await connected(cloud, { replyTimeout: 60 });
    await later((done) => d.shadow("update", { a: 0 }, done));
    cloud.mute = (topic: string) => /shadow/.test(topic);
    const ask: any = d.shadow;
    const late = later((done) => ask.call(d, ...first, done));
    await expect(late).rejects.toMatchObject({ code: "timeout" });
    d.authInfo.replyTimeout = 30000;
    const told: any[] = [];
    const before = asked(cloud).length;
    ask.call(d, ...second, (e: any, answer: any) => told.push(e ? e.status : answer.payload));
    await until(() => asked(cloud).length > before, "the second question");
    return { cloud, d, told };
  }
  const read = { status: "success", state: { reported: { a: 0 } }, metadata: {} };

  test("of an update is none of the next", async () => {
    const { cloud, d, told } = await open(["update", { a: 1 }], ["update", { a: 2 }]);
    reply(cloud, { status: "success", version: 2 });
    await until(() => d.dropped, "the late one");
    expect(told).toEqual([]);
    reply(cloud, { status: "success", version: 3 });
    await until(() => told.length, "the answer");
    expect(told).toEqual([{ status: "success", version: 3 }]);
    cloud.mute = () => false;
    dev(cloud).shadow.version = 3;
    await later((done) => d.shadow("update", { a: 3 }, done));
    expect(asked(cloud).map(({ version }: any) => version)).toEqual([undefined, 1, 2, 3, 4]);
    expect([d.dropped, d.errors]).toEqual([1, []]);
  });

  test("of a question what there is is none of an update, and no version", async () => {
    const { cloud, d, told } = await open(["get"], ["delete", { a: null }]);
    reply(cloud, read, 1);
    reply(cloud, failed("407"));
    await until(() => d.dropped > 1, "the late ones");
    expect(told).toEqual([]);
    reply(cloud, { status: "success", version: 2 });
    await until(() => told.length, "the answer");
    expect(told).toEqual([{ status: "success", version: 2 }]);
  });

  test("of an update is none of a question what there is", async () => {
    const { cloud, d, told } = await open(["update", { a: 1 }], ["get"]);
    reply(cloud, { status: "success", version: 2 });
    reply(cloud, failed("409"));
    await until(() => d.dropped > 1, "the late ones");
    expect(told).toEqual([]);
    reply(cloud, read, 2);
    await until(() => told.length, "the answer");
    expect(told).toEqual([read]);
  });

  test("is taken for a version that is not said, and for what the platform refuses", async () => {
    for (const [payload, end] of [
      [{ status: "success" }, { status: "success" }],
      [failed("500"), 500],
    ]) {
      const { cloud, told } = await open(["get"], ["update", { a: 2 }]);
      reply(cloud, payload);
      await until(() => told.length, "the answer");
      expect(told).toEqual([end]);
    }
  });
});

test("a change of the shadow that is no object is told at once, whether its version is known or not", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const done = jest.fn();
  const config = expect.objectContaining({ code: "config" });
  const wrong = () => {
    for (const none of [undefined, "text", 5, [1], { a: NaN }, null]) expect(() => d.shadow("update", none, done)).toThrow(config);
    for (const none of [undefined, "key", 5, ["key"]]) expect(() => d.shadow("delete", none, done)).toThrow(config);
  };
  wrong();
  await later((ok) => d.shadow("update", { a: 1 }, ok));
  wrong();
  const asked = cloud.messages.filter((m: any) => /shadow/.test(m.topic)).map((m: any) => JSON.parse(m.payload).method);
  expect([asked, done.mock.calls, d.errors]).toEqual([["get", "update"], [], []]);
});
