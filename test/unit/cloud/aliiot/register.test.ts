import { createHmac } from "node:crypto";
import { storeSize } from "#host";
import type { Keep } from "thincloud/aliiot";
import { clear, connected, device, later, PK, PRODUCT, world } from "./bench";

afterEach(clear);

/** Keeps in memory, as a secure element would. */
function memory(): Keep & { text?: string } {
  const keep: any = { read: () => keep.text, write: (text: string) => void (keep.text = text) };
  return keep;
}

const unknown = { devices: [{ productKey: PK, deviceName: "dev001" }] };

test.each(["mqtt", "https"])("registration over %s: the secret is kept, and used from then on", async (registration) => {
  const cloud = await world(unknown);
  const keep = memory();
  const more = {
    deviceSecret: undefined,
    productSecret: PRODUCT,
    registration,
    keep,
    registrationHost: "127.0.0.1",
    registrationPort: cloud.authPort,
  };
  const d = await connected(cloud, more);
  const { secret } = cloud.devices.get(`${PK}/dev001`);
  expect(d.authInfo.deviceSecret).toBe(secret);
  expect(JSON.parse(keep.text!)).toMatchObject({ of: `${PK}/dev001`, secret });
  if (registration === "mqtt")
    expect(cloud.packets[0].clientId).toMatch(
      /^dev001\.a1AbCdEfGhI\|random=\d{5,10},authType=register,securemode=3,signmethod=hmacsha256\|$/,
    );
  else expect(cloud.http[0].body).toMatch(/^productKey=a1AbCdEfGhI&deviceName=dev001&random=\d+&sign=[0-9a-f]{64}&signMethod=hmacsha256$/);
  await later((done) => d.disconnect(done));
  const again = await connected(cloud, more);
  expect(again.status).toBe(true);
  expect(cloud.packets.filter((p: any) => /authType/.test(p.clientId || "")).length + cloud.http.length).toBe(1);
});

test("a product without pre-registered devices: a token in place of a secret", async () => {
  const cloud = await world({ devices: [] });
  const keep = memory();
  const d = await connected(cloud, {
    deviceSecret: undefined,
    productSecret: PRODUCT,
    registration: "regnwl",
    instanceId: "iot-06z",
    keep,
  });
  expect(d.status).toBe(true);
  expect(cloud.packets[0].clientId).toMatch(/authType=regnwl,securemode=3,signmethod=hmacsha256,instanceId=iot-06z\|$/);
  const second = cloud.packets.filter((p: any) => p.cmd === "connect")[1];
  const kept = JSON.parse(keep.text!);
  expect(second).toMatchObject({ clientId: `${kept.id}|authType=connwl,securemode=-2,_ss=1,ext=3|`, password: kept.token });
});

test("the way into the platform is selectable, as new instances want it of a product without pre-registered devices", async () => {
  const cloud = await world({ devices: [] });
  const options = { deviceSecret: undefined, productSecret: PRODUCT, registration: "regnwl", keep: memory(), securemode: "-2" };
  expect((await connected(cloud, options)).status).toBe(true);
  expect(cloud.packets[0].clientId).toMatch(/authType=regnwl,securemode=-2,signmethod=hmacsha256\|$/);
});

test("kept in the host's storage when nothing else is given; another device's secret is not ours", async () => {
  const file = "aliiot." + createHmac("md5", `${PK}/dev001`).digest("hex").slice(0, 21);
  const cloud = await world(unknown);
  const d = await connected(cloud, { deviceSecret: undefined, productSecret: PRODUCT });
  await later((done) => d.disconnect(done));
  await connected(cloud, { deviceSecret: undefined, productSecret: PRODUCT });
  expect(cloud.packets.filter((p: any) => p.cmd === "connect")).toHaveLength(3);
  const e = await later((done) =>
    device(cloud, { deviceName: "dev002", deviceSecret: undefined, productSecret: PRODUCT }).connect(done),
  ).catch((err) => err);
  expect(e).toMatchObject({ code: "auth" });
  expect(storeSize(file)).toBeGreaterThan(0);
});

test.each([
  ["mqtt", { products: { [PK]: { secret: "another", dynamic: true } } }, "auth"],
  ["mqtt", { products: { [PK]: { secret: PRODUCT, dynamic: false } } }, "auth"],
  ["https", { products: { [PK]: { secret: "another", dynamic: true } } }, "auth"],
  ["https", { products: { [PK]: { secret: PRODUCT, dynamic: false } } }, "refused"],
  ["https", { products: {} }, "refused"],
])("registration over %s refused (%o): %s, and not tried again by itself", async (registration, options, code) => {
  const cloud = await world({ ...unknown, ...options });
  const keep = memory();
  const more = {
    deviceSecret: undefined,
    productSecret: PRODUCT,
    registration,
    keep,
    registrationHost: "127.0.0.1",
    registrationPort: cloud.authPort,
  };
  const e = await later((done) => device(cloud, more).connect(done)).catch((err) => err);
  expect(e.code).toBe(code);
  expect(e.message).not.toContain(PRODUCT);
  expect(keep.text).toBeUndefined();
  await new Promise((done) => setTimeout(done, 100));
  expect(cloud.packets.filter((p: any) => p.cmd === "connect").length + cloud.http.length).toBe(1);
});

test.each(["mqtt", "https"])(
  "disconnect while it registers over %s: no connection follows, and what came is kept",
  async (registration) => {
    const cloud = await world(unknown);
    const keep = memory();
    const more = {
      deviceSecret: undefined,
      productSecret: PRODUCT,
      registration,
      keep,
      registrationHost: "127.0.0.1",
      registrationPort: cloud.authPort,
    };
    const d = device(cloud, more);
    d.connect();
    await later((done) => d.disconnect(done));
    await new Promise((done) => setTimeout(done, 150));
    expect(cloud.packets.filter((p: any) => p.cmd === "connect" && !/authType/.test(p.clientId))).toEqual([]);
    expect(d.status).toBe(false);
    expect(keep.text === undefined).toBe(!cloud.devices.get(`${PK}/dev001`).secret);
    expect(d.errors).toEqual([]);
  },
);

test("one disconnect is told once, also when the device is used again", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  let told = 0;
  await later((done) => d.disconnect(() => (told++, done())));
  await later((done) => d.connect(done));
  await later((done) => d.disconnect(done));
  expect(told).toBe(1);
});

test("connect while it registers over https asks no second time, and both are told", async () => {
  const cloud = await world(unknown);
  const d = device(cloud, {
    deviceSecret: undefined,
    productSecret: PRODUCT,
    registration: "https",
    keep: memory(),
    registrationHost: "127.0.0.1",
    registrationPort: cloud.authPort,
  });
  await Promise.all([later((done) => d.connect(done)), later((done) => d.connect(done))]);
  expect([d.status, cloud.http.length, d.errors]).toEqual([true, 1, []]);
});
