import { AliIot, float } from "thincloud/aliiot";
import fc from "../../../rig/properties";
import { clear, connected, device, later, PK, rest, until, world } from "./bench";

afterEach(clear);

const dev = (cloud: any, name = "dev001") => cloud.devices.get(`${PK}/${name}`);
const said = (cloud: any, part: string) => cloud.messages.filter((m: any) => m.topic.includes(part)).map((m: any) => JSON.parse(m.payload));

test("connect: one packet with six subscriptions, status, identity", async () => {
  const cloud = await world();
  const d = device(cloud);
  expect(d.status).toBe(false);
  expect(d.authInfo).toEqual({ productKey: PK, deviceName: "dev001", deviceSecret: expect.any(String), productSecret: undefined });
  expect(d.addEvent("sos_alarm")).toBe(true);
  expect(d.addEvent("sos_alarm")).toBe(false);
  expect(d.addService("report_location")).toBe(true);
  expect(d.addService("report_location")).toBe(false);
  await later((done) => expect(d.connect(done)).toBe(0));
  expect(d.status).toBe(true);
  const heard = cloud.packets.filter((p: any) => p.cmd === "subscribe");
  expect(heard).toHaveLength(1);
  expect(heard[0].filters).toEqual([
    `/sys/${PK}/dev001/thing/event/+/post_reply`,
    `/sys/${PK}/dev001/thing/service/property/set`,
    `/sys/${PK}/dev001/thing/service/+`,
    `/sys/${PK}/dev001/rrpc/request/+`,
    `/ota/device/upgrade/${PK}/dev001`,
    `/sys/${PK}/dev001/thing/ota/firmware/get_reply`,
  ]);
  const { clientId, keepalive, clean } = cloud.packets[0];
  expect({ clientId, keepalive, clean }).toEqual({
    clientId: `${PK}.dev001|securemode=3,signmethod=hmacsha256|`,
    keepalive: 300,
    clean: true,
  });
  await later((done) => d.connect(done));
  expect(cloud.packets.filter((p: any) => p.cmd === "connect")).toHaveLength(1);
  expect(cloud.refused).toEqual([]);
});

test("properties and events: answers by id, the refusal with its code", async () => {
  const cloud = await world();
  const d = await connected(cloud, { types: { temperature: "float", geo: { lon: "double" }, alarm: { level: "float" } } });
  cloud.model = { [PK]: { temperature: "float", lon: "double" } };
  const given = {
    phone: "123é",
    energy: 100,
    on: true,
    temperature: 10,
    geo: { lon: 100, kind: 1 },
    old: { value: 3, time: 1524448722000 },
  };
  const before = Date.now();
  const answer = await later((done) => expect(d.propertiesReport(given, done)).toBe(true));
  expect(answer).toMatchObject({ code: 200, method: "thing.event.property.post" });
  const text = cloud.messages[0].payload;
  expect(text).toContain('"temperature":{"value":10.0,');
  expect(text).toContain('"lon":100.0');
  const { id, ...body } = JSON.parse(text);
  expect(id).toMatch(/^\d{1,10}$/);
  expect(body).toMatchObject({
    version: "1.0",
    sys: { ack: 1 },
    method: "thing.event.property.post",
    params: { on: { value: 1 }, old: { value: 3, time: 1524448722000 } },
  });
  expect(body.params.phone.time).toBeGreaterThanOrEqual(before);
  expect(body.params.phone.time).toBeLessThanOrEqual(Date.now());
  expect(dev(cloud).properties).toMatchObject({ phone: "123é", on: 1 });

  await expect(later((done) => d.propertiesReport({ lon: 1 }, done))).rejects.toMatchObject({ code: "refused", status: 6300 });
  d.addEvent("alarm");
  await later((done) => d.eventReport("alarm", { level: 5, n: 1 }, done));
  expect(dev(cloud).events[0]).toMatchObject({ event: "alarm", params: { value: { level: 5, n: 1 } } });
  expect(cloud.messages[2].payload).toContain('"level":5.0');
  await later((done) => d.propertiesReport({ lon: float(1) }, done));
  expect(cloud.refused).toEqual([]);
});

