/* Arguments, options, files and payloads that a maker may get wrong: what is told, and that the rest goes on. */
import { ApplicationClient, DeviceClient, GatewayClient, parseConfigFile } from "thincloud/watson";
import { APP, DEVICE, GATEWAY, pause, until, world } from "./bench";

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
  // Behind a device there is none: it would manage itself.
  expect(failure(() => device.manage({ device: { deviceType: "a", deviceId: "b" } }))).toEqual(config("device is unknown"));
  expect(failure(() => device.manage(any({ reboot: "yes" })))).toEqual(config("reboot"));
  expect(failure(() => client.subscribeToDeviceEvents(any({ deviceId: null })))).toEqual(config("deviceId is no text"));
  expect(failure(() => device.manage(any({ reboot: null })))).toEqual(config("reboot is no function"));
  // The same target for several kinds.
  expect(client.subscribeToDeviceStatus({ deviceType: "therm", event: "status", qos: 1 })).toBe(true);
  expect(client.publishEvent("t", "i", "e", 1, any(null))).toBe(true);
  expect(() => device.manage(any(null))).not.toThrow();
  client.on("error", () => {});
  client.end(true);
  device.on("error", () => {});
  device.end(true);
});

it("levels in their order that are no text, and what is behind them, are told", () => {
  const client: any = new ApplicationClient({ ...APP, manualConnect: true } as any);
  const config = (name: string) => expect.objectContaining({ code: "config", message: expect.stringContaining(name) });
  // They would subscribe to every device, or at QoS 0.
  expect(failure(() => client.subscribeToDeviceEvents("therm", { event: "alarm" }))).toEqual(config("deviceId"));
  expect(failure(() => client.subscribeToDeviceEvents("therm", true))).toEqual(config("deviceId"));
  expect(failure(() => client.subscribeToDeviceEvents("therm", "t-001", "alarm", "json", "1"))).toEqual(config("qos"));
  expect(failure(() => client.subscribeToDeviceStatus("therm", "t-001", "alarm"))).toEqual(config("qos"));
  expect(client.subscribeToDeviceEvents("therm", null, undefined, "json", 1, () => {})).toBe(true);
  expect(client.subscribeToDeviceEvents("therm", 1)).toBe(true);
  expect(client.subscribeToDeviceStatus(() => {})).toBe(true);
  client.on("error", () => {});
  client.end(true);
});

it("options of the later libraries that would change something are not passed over", () => {
  const auth = { key: "a-abc123-k", token: "t" };
  const of = (options: any, more?: any) => () => made(ApplicationClient, { identity: { appId: "x" }, auth, options, ...more });
  const config = (name: string) => expect.objectContaining({ code: "config", message: expect.stringContaining("option " + name) });
  expect(failure(of({ mqtt: { transport: "websockets" } }))).toEqual(config("transport"));
  expect(failure(of({ mqtt: { caFile: "ca.pem" } }))).toEqual(config("caFile"));
  expect(failure(of({ mqtt: { keepalives: 5 } }))).toEqual(config("keepalives"));
  expect(failure(of({ colour: 1 }))).toEqual(config("colour"));
  expect(failure(of({}, { identity: { appId: "x", user: "y" } }))).toEqual(config("user"));
  const plain = { logLevel: "info", http: { verify: true }, mqtt: { transport: "tcp", sessionExpiry: 3600, caFile: null, port: 443 } };
  expect(of(plain)()).toMatchObject({ clientId: "a:abc123:x", protocol: "mqtts", port: 443 });
});

it("a name or a password of MQTT that is not the one which goes out is told", () => {
  const config = (name: string) => expect.objectContaining({ code: "config", message: expect.stringContaining("option " + name) });
  const gate = { ...GATEWAY, manualConnect: true };
  for (const [Client, options] of [
    [ApplicationClient, APP],
    [DeviceClient, DEVICE],
    [GatewayClient, gate],
  ] as any[])
    // prettier-ignore
    for (const name of ["clientId", "username", "password"]) expect(failure(() => made(Client, { ...options, [name]: "s3cret" }))).toEqual(config(name));
  const later = (auth: object, mqtt: object) => () =>
    made(DeviceClient, { identity: { orgId: "abc123", typeId: "therm", deviceId: "t-001" }, auth, options: { mqtt } });
  expect(failure(later({ token: "t", username: "me" }, {}))).toEqual(config("username"));
  expect(failure(later({ token: "t" }, { username: "me" }))).toEqual(config("username"));
  expect(failure(later({ token: "t" }, { clientId: "me" }))).toEqual(config("clientId"));
  expect(failure(() => made(DeviceClient, { ...DEVICE, password: "s3cret" })).message).not.toMatch(/s3cret|dev-Tok/);
  const same = { clientId: "d:abc123:therm:t-001", username: "use-token-auth", password: DEVICE["auth-token"] };
  expect(made(DeviceClient, { ...DEVICE, ...same })).toMatchObject(same);
  // Who logs in by a certificate has no token that a name belongs to.
  const cert = { ...DEVICE, "auth-token": undefined, cert: "c", key: "k", username: "use-token-auth" };
  expect(made(DeviceClient, cert)).toMatchObject({ username: "use-token-auth" });
});

