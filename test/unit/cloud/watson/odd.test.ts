/* Arguments, options, files and payloads that a maker may get wrong: what is told, and that the rest goes on. */
import { ApplicationClient, DeviceClient, parseConfigFile } from "thincloud/watson";
import { APP, DEVICE, pause, until, world } from "./bench";

const failure = (run: () => unknown): any => {
  try {
    run();
  } catch (e) {
    return e;
  }
};
const made = (Client: any, options?: any) => {
  const client = new Client(options && { ...options, manualConnect: true });
  client.on("error", () => {});
  client.on("error", () => {});
  client.end(true);
  return client.options;
};

it("a codec that fails is an error with code, topic and bytes, whatever it throws", async () => {
  await world(async (it) => {
    const faults: any[] = [new Error("odd"), "a text", undefined, Object.freeze(new Error("frozen")), null];
    let n = 0;
    const decode = () => {
      throw faults[n++];
    };
    const app = await it.client(ApplicationClient, { ...APP, codecs: { bad: { decode }, nothing: { decode: () => undefined } } });
    const seen: any[] = [];
    app.eventCallback = (m: any) => seen.push(m.format);
    await new Promise<void>((done) => app.subscribeToDeviceEvents({ format: "+" }, () => done()));
    const device = await it.client(DeviceClient, DEVICE);
    for (let i = 0; i < faults.length; i++) device.publishEvent("e", "x", { format: "bad" });
    device.publishEvent("e", "x", { format: "nothing" });
    device.publishEvent("e", "x", { format: "text" });
    await until(() => seen.length);
    expect(seen).toEqual(["text"]);
    expect(it.errors).toHaveLength(faults.length + 1);
    for (const e of it.errors) {
      expect(e).toBeInstanceOf(Error);
      expect(e).toMatchObject({ code: "protocol", raw: "x", topic: expect.stringContaining("/fmt/") });
    }
    expect(it.errors[0].message).toContain("odd");
    expect(it.errors[1].message).toContain("a text");
  });
});

it("formats with the names of what objects inherit are formats", async () => {
  await world(async (it) => {
    const app = await it.client(ApplicationClient, APP);
    const seen: any[] = [];
    app.eventCallback = (m: any) => seen.push([m.format, m.data]);
    await new Promise<void>((done) => app.subscribeToDeviceEvents({ format: "+" }, () => done()));
    const device = await it.client(DeviceClient, DEVICE);
    device.publishEvent("e", "x", { format: "constructor" });
    device.publishEvent("e", "y", { format: "toString" });
    await until(() => seen.length + it.errors.length > 1);
    expect([seen, it.errors]).toEqual([
      [
        ["constructor", "x"],
        ["toString", "y"],
      ],
      [],
    ]);
  });
});

it("options, targets and options of calls that there are not are told by name", () => {
  const client = new ApplicationClient({ ...APP, manualConnect: true } as any);
  const device = new DeviceClient({ ...DEVICE, manualConnect: true } as any);
  const config = (name: string) => expect.objectContaining({ code: "config", message: expect.stringContaining(name) });
  const any = (o: unknown) => o as any;
  // A misspelt name would subscribe to every device.
  expect(failure(() => client.subscribeToDeviceEvents(any({ typeId: "therm" })))).toEqual(config("typeId"));
  expect(failure(() => client.subscribeToDeviceEvents([{ deviceType: "a" }, any({ devicetype: "b" })]))).toEqual(config("devicetype"));
  expect(failure(() => client.unsubscribeFrom("deviceEvent", any({ Event: "x" })))).toEqual(config("Event"));
  expect(failure(() => client.subscribeToDeviceEvents({ qos: any(3) }))).toEqual(config("qos"));
  expect(failure(() => client.publishEvent("t", "i", "e", 1, any({ QoS: 1 })))).toEqual(config("QoS"));
  expect(failure(() => client.publishCommand("t", "i", "c", 1, any({ qos: "1" })))).toEqual(config("qos"));
  expect(failure(() => client.publishCommand("t", "i", "c", 1, any({ format: 5 })))).toEqual(config("format"));
  expect(failure(() => device.manage(any({ lifeTime: 4000 })))).toEqual(config("lifeTime"));
  expect(failure(() => device.manage(any({ lifetime: "4000" })))).toEqual(config("lifetime"));
  expect(failure(() => device.manage(any({ reboot: "yes" })))).toEqual(config("reboot"));
  // The same target for several kinds.
  expect(client.subscribeToDeviceStatus({ deviceType: "therm", event: "status", qos: 1 })).toBe(true);
  expect(client.publishEvent("t", "i", "e", 1, any(null))).toBe(true);
  expect(() => device.manage(any(null))).not.toThrow();
  client.on("error", () => {});
  client.end(true);
  device.on("error", () => {});
  device.end(true);
});