test("a value that JSON cannot say, an undeclared event or service: thrown, with what is wrong", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const circle: any = {};
  circle.self = circle;
  for (const bad of [NaN, Infinity, undefined, () => 1]) expect(() => d.propertiesReport({ x: bad })).toThrow(/^value .*: not JSON$/);
  expect(() => d.propertiesReport({ circle })).toThrow("nests deeper than 8");
  expect(() => d.propertiesReport({})).toThrow("1 to 200, not 0");
  expect(() => d.propertiesReport(Object.fromEntries(Array.from({ length: 201 }, (_, i) => ["p" + i, 1])))).toThrow("1 to 200, not 201");
  expect(() => d.eventReport("never", {})).toThrow("event never: addEvent first");
  expect(() => d.serviceResponse("never", 200, {}, "1")).toThrow("service never: addService first");
  expect(() => d.publish("user/a/b/c/d/e/f", "x")).toThrow("7 levels");
  expect(() => d.publish("user/" + "é".repeat(60), "x")).toThrow("128 bytes");
  expect(cloud.messages).toEqual([]);
});

test("before connect nothing is sent, and the caller is told", async () => {
  const cloud = await world();
  const d = device(cloud);
  await expect(later((done) => expect(d.propertiesReport({ a: 1 }, done)).toBe(false))).rejects.toMatchObject({ code: "offline" });
  expect(d.dropped).toBe(1);
});

test("property set and services in the seed's manner: the callback, and answers by hand", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const got: any[] = [];
  d.addService("locate");
  d.setCallback((topic, data) => {
    got.push([topic, data]);
    if (/property\/set$/.test(topic)) d.propertySetReply(data.id, 200, "success");
    else if (/service\/locate$/.test(topic)) d.serviceResponse("locate", 200, { lat: 1 }, data.id, "success");
    else if (/rrpc\/request/.test(topic)) d.rrpcResponse(topic.split("/").pop()!, data === "ping" ? "pong" : { echo: data });
  });
  expect(await cloud.set(dev(cloud), { a: 1 })).toEqual({ id: "1", code: 200, data: {}, message: "success", version: "1.0" });
  expect(await cloud.call(dev(cloud), "locate", { x: 1 })).toMatchObject({ id: "2", code: 200, data: { lat: 1 } });
  expect(String(await cloud.rrpc(dev(cloud), "ping"))).toBe("pong");
  expect(JSON.parse(await cloud.rrpc(dev(cloud), '{"a":1}'))).toEqual({ echo: { a: 1 } });
  expect(got.map(([topic]) => topic.split("/").slice(4, 6).join("/"))).toEqual([
    "thing/service",
    "thing/service",
    "rrpc/request",
    "rrpc/request",
  ]);
  expect(got[0][1]).toMatchObject({ method: "thing.service.property.set", params: { a: 1 } });
  expect(cloud.refused).toEqual([]);
});

test("what a handler returns is the answer; what it throws is 400; what nobody does is told so", async () => {
  const cloud = await world();
  const d = await connected(cloud, { types: { add: { z: "float" } } });
  d.addService("add", (input) => ({ z: input.x + input.y }));
  d.addService("fail", () => {
    throw new Error("no such thing");
  });
  d.addService("slow", (_, reply) => void setTimeout(() => reply({ late: 1 }, 200), 30));
  d.addProperty("Power", (value) => (value > 1 ? 1 : undefined));
  expect(await cloud.call(dev(cloud), "add", { x: 2, y: 3 })).toMatchObject({ code: 200, data: { z: 5 } });
  expect(cloud.messages[0].payload).toContain('"z":5.0');
  expect(await cloud.call(dev(cloud), "fail", {})).toMatchObject({ code: 400, message: "no such thing" });
  expect(await cloud.call(dev(cloud), "slow", {})).toMatchObject({ code: 200, data: { late: 1 } });
  expect(await cloud.call(dev(cloud), "unknown", {})).toMatchObject({ code: 400, message: "nothing here does thing/service/unknown" });
  expect(await cloud.set(dev(cloud), { Power: 5 })).toMatchObject({ code: 200 });
  await until(() => dev(cloud).properties.Power === 1, "the property reported");
  expect(await cloud.set(dev(cloud), { Other: 5 })).toMatchObject({ code: 400, message: "property Other cannot be set" });
  expect(d.errors.map((e: any) => e.message)).toEqual([
    "no such thing",
    "nothing here does thing/service/unknown",
    "property Other cannot be set",
  ]);
});

