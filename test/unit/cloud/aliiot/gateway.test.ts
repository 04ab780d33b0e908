import type { AliIot } from "thincloud/aliiot";
import { clear, connected, device, later, PK, rest, SECRET, until, world } from "./bench";

afterEach(clear);

const SUB = { productKey: "a1SubProdKy", deviceName: "sub1", deviceSecret: "subsecret0123456789" };
const options = {
  devices: [
    { productKey: PK, deviceName: "dev001", secret: SECRET },
    { productKey: SUB.productKey, deviceName: SUB.deviceName, secret: SUB.deviceSecret },
  ],
  connectsPerMinute: 50,
};
const KEY = "a1SubProdKy/sub1";

/** Breaks all lines; the next one of a device comes soon after it has noticed. */
const cut = (cloud: any, of: AliIot) =>
  new Promise((done) => {
    of.on("close", done);
    [...cloud.wires].forEach((wire: any) => wire.destroy());
  });

test("topology, login, the child's own methods and services, logout", async () => {
  const cloud = await world(options);
  const gateway = await connected(cloud);
  const child = gateway.subDevice(SUB);
  const registered = await later((done) =>
    gateway.request("thing.sub.register", [{ productKey: SUB.productKey, deviceName: "sub2" }], done),
  );
  expect(registered.data[0].deviceSecret).toBe(cloud.devices.get("a1SubProdKy/sub2").secret);
  await later((done) => child.bind(done));
  expect((await later((done) => gateway.request("thing.topo.get", {}, done))).data).toEqual([
    { productKey: SUB.productKey, deviceName: "sub1" },
  ]);
  expect(child.status).toBe(false);
  await later((done) => child.login(done));
  expect(child.status).toBe(true);
  await later((done) => child.propertiesReport({ t: 1 }, done));
  expect(cloud.devices.get(KEY).properties).toEqual({ t: 1 });
  expect(cloud.devices.get(`${PK}/dev001`).properties).toEqual({});
  child.addService("add", (input) => ({ z: input.x + 1 }));
  expect(await cloud.call(cloud.devices.get(KEY), "add", { x: 1 })).toMatchObject({ data: { z: 2 } });
  expect(await cloud.sync(cloud.devices.get(KEY), "add", { x: 2 })).toMatchObject({ data: { z: 3 } });
  expect(await cloud.call(cloud.devices.get(`${PK}/dev001`), "add", { x: 1 })).toMatchObject({ code: 400 });
  await later((done) => child.logout(done));
  expect(child.status).toBe(false);
  await later((done) => child.unbind(done));
  await expect(later((done) => child.login(done))).rejects.toMatchObject({ status: 6401 });
  expect(cloud.refused).toEqual([]);
});

test("children are logged in again after a reconnection, and when the platform says their session is gone", async () => {
  const cloud = await world(options);
  const gateway = await connected(cloud);
  const child = gateway.subDevice(SUB);
  await later((done) => child.bind(done));
  await later((done) => child.login(done));
  await cut(cloud, gateway);
  expect(child.status).toBe(false);
  await until(() => child.status, "the second login");
  await later((done) => child.propertiesReport({ t: 2 }, done));
  await later((done) => gateway.subscribe(`/ext/error/${PK}/dev001`, done));
  const logins = () => cloud.messages.filter((m: any) => /login$/.test(m.topic)).length;
  const before = logins();
  cloud.error(cloud.devices.get(KEY), 520, "device session error");
  // The answer to the login must not come after the next refusal.
  await until(() => logins() > before && cloud.devices.get(KEY).session && child.status, "the third login");
  cloud.error(cloud.devices.get(KEY), 522, "device is disabled");
  await until(() => gateway.errors.length, "the error");
  expect(gateway.errors[0]).toMatchObject({ code: "refused", message: expect.stringContaining("522") });
  expect(child.status).toBe(false);
});

/** A gateway and a child that is logged in. */
async function family(more: any = {}) {
  const cloud = await world(options);
  const gateway = await connected(cloud, more);
  const child = gateway.subDevice(SUB);
  await later((done) => child.bind(done));
  await later((done) => child.login(done));
  return { cloud, gateway, child };
}

