import { clear, connected, later, PK, SECRET, until, world } from "./bench";

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
  [...cloud.wires].forEach((wire: any) => wire.destroy());
  await until(() => !child.status, "the loss");
  await until(() => child.status, "the second login");
  await later((done) => child.propertiesReport({ t: 2 }, done));
  await later((done) => gateway.subscribe(`/ext/error/${PK}/dev001`, done));
  cloud.error(cloud.devices.get(KEY), 520, "device session error");
  await until(() => cloud.devices.get(KEY).session, "the third login");
  cloud.error(cloud.devices.get(KEY), 522, "device is disabled");
  await until(() => gateway.errors.length, "the error");
  expect(gateway.errors[0]).toMatchObject({ code: "refused", message: expect.stringContaining("522") });
  expect(child.status).toBe(false);
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