test("synchronous calls: answered where they came in, at QoS 0, and refused in time", async () => {
  const cloud = await world();
  const d = await connected(cloud, { rrpcTimeout: 100 });
  d.addService("add", (input) => ({ z: input.x + 1 }));
  d.addService("never", () => undefined);
  d.addService("byHand");
  expect(await cloud.sync(dev(cloud), "add", { x: 4 })).toMatchObject({ code: 200, data: { z: 5 } });
  expect(await cloud.sync(dev(cloud), "never", {})).toMatchObject({ code: 400, message: "no answer in time" });
  d.setCallback((topic, data) => void setTimeout(() => d.serviceResponse("byHand", 200, { topic: 1 }, data.id), 20));
  expect(await cloud.sync(dev(cloud), "byHand", {})).toMatchObject({ code: 200, data: { topic: 1 } });
  await rest(150);
  expect(cloud.messages.filter((m: any) => /rrpc/.test(m.topic))).toHaveLength(3);
  expect(cloud.refused).toEqual([]);
});

test("custom topics, custom RRPC, ext RRPC of a service, broadcast", async () => {
  const cloud = await world();
  const d = await connected(cloud, { extra: "ext=1" });
  const got: any[] = [];
  d.setCallback((topic, data) => {
    got.push([topic, data]);
    return /ext\/rrpc/.test(topic) ? "pong" : undefined;
  });
  d.addService("add", (input) => ({ z: input.x + 1 }));
  await later((done) => d.subscribe("user/get", done));
  await later((done) => d.subscribe(`/ext/rrpc/+/${PK}/dev001/user/ask`, done));
  await later((done) => d.subscribe(`/ext/rrpc/+/sys/${PK}/dev001/thing/service/add`, done));
  await later((done) => d.subscribe(`/broadcast/${PK}/all`, done));
  await later((done) => d.publish("user/update", { a: 1 }, done));
  expect(cloud.messages[0]).toMatchObject({ topic: `/${PK}/dev001/user/update`, payload: '{"a":1}' });
  cloud.tell(dev(cloud), `/${PK}/dev001/user/get`, "text, no JSON");
  cloud.tell(dev(cloud), `/broadcast/${PK}/all`, { n: 1 });
  cloud.tell(dev(cloud), `/sys/${PK}/dev001/broadcast/request/77`, "to all");
  const topic = `/ext/rrpc/123/${PK}/dev001/user/ask`;
  expect(String(await cloud.exchange(dev(cloud), topic, "ping", topic))).toBe("pong");
  // With ext=1 the platform calls services there, too.
  const call = `/ext/rrpc/124/sys/${PK}/dev001/thing/service/add`;
  const asked = { id: "9", params: { x: 1 }, method: "thing.service.add" };
  expect(JSON.parse(await cloud.exchange(dev(cloud), call, asked, call))).toMatchObject({ id: "9", code: 200, data: { z: 2 } });
  await until(() => got.length === 4, "four downlinks");
  expect(got.slice(0, 3)).toEqual([
    [`/${PK}/dev001/user/get`, "text, no JSON"],
    [`/broadcast/${PK}/all`, { n: 1 }],
    [`/sys/${PK}/dev001/broadcast/request/77`, "to all"],
  ]);
  expect(cloud.refused).toEqual([]);
});

test("garbage, unknown ids, missing ids: counted, told, and the session lives on", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const s = `/sys/${PK}/dev001/thing/`;
  for (const body of ["oops", "{", '{"code":200}', '{"id":"99999","code":200}', "[]", "null"])
    cloud.tell(dev(cloud), s + "event/property/post_reply", body);
  cloud.tell(dev(cloud), s + "service/property/set", "oops");
  cloud.tell(dev(cloud), `/ota/device/upgrade/${PK}/dev001`, "oops");
  await until(() => d.dropped >= 8, "drops");
  expect(d.dropped).toBe(8);
  expect(d.errors.every((e: any) => e.code === "protocol")).toBe(true);
  await later((done) => d.propertiesReport({ a: 1 }, done));
  expect(cloud.closed).toEqual([]);
});

test("no answer: error timeout; a late one is counted", async () => {
  const cloud = await world();
  const d = await connected(cloud, { replyTimeout: 60 });
  cloud.mute = (topic: string) => /property\/post$/.test(topic);
  await expect(later((done) => d.propertiesReport({ a: 1 }, done))).rejects.toMatchObject({ code: "timeout" });
  const { id } = await until(() => said(cloud, "property/post")[0], "the report");
  cloud.tell(dev(cloud), `/sys/${PK}/dev001/thing/event/property/post_reply`, { id, code: 200, data: {} });
  await until(() => d.dropped === 1, "the late answer");
});

