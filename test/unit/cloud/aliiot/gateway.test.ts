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

test("what is under way for a child when the line breaks goes again before its login: told after the time for answers", async () => {
  const { cloud, gateway, child } = await family({ replyTimeout: 300 });
  // It is acknowledged on the second line only.
  const wire: any = [...cloud.wires].pop();
  const { send } = wire;
  wire.send = (packet: any) => (packet.cmd === "puback" ? wire.destroy() : send.call(wire, packet));
  const e = await later((done) => child.propertiesReport({ t: 1 }, done)).catch((err) => err);
  expect([e.code, child.status, cloud.refused.length]).toEqual(["timeout", true, 1]);
  await later((done) => child.propertiesReport({ t: 2 }, done));
  expect([cloud.devices.get(KEY).properties, gateway.errors, gateway.dropped]).toEqual([{ t: 2 }, [], 0]);
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