test("what a child says and asks for while the line is down waits for its login, and passes nobody by", async () => {
  const { cloud, gateway, child } = await family({ queueLimit: 3 });
  const got: any[] = [];
  child.setCallback((_, data) => void got.push(data));
  await later((done) => child.request("tags", { a: 1 }, done));
  await later((done) => child.subscribe("user/in", done));
  await cut(cloud, gateway);
  cloud.messages.length = 0;
  // As many as may wait: there is room for the login.
  const told = Promise.all([
    later((done) => child.propertiesReport({ t: 1 }, done)),
    later((done) => gateway.propertiesReport({ g: 1 }, done)),
    later((done) => child.request("config", done)).catch((e) => e),
  ]);
  child.subscribe("user/more");
  expect((await told).map((answer: any) => answer.code)).toEqual([200, 200, "refused"]);
  await later((done) => child.request("tags", { b: 2 }, done));
  expect(cloud.messages.map(({ topic }: any) => topic.split("/").pop())).toEqual(["login", "post", "post", "get", "update"]);
  expect(cloud.messages[1].device).toBe(`${PK}/dev001`);
  for (const topic of ["in", "more"]) cloud.tell(cloud.devices.get(KEY), `/${KEY}/user/${topic}`, topic);
  await until(() => got.length === 2, "both");
  expect([cloud.refused, gateway.errors]).toEqual([[], []]);
});

test("a session that the platform ends while the login is under way stays ended, until the next line", async () => {
  const { cloud, gateway, child } = await family();
  await later((done) => child.logout(done));
  const one = cloud.devices.get(KEY);
  let session: any;
  // Right behind the answer to the login, in front of that to the subscriptions.
  const set = (to: any) => {
    if (to && !session) setImmediate(() => cloud.error(one, 522, "device is disabled"));
    session = to;
  };
  Object.defineProperty(one, "session", { get: () => session, set, configurable: true });
  await expect(later((done) => child.login(done))).rejects.toMatchObject({ code: "refused" });
  expect([child.status, gateway.errors.map((e: any) => e.message.match(/\d+/)[0])]).toEqual([false, ["522"]]);
  await expect(later((done) => child.propertiesReport({ t: 1 }, done))).rejects.toMatchObject({ code: "offline" });
  Object.defineProperty(one, "session", { value: undefined, writable: true });
  await cut(cloud, gateway);
  await until(() => child.status, "the next login");
});

/** From now on nothing that comes over the present line is acknowledged: what is said on it goes again on the next. */
function deaf(cloud: any) {
  const wire: any = [...cloud.wires].pop();
  const { send } = wire;
  const seen = { filters: 0 };
  wire.send = (packet: any) => /puback|suback/.test(packet.cmd) || send.call(wire, packet);
  wire.session.subscribe = (packet: any) => (seen.filters += packet.subscriptions.length);
  cloud.mute = () => true;
  return seen;
}

test("what is under way for a child when the line breaks goes again behind its login, and only then", async () => {
  const { cloud, gateway, child } = await family();
  const got: any[] = [];
  child.setCallback((_, data) => void got.push(data));
  cloud.messages.length = 0;
  const seen = deaf(cloud);
  // As many as may be under way: there is room for the login.
  const told = Promise.all([
    ...[1, 2, 3].map((t) => later((done) => child.propertiesReport({ t }, done))),
    later((done) => child.subscribe("user/in", done)),
    later((done) => child.request("tags", { a: 1 }, done)),
  ]);
  const own = later((done) => gateway.propertiesReport({ g: 1 }, done));
  await until(() => cloud.messages.length === 3 && seen.filters === 2, "all under way");
  cloud.mute = undefined;
  cloud.messages.length = 0;
  await cut(cloud, gateway);
  expect((await told).map((answer: any) => answer && answer.code)).toEqual([200, 200, 200, undefined, 200]);
  expect((await own).code).toBe(200);
  const said = cloud.messages.map(({ device, topic }: any) => device.split("/")[1] + " " + topic.split("/").pop());
  expect(said.filter((one: string) => /login|sub1 post/.test(one))).toEqual(["dev001 login", "sub1 post", "sub1 post", "sub1 post"]);
  cloud.tell(cloud.devices.get(KEY), `/${KEY}/user/in`, "in");
  await until(() => got.length, "the message");
  expect([cloud.refused, gateway.errors, gateway.dropped]).toEqual([[], [], 0]);
});