test("a report from inside a callback is answered", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const done = new Promise((resolve) =>
    d.setCallback(
      (_, data) => void (d.propertySetReply(data.id, 200), d.propertiesReport(data.params, (err, answer) => resolve(err || answer))),
    ),
  );
  await cloud.set(dev(cloud), { a: 7 });
  expect(await done).toMatchObject({ code: 200 });
  expect(dev(cloud).properties.a).toBe(7);
});

test("the pace: not more than the platform takes, nothing lost; beyond the queue an error", async () => {
  const cloud = await world();
  const d = await connected(cloud, { queueLimit: 12 });
  const begin = performance.now();
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => later((done) => d.propertiesReport({ n }, done))));
  const ok = results.filter((r) => r.status === "fulfilled").length;
  expect(said(cloud, "property/post").length).toBe(ok);
  expect(ok).toBeGreaterThanOrEqual(16);
  // Ten in a second, five of them at once.
  expect(performance.now() - begin).toBeGreaterThan((ok - 6) * 200);
  expect((results.find((r) => r.status === "rejected") as any).reason).toMatchObject({ code: "limit" });
});

test("tags, config, log, desired, firmware by their method; the answer's topic is subscribed once, first", async () => {
  const cloud = await world({
    config: { configId: "1", url: "http://x/y", sign: "0", signMethod: "Sha256", configSize: 3, getType: "file" },
  });
  const d = await connected(cloud);
  await later((done) => d.request("thing.deviceinfo.update", [{ attrKey: "k", attrValue: "v" }], done));
  await later((done) => d.request("thing.deviceinfo.update", [{ attrKey: "l", attrValue: "w" }], done));
  expect(dev(cloud).tags).toEqual({ k: "v", l: "w" });
  await later((done) => d.request("thing.deviceinfo.delete", [{ attrKey: "k" }], done));
  expect(dev(cloud).tags).toEqual({ l: "w" });
  expect((await later((done) => d.request("thing.config.get", { configScope: "product", getType: "file" }, done))).data.configId).toBe("1");
  await later((done) =>
    d.request("thing.log.post", [{ utcTime: "2026-01-01T00:00:00.000Z", logLevel: "INFO", module: "m", code: "1", logContent: "x" }], done),
  );
  expect((await later((done) => d.otaFirmwareGet("MCU", done))).data).toEqual({});
  await expect(later((done) => d.request("thing.deviceinfo.update", [], done))).rejects.toMatchObject({ code: "refused", status: 460 });
  expect(
    cloud.packets.filter((p: any) => p.cmd === "subscribe" && p.filters.some((f: string) => /deviceinfo\/update_reply/.test(f))),
  ).toHaveLength(1);
  await later((done) => d.request("tags", { room: 12, floor: "é" }, done));
  expect(dev(cloud).tags).toEqual({ l: "w", room: "12", floor: "é" });
  expect((await later((done) => d.request("config", done))).data.configId).toBe("1");
  expect((await later((done) => d.request("desired", ["Power"], done))).code).toBe(200);
  await later((done) =>
    d.request("log", [{ utcTime: "2026-01-01T00:00:00.000Z", logLevel: "INFO", module: "m", code: "1", logContent: "x" }], done),
  );
  expect(said(cloud, "thing/log/post").map(({ method }: any) => method)).toEqual(["thing.log.post", "thing.log.post"]);
  expect(cloud.refused).toEqual([]);
});

test("tags and desired values are deleted by name, too; what is over the platform's counts is not sent", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const at = dev(cloud);
  await later((done) => d.request("tags", { room: 12, floor: 1, door: 3 }, done));
  await later((done) => d.request("tags.delete", ["room", "door"], done));
  expect(at.tags).toEqual({ floor: "1" });
  expect(said(cloud, "deviceinfo/delete")[0]).toMatchObject({
    method: "thing.deviceinfo.delete",
    params: [{ attrKey: "room" }, { attrKey: "door" }],
  });
  at.desired = { Power: { value: 1, version: 2 }, Mode: { value: 3, version: 1 }, Fan: { value: 0, version: 9 } };
  await later((done) => d.request("desired.delete", ["Power", "Mode"], done));
  await later((done) => d.request("desired.delete", { Fan: { version: 9 } }, done));
  expect(said(cloud, "desired/delete").map(({ params }) => params)).toEqual([{ Power: {}, Mode: {} }, { Fan: { version: 9 } }]);
  expect((await later((done) => d.request("desired", ["Power", "Mode", "Fan"], done))).data).toEqual({});
  const entry = { utcTime: "2026-01-01T00:00:00.000Z", logLevel: "INFO", module: "m", code: "1", logContent: "x" };
  const many = (n: number) => Array.from({ length: n }, (_, i) => `k${i}`);
  expect(() => d.request("log", Array(41).fill(entry))).toThrow("log: 1 to 40, not 41");
  expect(() => d.request("tags", Object.fromEntries(many(101).map((k) => [k, 1])))).toThrow("tags: 1 to 100, not 101");
  expect(() => d.request("tags.delete", [])).toThrow("tags.delete: 1 to 100, not 0");
  expect(() => d.request("tags", { k: undefined })).toThrow("value undefined: not JSON");
  expect(cloud.refused).toEqual([]);
});