it("a name that cannot be is told as the option it came in", () => {
  const e = (Client: any, options?: any) => failure(() => made(Client, options));
  const config = (text: RegExp) => expect.objectContaining({ code: "config", message: expect.stringMatching(text) });
  expect(e(ApplicationClient, { ...APP, id: "a/b" })).toEqual(config(/^option id: .*letters, digits/));
  expect(e(ApplicationClient, { ...APP, id: "x".repeat(37) })).toEqual(config(/^option id: 1 to 36/));
  expect(e(ApplicationClient, { ...APP, id: 5 })).toEqual(config(/^option id: /));
  expect(e(DeviceClient, { ...DEVICE, type: "a+" })).toEqual(config(/^option type: /));
  expect(e(DeviceClient, { ...DEVICE, id: "a b" })).toEqual(config(/^option id: /));
  expect(e(ApplicationClient, { ...APP, type: "shared", instanceId: "a:b" })).toEqual(config(/^option instance-id: /));
  expect(e(ApplicationClient, { ...APP, org: "abc-12" })).toEqual(config(/option org: /));
  // Under the names of MQTT nobody would look for them.
  expect(e(ApplicationClient, { ...APP, "auth-key": 5 })).toEqual(config(/^option auth-key: text/));
  expect(e(ApplicationClient, { id: "a", authKey: 5, authToken: "t" })).toEqual(config(/^option org is missing/));
  expect(e(DeviceClient, { ...DEVICE, "auth-token": 5 })).toEqual(config(/^option auth-token: text/));
  expect(e(ApplicationClient, { ...APP, "auth-token": "" })).toEqual(config(/^option auth-token is missing/));
  expect(e(ApplicationClient)).toEqual(config(/org/));
  expect(e(DeviceClient)).toEqual(config(/org/));
});

it("configuration files that are none, and what an error may show of them", () => {
  const e = (text?: any) => failure(() => parseConfigFile(text));
  for (const none of [undefined, "", null, 5, {}]) expect(e(none)).toMatchObject({ code: "config" });
  // What `fs.readFileSync` gives without an encoding.
  expect(parseConfigFile(Buffer.from("org = abc123\nid = é\n") as any)).toMatchObject({ org: "abc123", id: "é" });
  expect(e("auth-token=abc%(S3cret").message).toMatch(/auth-token/);
  expect(e("auth-token=abc%(S3cret").message).not.toMatch(/S3cret/);
  expect(e("# of\nid=%(nothing)s").message).toMatch(/^line 2: id: %\(nothing\)s/);
  expect(e("org=a\nauth-token S3cret").message).toMatch(/^line 2: a key needs =/);
  // Said to be nothing is not said.
  expect(made(DeviceClient, parseConfigFile("org=abc123\ntype=t\nid=i\nauth-token=x\nkeepalive=\nport=\nhost=\n"))).toMatchObject({
    keepalive: 60,
    host: "abc123.messaging.internetofthings.ibmcloud.com",
    protocol: "mqtts",
  });
  expect(e("keepalive=often").message).toMatch(/line 1: keepalive/);
});

it("connect() at once, as with the seed, is one connection", async () => {
  await world(async (it) => {
    const client: any = new ApplicationClient({ ...APP, ...it.here } as any);
    const seen: string[] = [];
    for (const name of ["connect", "close", "offline", "error"]) client.on(name, () => seen.push(name));
    client.connect();
    await until(() => client.connected);
    await pause(30);
    expect(
      it.sent("a:abc123:myApp", "connect").length + it.cloud.packets.filter((p: any) => p.packet.cmd === "connack").length,
    ).toBeLessThanOrEqual(2);
    expect(seen.filter((name) => name !== "offline")).toEqual(["connect"]);
    await new Promise<void>((done) => client.end(done));
  });
});

it("a callback that is none, a QoS that is none and no kind at all are told at once", async () => {
  await world(async (it) => {
    const device = await it.client(DeviceClient, DEVICE);
    const app = await it.client(ApplicationClient, APP);
    const config = (name: string) => expect.objectContaining({ code: "config", message: expect.stringContaining(name) });
    expect(failure(() => device.publishEvent("e", 1, "1"))).toEqual(config("qos"));
    expect(failure(() => device.publishEvent("e", 1, true))).toEqual(config("qos"));
    expect(failure(() => device.publishEvent("e", 1, {}, "x"))).toEqual(config("callback"));
    const me = device.manage();
    expect(failure(() => me.clearLog("x"))).toEqual(config("callback"));
    expect(failure(() => me.manage("x"))).toEqual(config("callback"));
    expect(failure(() => me.unmanage({}))).toEqual(config("callback"));
    expect(failure(() => app.subscribeTo())).toEqual(config("kind"));
    expect(failure(() => app.unsubscribeFrom())).toEqual(config("kind"));
    await pause(20);
    expect(it.errors).toEqual([]);
  });
});

it("at quickstart there is QoS 0 only, and no device management", async () => {
  await world(async (it) => {
    const device = await it.client(DeviceClient, { org: "quickstart", type: "t", id: "q1" });
    const app = await it.client(ApplicationClient, { org: "quickstart", id: "myApp" });
    const codes: any[] = [];
    const done = (e: any) => codes.push(e.code);
    expect(device.publishEvent("e", 1, 1, done)).toBe(false);
    expect(app.publishEvent("t", "q1", "e", 1, { qos: 2 }, done)).toBe(false);
    expect(app.subscribeToDeviceEvents({ deviceId: "q1", qos: 1 }, done)).toBe(false);
    const me = device.manage({}, done);
    me.setErrorCode(1, done);
    await pause(20);
    expect(codes).toEqual(Array(5).fill("refused"));
    device.publishEvent("e", 2);
    await until(() => it.cloud.events.length);
    expect(it.sent("d:quickstart:t:q1", "publish")).toMatchObject([{ qos: 0 }]);
    expect(it.sent("d:quickstart:t:q1", "subscribe")).toEqual([]);
    expect([it.errors, it.cloud.closed]).toEqual([[], []]);
  });
});