test.each(["is refused its login", "has left"])("what is under way for a child that %s by the next line is told", async (fate) => {
  const { cloud, gateway, child } = await family();
  const seen = deaf(cloud);
  const codes: any[] = [];
  const kept = (e: any) => codes.push(e && e.code);
  for (const t of [1, 2, 3]) child.propertiesReport({ t }, kept);
  child.subscribe("user/in", kept);
  await until(() => seen.filters, "all under way");
  cloud.mute = undefined;
  cloud.devices.get(KEY).disabled = true;
  const lost = cut(cloud, gateway);
  if (fate === "has left") {
    await lost;
    child.logout();
  }
  await until(() => codes.length === 4, "all four");
  expect(codes).toEqual(Array(4).fill("offline"));
  await later((done) => gateway.propertiesReport({ g: 1 }, done));
  cloud.devices.get(KEY).disabled = false;
  await later((done) => child.login(done));
  await later((done) => child.propertiesReport({ t: 4 }, done));
  expect([cloud.devices.get(KEY).properties, cloud.refused]).toEqual([{ t: 4 }, []]);
});

test("what is under way for a child is told once when a disconnect comes before its login", async () => {
  const { cloud, gateway, child } = await family();
  deaf(cloud);
  const codes: any[] = [];
  for (const t of [1, 2, 3]) child.publish("user/out", { t }, (e: any) => codes.push(e && e.code));
  await until(() => cloud.messages.length > 4, "all under way");
  cloud.mute = (topic: string) => /login$/.test(topic);
  cloud.messages.length = 0;
  await cut(cloud, gateway);
  await until(() => cloud.messages.length, "the login");
  expect([cloud.messages.length, codes]).toEqual([1, []]);
  await later((done) => gateway.disconnect(done));
  expect(codes).toEqual(Array(3).fill("offline"));
});

test("a child that may not log in: what waits for it is told, and keeps nobody else", async () => {
  const { cloud, gateway, child } = await family();
  await cut(cloud, gateway);
  cloud.devices.get(KEY).disabled = true;
  const codes: any[] = [];
  child.propertiesReport({ t: 1 }, (e: any) => codes.push(e.code));
  child.request("tags", { a: 1 }, (e: any) => codes.push(e.code));
  await later((done) => gateway.propertiesReport({ g: 1 }, done));
  await until(() => codes.length === 2, "both");
  child.propertiesReport({ t: 2 }, (e: any) => codes.push(e.code));
  expect(codes).toEqual(["offline", "offline", "offline"]);
  expect(gateway.errors.map((e: any) => e.status)).toEqual([522]);
  cloud.devices.get(KEY).disabled = false;
  await later((done) => child.login(done));
  await later((done) => child.request("tags", { a: 1 }, done));
  expect(cloud.refused).toEqual([]);
});

test("logout: what waits goes first; and a child that left is not logged in again", async () => {
  const { cloud, gateway, child } = await family();
  const told = Promise.all([1, 2, 3, 4, 5, 6, 7].map((t) => later((done) => child.propertiesReport({ t }, done))));
  await later((done) => child.logout(done));
  await told;
  expect([child.status, cloud.devices.get(KEY).properties]).toEqual([false, { t: 7 }]);
  const gone = { id: "1", code: 520, message: "device session error", data: { productKey: SUB.productKey, deviceName: "sub1" } };
  cloud.tell(cloud.devices.get(`${PK}/dev001`), `/ext/error/${PK}/dev001`, gone);
  await until(() => gateway.errors.length, "the error");
  await cut(cloud, gateway);
  await until(() => gateway.status, "the second line");
  await rest(30);
  expect([child.status, cloud.messages.filter((m: any) => /login/.test(m.topic)).length, cloud.refused]).toEqual([false, 1, []]);
});

test("an earlier login that is answered by nobody does not end the one of this line", async () => {
  const { cloud, gateway, child } = await family({ replyTimeout: 400 });
  await later((done) => child.logout(done));
  cloud.messages.length = 0;
  cloud.mute = (topic: string) => /login$/.test(topic);
  const first = later((done) => child.login(done)).catch((e) => e.code);
  await until(() => cloud.messages.length, "the first login");
  await rest(200);
  await cut(cloud, gateway);
  const said = later((done) => child.propertiesReport({ t: 1 }, done));
  await until(() => cloud.messages.length > 1, "the second login");
  const { topic, bytes } = cloud.messages[1];
  expect(await first).toBe("timeout");
  cloud.mute = undefined;
  for (const wire of cloud.wires) wire.session.publish({ topic, qos: 0, payload: bytes });
  expect((await said).code).toBe(200);
  expect([child.status, gateway.errors, cloud.refused]).toEqual([true, [], []]);
});