test("a new configuration is pushed: to the callback, and acknowledged by itself", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const got: any[] = [];
  d.setCallback((topic, data) => void got.push([topic, data.params]));
  await later((done) => d.subscribe("thing/config/push", done));
  const push = `/sys/${PK}/dev001/thing/config/push`;
  const body = JSON.stringify({ id: "7", version: "1.0", method: "thing.config.push", params: { configId: "2" } });
  cloud.tell(dev(cloud), push, body);
  await until(() => said(cloud, "config/push_reply").length, "the acknowledgement");
  expect(got).toEqual([[push, { configId: "2" }]]);
  expect(said(cloud, "config/push_reply")).toEqual([{ id: "7", code: 200, data: {}, message: "success", version: "1.0" }]);
});

test("time: the platform's, by its formula", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  // The way there takes as long as the way back: nothing at all.
  const clock = jest.spyOn(Date, "now").mockReturnValue(Date.UTC(2026, 0, 1));
  cloud.now = Date.now;
  for (const skew of [5000, 0]) {
    cloud.skew = skew;
    expect(await later<number>((done) => d.ntp(done))).toBe(Date.UTC(2026, 0, 1) + skew);
  }
  clock.mockRestore();
});

test("shadow: versions by themselves, conflict resolved, wishes of the cloud", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  const got: any[] = [];
  d.setCallback((_, data) => void got.push(data));
  await expect(later((done) => d.shadow("get", done))).rejects.toMatchObject({ code: "refused", status: 407 });
  await later((done) => d.shadow("update", { color: "red" }, done));
  await later((done) => d.shadow("update", { size: 3 }, done));
  expect(dev(cloud).shadow).toMatchObject({ version: 2, state: { reported: { color: "red", size: 3 } } });
  dev(cloud).shadow.version = 10;
  await later((done) => d.shadow("delete", { size: null }, done));
  expect(dev(cloud).shadow).toMatchObject({ version: 11, state: { reported: { color: "red" } } });
  cloud.desire(dev(cloud), { color: "blue" });
  await until(() => got.length, "the wish");
  expect(got[0]).toMatchObject({ method: "control", payload: { state: { desired: { color: "blue" } } } });
  await later((done) => d.shadow("clear", done));
  await later((done) => d.shadow("delete", null, done));
  expect(dev(cloud).shadow.state).toEqual({ reported: {}, desired: {} });
  expect((await later((done) => d.shadow("get", done))).payload.status).toBe("success");
  expect(cloud.refused).toEqual([]);
});

test("reconnection: subscribed again by eights, what waited is sent", async () => {
  const cloud = await world({ connectsPerMinute: 50 });
  const d = await connected(cloud);
  for (const name of ["a", "b", "c", "d"]) await later((done) => d.subscribe("user/" + name, done));
  cloud.packets.length = 0;
  [...cloud.wires].forEach((wire: any) => wire.destroy());
  await until(() => !d.status, "the loss");
  const answer = later((done) => expect(d.propertiesReport({ a: 1 }, done)).toBe(true));
  expect((await answer).code).toBe(200);
  expect(d.status).toBe(true);
  expect(cloud.packets.filter((p: any) => p.cmd === "subscribe").map((p: any) => p.filters.length)).toEqual([8, 2]);
  expect(cloud.refused).toEqual([]);
});

test("disconnect, and connect again to the same host; what waits is told", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  cloud.mute = () => true;
  const waiting = later((done) => d.propertiesReport({ a: 1 }, done));
  await Promise.all([expect(waiting).rejects.toMatchObject({ code: "offline" }), later((done) => expect(d.disconnect(done)).toBe(true))]);
  expect(d.status).toBe(false);
  cloud.mute = undefined;
  await later((done) => d.connect(done));
  await later((done) => d.propertiesReport({ a: 1 }, done));
});

