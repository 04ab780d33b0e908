import * as path from "node:path";
import { create, Device } from "thincloud/bigiot";

const { createCloud } = require(path.join(__dirname, "../../../clouds/bigiot"));
const { certificates, pem } = require(path.join(__dirname, "../../../rig/certs"));

const once = (device: any, event: string) => new Promise<any>((done) => device.on(event, (a: any) => done(a)));
const open: Device[] = [];
let cloud: any;
let ports: any;

beforeAll(async () => {
  cloud = createCloud({ rules: { updateSpacing: 1000 } });
  const { server } = certificates();
  ports = await cloud.listen({ secure: { key: pem(server.key, "PRIVATE KEY"), cert: pem(server.cert) } });
});
afterEach(() => open.splice(0).forEach((device) => device.checkOut()));
afterAll(() => cloud.close());

const start = (options: any) => {
  const device = create({ host: "127.0.0.1", ...options });
  open.push(device);
  return device;
};

describe("a device on Node", () => {
  it.each([8181, 8282])("checks in on %i, talks and checks out", async (port) => {
    const device = start({ id: 70413, apiKey: "abc123key", port: ports[port] });
    await expect(new Promise((done, fail) => device.checkIn((e, who) => (e ? fail(e) : done(who!.name))))).resolves.toBe("LED灯");
    const heard = new Promise((done) => cloud.user("30211", (m: any) => m.M === "say" && done([m.ID, m.C])));
    expect(device.say({ userId: 30211, msg: "开灯 😀" })).toBe(true);
    await expect(heard).resolves.toEqual(["D70413", "开灯 😀"]);
    expect(await new Promise((done) => device.time("Y-m-d", (_, text) => done(text)))).toMatch(/^\d{4}-\d\d-\d\d$/);
    await new Promise((done) => device.update(66120, 21.5, done));
    const off = once(device, "offline");
    device.checkOut();
    await off;
    const e = await new Promise<any>((done) => expect(device.say({ userId: 1, msg: "x" }, done)).toBe(false));
    expect(e.code).toBe("offline");
  });
  it("encrypted check-in, and two devices that talk", async () => {
    const safe = start({ id: 50001, apiKey: "key50001", userKey: "userkey00", port: ports[8282] });
    await once(safe, "online");
    const other = new Device(40877, "key40877", { host: "127.0.0.1", port: ports[8282] });
    open.push(other);
    await once(other, "online");
    const heard = new Promise((done) => safe.sayCallback((msg, id, name) => done([msg, id, name])));
    other.say(null, null, 50001, { open: [1] });
    await expect(heard).resolves.toEqual([{ open: [1] }, "D40877", "thermometer"]);
  });
  it("TLS with the right authority only; a user session there hears the devices", async () => {
    const { ca, wrongCa } = certificates();
    const user = start({
      id: 30211,
      apiKey: "userkey00",
      user: true,
      tls: true,
      port: ports[8585],
      ca: pem(ca.cert),
      servername: "localhost",
    });
    await expect(once(user, "online")).resolves.toMatchObject({ id: "U30211" });
    const values = once(user, "update");
    const device = start({ id: 40877, apiKey: "key40877", port: ports[8181] });
    device.update({ 66999: 5 });
    await expect(values).resolves.toEqual({ 66999: "5" });
    const wrong = start({ id: 70413, apiKey: "abc123key", tls: true, port: ports[8585], ca: pem(wrongCa.cert), servername: "localhost" });
    await expect(once(wrong, "error")).resolves.toMatchObject({ code: "network" });
  });
  it("refuses options it does not know, without their values", () => {
    const wrong = (options: any) => () => create({ id: 1, apiKey: "k", ...options });
    for (const options of [{ nope: 1 }, { port: 0 }, { port: NaN }, { tls: 1 }, { apiKey: 5 }, { commands: "x" }, { updateInterval: 500 }])
      expect(wrong(options)).toThrow(expect.objectContaining({ code: "config", message: expect.stringMatching(Object.keys(options)[0]) }));
  });
});