test("a logout that is answered by nobody does not end a later login", async () => {
  const { cloud, gateway, child } = await family({ replyTimeout: 300 });
  cloud.mute = (topic: string) => /logout$/.test(topic);
  const left = later((done) => child.logout(done)).catch((e) => e.code);
  await later((done) => child.login(done));
  expect(await left).toBe("timeout");
  await later((done) => child.propertiesReport({ t: 1 }, done));
  expect([child.status, gateway.errors, cloud.refused]).toEqual([true, [], []]);
});

test("a child that is unbound is logged in no more", async () => {
  const { cloud, gateway, child } = await family();
  expect(await later((done) => child.unbind(done))).toMatchObject({ code: 200 });
  expect(child.status).toBe(false);
  await expect(later((done) => child.propertiesReport({ t: 1 }, done))).rejects.toMatchObject({ code: "offline" });
  await cut(cloud, gateway);
  await until(() => gateway.status, "the second line");
  await later((done) => gateway.propertiesReport({ g: 1 }, done));
  expect([child.status, gateway.errors, cloud.refused]).toEqual([false, [], []]);
});

test("a child that is asked for again is the same, as it was", async () => {
  const { cloud, gateway, child } = await family();
  child.addService("add", (input) => ({ z: input.x + 1 }));
  const { productKey, deviceName } = SUB;
  expect(gateway.subDevice({ productKey, deviceName })).toBe(child);
  expect([child.status, child.authInfo.deviceSecret]).toEqual([true, SUB.deviceSecret]);
  expect(await cloud.call(cloud.devices.get(KEY), "add", { x: 1 })).toMatchObject({ data: { z: 2 } });
  gateway.subDevice({ ...SUB, deviceSecret: "another" });
  expect(child.authInfo.deviceSecret).toBe("another");
});

test("a child without a secret can neither be bound nor logged in; with an identity that is none it is not made", async () => {
  const { cloud, gateway } = await family();
  const odd = gateway.subDevice({ productKey: SUB.productKey, deviceName: "odd" });
  for (const call of ["bind", "login"] as const)
    await expect(later((done) => odd[call](done))).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining("deviceSecret"),
    });
  for (const none of [undefined, null, 5, {}, { productKey: 5, deviceName: "d" }, { productKey: "p", deviceName: ["d"] }])
    expect(() => gateway.subDevice(none as any)).toThrow(expect.objectContaining({ code: "config" }));
  await later((done) => gateway.propertiesReport({ g: 1 }, done));
  expect([gateway.errors, cloud.refused]).toEqual([[], []]);
});

test("a child's reports in the outbox: sent after a restart when it is made before `connect`, else kept on", async () => {
  const kept = new Map<number, string>();
  const outbox: any = {
    put: (record: string) => (kept.set(kept.size + 1, record), kept.size),
    get: (key: number) => kept.get(key),
    drop: (key: number) => kept.delete(key),
    each: (visit: any) => kept.forEach(visit),
  };
  const { cloud, gateway, child } = await family({ outbox });
  await cut(cloud, gateway);
  cloud.countConnect = () => false;
  child.propertiesReport({ t: 5 });
  child.request("thing.event.property.batch.post", { properties: { t: [{ value: 1, time: 5 }] } });
  await later((done) => gateway.disconnect(done));
  cloud.countConnect = () => true;
  const alone = await connected(cloud, { outbox });
  await later((done) => alone.propertiesReport({ g: 1 }, done));
  await later((done) => alone.disconnect(done));
  expect([kept.size, cloud.devices.get(KEY).properties]).toEqual([2, {}]);
  const again = device(cloud, { outbox });
  again.subDevice(SUB);
  await later((done) => again.connect(done));
  await until(() => !kept.size, "both");
  await rest(30);
  expect([cloud.devices.get(KEY).properties, cloud.refused, again.errors, again.dropped]).toEqual([{ t: 5 }, [], [], 0]);
});

test("a wrong secret of a child, a malformed one", async () => {
  const cloud = await world(options);
  const gateway = await connected(cloud);
  const child = gateway.subDevice({ ...SUB, deviceSecret: "wrong-child-secret" });
  const e = await later((done) => child.bind(done)).catch((err) => err);
  expect(e).toMatchObject({ code: "refused", status: 6287 });
  expect(e.message).not.toContain("wrong-child");
  expect(() => gateway.subDevice({ productKey: "x y", deviceName: "d" })).toThrow("productKey");
});