test("refused: wrong secret, disabled device, wrong options; no secret is told", async () => {
  const cloud = await world();
  const d = device(cloud, { deviceSecret: "wrongsecret0123456789" });
  const e = await later((done) => d.connect(done)).catch((err) => err);
  expect(e).toMatchObject({ code: "auth" });
  expect(JSON.stringify([e, e.message, e.stack])).not.toContain("wrongsecret");
  const good = { productKey: "pk", deviceName: "d", deviceSecret: "s" };
  const wrong: [any, RegExp][] = [
    [{ ...good, productKey: undefined }, /productKey/],
    [{ ...good, productKey: "a b" }, /productKey/],
    [{ ...good, deviceName: "" }, /deviceName/],
    [{ ...good, deviceName: "d|x" }, /deviceName/],
    [{ ...good, deviceName: "d".repeat(33) }, /deviceName/],
    [{ ...good, deviceSecret: undefined }, /deviceSecret/],
    [{ ...good, keepalive: 10 }, /keepalive/],
    [{ ...good, qos: 2 }, /qos/],
    [{ ...good, signMethod: "sha512" }, /signMethod/],
    [{ ...good, clientId: "a|b" }, /clientId/],
    [{ ...good, protocol: "http" }, /protocol/],
    [{ ...good, nonsense: 1 }, /nonsense/],
  ];
  for (const [options, text] of wrong) expect(() => new AliIot(options)).toThrow(text);
  for (const [options] of wrong) expect(() => new AliIot(options)).toThrow(expect.objectContaining({ code: "config" }));
});

test("hosts: region, server, instance", () => {
  const host = (o: any) => (AliIot({ productKey: "pk", deviceName: "d", deviceSecret: "s", ...o }) as any).host;
  expect(host({})).toBe("pk.iot-as-mqtt.cn-shanghai.aliyuncs.com");
  expect(host({ region: "us-west-1" })).toBe("pk.iot-as-mqtt.us-west-1.aliyuncs.com");
  expect(host({ server: "iot-as-mqtt.ap-southeast-1.aliyuncs.com" })).toBe("pk.iot-as-mqtt.ap-southeast-1.aliyuncs.com");
  expect(host({ instanceId: "iot-06z0" })).toBe("iot-06z0.mqtt.iothub.aliyuncs.com");
});

test("two units with one identity: told as a conflict", async () => {
  const cloud = await world({ connectsPerMinute: 1000 });
  const a = await connected(cloud);
  const b = await connected(cloud);
  const told = await until(() => [...a.errors, ...b.errors].find((e: any) => e.code === "conflict"), "the conflict");
  expect(told.message).toContain(`${PK}/dev001`);
});

test("whatever the platform says, the session lives on", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  d.addService("add", (input) => input.x.y);
  d.addProperty("Power", (value) => value.z);
  const own = `/sys/${PK}/dev001/`;
  const name = fc.constantFrom("add", "constructor", "__proto__", "hasOwnProperty", "toString", "property", "x");
  const topic = fc.oneof(
    name.map((n) => `${own}thing/service/${n}`),
    name.map((n) => `${own}rrpc/request/${n}`),
    name.map((n) => `${own}thing/event/${n}/post_reply`),
    fc.constantFrom(
      `${own}thing/service/property/set`,
      `${own}thing/ota/firmware/get_reply`,
      `/ota/device/upgrade/${PK}/dev001`,
      `${own}broadcast/request/1`,
    ),
  );
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom("thing.service.add", "constructor", "__proto__", 200, 460, null));
  const alink = fc.record({ id: odd, code: odd, data: odd, params: odd, method: odd, message: odd }, { requiredKeys: [] });
  const payload = fc.oneof(
    alink.map((o) => JSON.stringify(o)),
    fc.jsonValue().map((v) => JSON.stringify(v)),
    fc.string(),
  );
  let told = 0;
  for (const [to, body] of fc.sample(fc.tuple(topic, payload), 400)) if (cloud.tell(dev(cloud), to, body)) told++;
  expect(told).toBe(400);
  d.addProperty("Power", () => undefined);
  await rest(50);
  cloud.lost.length = 0;
  await later((done) => d.disconnect(done));
  await later((done) => d.connect(done));
  expect((await cloud.set(dev(cloud), { Power: 1 })).code).toBe(200);
  expect(cloud.closed).toEqual([]);
  expect(cloud.refused.filter((what: string) => !/rrpc|service/.test(what))).toEqual([]);
});