it("what the platform does with a keepalive of applications that share, and with gateways at quickstart", () => {
  const keepalive = (options: any) => made(ApplicationClient, { ...APP, ...options }).keepalive;
  // Of these it makes 3600; a client that did not know would be silent for too long.
  expect(keepalive({ shared: true, keepalive: 0 })).toBe(3600);
  expect(keepalive({ type: "shared", keepalive: 7200 })).toBe(3600);
  expect([keepalive({ shared: true }), keepalive({ shared: true, keepalive: 30 }), keepalive({ keepalive: 7200 })]).toEqual([60, 30, 7200]);
  const gateway = failure(() => made(GatewayClient, { org: "quickstart", type: "t", id: "g" }));
  expect(gateway).toMatchObject({ code: "config", message: expect.stringContaining("quickstart") });
});

it("options of another type are told, and what is neither yes nor no", () => {
  const e = (options: any) => failure(() => made(ApplicationClient, { ...APP, ...options }));
  const config = (name: string) => expect.objectContaining({ code: "config", message: expect.stringContaining("option " + name) });
  for (const [name, value] of Object.entries({ domain: 5, envelope: "no", codecs: 5 })) expect(e({ [name]: value })).toEqual(config(name));
  for (const value of [5, "maybe", "on", {}, "x"]) {
    expect(e({ cleanSession: value })).toEqual(config("clean-session"));
    expect(e({ shared: value })).toEqual(config("shared"));
  }
  const clean = (value: any) => made(ApplicationClient, { ...APP, cleanSession: value }).clean;
  expect([true, "True", "yes", 1, "1", "t"].map(clean)).toEqual(Array(6).fill(true));
  expect([false, "FALSE", "no", 0, "0"].map(clean)).toEqual(Array(5).fill(false));
  expect([undefined, null, ""].map(clean)).toEqual(Array(3).fill(undefined));
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
    // The platform would get the one and not the other.
    for (const format of ["json", "json-iotf", "text", "own"])
      expect(failure(() => device.publishEvent("e", () => {}, { format }))).toEqual(config("payload"));
    expect(failure(() => app.publishCommand("t", "i", "c", () => {}, { envelope: false }))).toEqual(config("payload"));
    // It could not be changed by the platform any more.
    for (const place of [undefined, null, 5, "x"]) expect(failure(() => me.setLocation(place))).toEqual(config("location"));
    expect(me.fields.location).toEqual({});
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

it.each([
  ["a device", DeviceClient, DEVICE],
  ["a gateway", GatewayClient, GATEWAY],
])("%s that is ended before it was up says nothing of what it subscribes to by itself", async (_, Client: any, options) => {
  const client = new Client({ ...options, host: "127.0.0.1", port: 1, protocol: "mqtt", manualConnect: true });
  const errors: any[] = [];
  const told: any[] = [];
  client.on("error", (e: any) => errors.push(e.message));
  client.manage((e: any) => told.push(e.code));
  client.publishEvent("e", 1);
  await new Promise<void>((done) => client.disconnect(done));
  // What the application asked for is told.
  expect([errors, told]).toEqual([["the client has ended"], ["offline"]]);
});

it("a refused login is tried again, ever more slowly, until `disconnect` in the listener of errors", async () => {
  await world(async (it) => {
    const client: any = new DeviceClient({ ...DEVICE, "auth-token": "wr0ng", ...it.here });
    const codes: any[] = [];
    client.on("error", (e: any) => {
      codes.push(e.code);
      if (codes.length > 1 && e.code === "auth") client.disconnect();
    });
    await new Promise((done) => client.on("end", done));
    await pause(150);
    expect(codes).toEqual(["auth", "auth"]);
  });
});
