/* Device management where something goes wrong: the line, the platform, the order of calls. */
import { createHook } from "node:async_hooks";
import { DeviceClient, GatewayClient } from "thincloud/watson";
import { DEVICE, GATEWAY, pause, until, world } from "./bench";

const once = (run: (done: (e?: any, answer?: any) => void) => void) =>
  new Promise<any>((done, fail) => run((e, a) => (e ? fail(e) : done(a))));
const NAME = "d:abc123:therm:t-001";

/** A managed device, and what the platform knows of it. */
async function open(it: any, options?: any) {
  const device = await it.client(DeviceClient, DEVICE);
  let me: any;
  await once((done) => (me = device.manage(options, done)));
  return { device, me, there: it.cloud.devices.of("abc123", "therm", "t-001") };
}

it("a lifetime longer than a timer can wait is not renewed all the time", async () => {
  await world(async (it) => {
    const { there } = await open(it, { lifetime: 30 * 86400 });
    await pause(60);
    expect(there.manages).toBe(1);
  });
});

it("what is asked while the line is down waits for it, and is answered then", async () => {
  await world(async (it) => {
    const device: any = new DeviceClient({ ...DEVICE, ...it.here, manualConnect: true } as any);
    const errors: any[] = [];
    device.on("error", (e: any) => errors.push(e.code));
    let answer: any;
    device.manage({ timeout: 2000, updateStatus: 0 }, (e: any, a: any) => (answer = e || a));
    await pause(2100);
    expect([answer, errors]).toEqual([undefined, []]);
    device.connect();
    const there = it.cloud.devices.of("abc123", "therm", "t-001");
    await until(() => there.notified.length && answer);
    expect(answer).toMatchObject({ rc: 200 });
    expect(there.notified).toEqual([{ field: "mgmt.firmware", value: { state: 0, updateStatus: 0 } }]);
    await new Promise<void>((done) => device.end(done));
  });
});

it("what became of an update is told, also when the platform is silent at first", async () => {
  await world(async (it) => {
    const device = await it.client(DeviceClient, DEVICE);
    const there = it.cloud.devices.of("abc123", "therm", "t-001");
    there.asked = () => undefined;
    const { send } = there;
    there.send = () => true;
    let me: any;
    await expect(once((done) => (me = device.manage({ timeout: 2000, updateStatus: 4 }, done)))).rejects.toMatchObject({ code: "timeout" });
    delete there.asked;
    there.send = send;
    await once((done) => me.manage(done));
    await until(() => there.notified.length);
    expect(there.notified[0].value).toEqual({ state: 0, updateStatus: 4 });
  });
});

it("the end answers what waits, at once", async () => {
  await world(async (it) => {
    const timeout = 12345678;
    // The program's own timers, and not those of whatever runs besides.
    const timers: any[] = [];
    const hook = createHook({ init: (_id, _type, _trigger, made: any) => void (made._idleTimeout === timeout && timers.push(made)) });
    hook.enable();
    const { device, me, there } = await open(it, { timeout });
    there.send = () => true;
    const codes: string[] = [];
    me.clearLog((e: any) => codes.push(e.code));
    me.manage((e: any) => codes.push(e.code));
    // They begin when the platform has the question.
    await until(() => timers.length === 3);
    hook.disable();
    await new Promise<void>((done) => device.disconnect(done));
    expect(codes).toEqual(["offline", "offline"]);
    expect(timers.map((one) => one._destroyed)).toEqual([true, true, true]);
    expect(it.errors).toEqual([]);
  });
});

it("managed anew, the last call counts, and nothing piles up", async () => {
  await world(async (it) => {
    const { device, there } = await open(it, { reboot: () => seen.push("old") });
    const seen: string[] = [];
    for (let i = 0; i < 5; i++) await once((done) => device.manage({ reboot: () => seen.push("new " + i) }, done));
    expect((await there.reboot()).rc).toBe(202);
    await until(() => seen.length);
    expect(seen).toEqual(["new 4"]);
    const ends = (device as any).$onend;
    expect([].concat(ends || [])).toHaveLength(1);
  });
});

it("no more, and then once more", async () => {
  await world(async (it) => {
    const { me, there } = await open(it, { reboot: () => {} });
    await once((done) => me.unmanage(done));
    expect(there.managed).toBe(false);
    await once((done) => me.manage(done));
    expect(there.managed).toBe(true);
    expect((await there.reboot()).rc).toBe(202);
    // Both under way at once.
    me.unmanage();
    await once((done) => me.manage(done));
    expect((await there.reboot()).rc).toBe(202);
    expect(it.errors).toEqual([]);
  });
});

it("disconnected and connected again, it is managed again", async () => {
  await world(async (it) => {
    const { device, there } = await open(it, {});
    await new Promise<void>((done) => device.disconnect(done));
    there.managed = false;
    device.connect();
    await until(() => there.managed);
    expect(it.errors).toEqual([]);
  });
});

it("requests that are none are errors with topic and bytes, and disturb no other", async () => {
  await world(async (it) => {
    const { there } = await open(it, {});
    const wire = it.cloud.wireOf(NAME);
    for (const text of ["{", "null", "17", '"x"', "[]"]) {
      for (const path of ["response", "device/update", "mgmt/initiate/device/reboot"]) wire.deliver("iotdm-1/" + path, text, 1);
    }
    wire.deliver("iotdm-1/device/update", '{"d":{"fields":[null]}}', 1);
    wire.deliver("iotdm-1/observe", '{"d":{"fields":7},"reqId":"f7"}', 1);
    wire.deliver("iotdm-1/device/update", '{"d":7}', 1);
    expect((await there.observe("deviceInfo")).rc).toBe(200);
    for (const e of it.errors)
      expect(e).toMatchObject({ code: "protocol", topic: expect.stringMatching(/^iotdm-1/), raw: expect.any(String) });
    expect(it.errors.map((e: any) => e.raw)).toEqual(expect.arrayContaining(["{"]));
  });
});

it("names that objects inherit are names", async () => {
  await world(async (it) => {
    const { there, me } = await open(it, { bundles: {} });
    const before = Object.keys;
    expect((await there.observe("constructor")).rc).toBe(400);
    expect((await there.update("constructor", { keys: 1 })).rc).toBe(400);
    expect((await there.update("__proto__", { polluted: 1 })).rc).toBe(400);
    expect(Object.keys).toBe(before);
    expect(({} as any).polluted).toBeUndefined();
    expect((await there.custom("constructor", "x")).rc).toBe(501);
    for (const reqId of ["constructor", "__proto__", {}, null]) it.cloud.wireOf(NAME).deliver("iotdm-1/response", JSON.stringify({ rc: 200, reqId }), 1); // prettier-ignore
    expect((await there.observe("location")).rc).toBe(200);
    expect(me.fields.deviceInfo).toEqual({});
    expect(it.errors).toEqual([]);
  });
});

it("a field is an object: what is none changes nothing", async () => {
  await world(async (it) => {
    const { device, there, me } = await open(it, {});
    const seen: any[] = [];
    device.on("deviceUpdate", (name: string) => seen.push(name));
    for (const value of ["abc", 5, true, undefined]) expect((await there.update("location", value)).rc).toBe(400);
    expect((await there.update("mgmt.firmware", "http://198.51.100.10/fw.js")).rc).toBe(400);
    expect([me.fields.location, me.fields["mgmt.firmware"], seen]).toEqual([{}, { state: 0, updateStatus: 0 }, []]);
    expect((await there.update("location", { latitude: 1, longitude: 2 })).rc).toBe(204);
    expect([me.fields.location, seen, it.errors]).toEqual([{ latitude: 1, longitude: 2 }, ["location"], []]);
  });
});

it("an action that there is not does nothing", async () => {
  await world(async (it) => {
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(name);
    const { there } = await open(it, {
      reboot: note("reboot"),
      factoryReset: note("reset"),
      firmware: { download: note("load"), update: note("up") },
    });
    expect((await there.request("mgmt/initiate/device/sleep")).rc).toBe(501);
    // Only who asks for a field is told that there is none.
    expect(await there.request("mgmt/initiate/device/sleep", { fields: [{ field: "foo" }] })).toEqual({
      rc: 501,
      reqId: expect.any(String),
    });
    await there.update("mgmt.firmware", { uri: "u", state: 0 });
    expect((await there.request("mgmt/initiate/firmware/erase")).rc).toBeGreaterThanOrEqual(400);
    await pause(20);
    expect(seen).toEqual([]);
    expect((await there.factoryReset()).rc).toBe(202);
    await until(() => seen.length);
    expect(seen).toEqual(["reset"]);
    expect(it.errors).toEqual([]);
  });
});

it("one download and one update at a time", async () => {
  await world(async (it) => {
    const ends: any[] = [];
    const firmware = { download: (f: any, done: any) => void ends.push(done), update: (f: any, done: any) => void ends.push(done) };
    const { there } = await open(it, { firmware });
    await there.update("mgmt.firmware", { uri: "u", version: "1", state: 0, updateStatus: 0 });
    const rc = async (verb: string) => (await there.request("mgmt/initiate/firmware/" + verb)).rc;
    // The same question twice, as QoS 1 may bring it.
    expect((await Promise.all([rc("download"), rc("download")])).sort()).toEqual([202, 400]);
    await until(() => ends.length);
    await pause(20);
    expect(ends).toHaveLength(1);
    // The operator gives up and begins again: what runs goes on.
    expect((await there.update("mgmt.firmware", { uri: "u2", version: "2", state: 0, updateStatus: 0 })).rc).toBe(409);
    expect(await rc("download")).toBe(400);
    ends.pop()();
    await until(() => there.firmware.state === 2);
    expect((await Promise.all([rc("update"), rc("update")])).sort()).toEqual([202, 400]);
    await until(() => ends.length);
    expect(await rc("update")).toBe(400);
    expect(ends).toHaveLength(1);
    ends.pop()();
    await until(() => there.firmware.state === 0);
    expect(it.errors).toEqual([]);
  });
});

it("a gateway cannot manage a device without a name", async () => {
  await world(async (it) => {
    const gateway = await it.client(GatewayClient, GATEWAY);
    expect(() => gateway.manage({ device: { deviceType: "sensor" } })).toThrow(/deviceId/);
    expect(() => gateway.manage({ device: { deviceType: "a/b", deviceId: "x" } })).toThrow(/deviceType/);
  });
});

it("managed anew while a download runs, there is still one, and its end counts", async () => {
  await world(async (it) => {
    const ends: any[] = [];
    const firmware = { download: (f: any, done: any) => void ends.push(done), update: () => {} };
    const { device, me, there } = await open(it, { firmware });
    await there.update("mgmt.firmware", { uri: "u", version: "1", state: 0, updateStatus: 0 });
    const rc = async (verb: string) => (await there.request("mgmt/initiate/firmware/" + verb)).rc;
    expect(await rc("download")).toBe(202);
    await until(() => ends.length);
    let again: any;
    await once((done) => (again = device.manage({ firmware }, done)));
    expect(again).toBe(me);
    expect(await rc("download")).toBe(400);
    ends.pop()();
    await until(() => there.firmware.state === 2);
    expect(await rc("update")).toBe(202);
    await until(() => there.firmware.updateStatus === 1);
    // Nothing of the first call is left behind the end.
    await new Promise<void>((done) => device.disconnect(done));
    expect(it.errors).toEqual([]);
  });
});

it("an answer that comes while the client ends is told", async () => {
  await world(async (it) => {
    const { device, me } = await open(it, {});
    let told: any;
    me.unmanage((e: any) => (told = e || "done"));
    // It waits for its acknowledgement.
    await new Promise<void>((done) => device.disconnect(done));
    expect(told).toBeDefined();
    expect(it.errors).toEqual([]);
  });
});

it("what the platform says is heard although it was asked for when nothing could be: the queue was full, the client had ended", async () => {
  await world(async (it) => {
    for (const ended of [false, true]) {
      const device: any = new DeviceClient({ ...DEVICE, ...it.here, queueLimit: 400, manualConnect: true } as any);
      device.on("error", () => {});
      if (ended) await new Promise<void>((done) => device.disconnect(done));
      else for (let room = true; room;) room = device.publishEvent("e", 1);
      let me: any;
      await expect(once((done) => (me = device.manage({ timeout: 1000 }, done)))).rejects.toMatchObject({
        code: ended ? "offline" : "limit",
      });
      device.connect();
      await until(() => device.connected && !device.stats().queued);
      expect((await once((done) => me.manage(done))).rc).toBe(200);
      await new Promise<void>((done) => device.disconnect(done));
    }
  });
});

it("what nests too deep is told to who asked, takes no place, and does not end a renewal", async () => {
  await world(async (it) => {
    const { device, me, there } = await open(it, { metadata: {} });
    const nest = (n: number): any => (n ? { a: nest(n - 1) } : 1);
    const codes: any[] = [];
    for (let i = 0; i < 20; i++) me.setLocation(nest(20), (e: any) => codes.push(e.code));
    expect(codes).toEqual(Array(20).fill("limit"));
    expect((await once((done) => me.clearLog(done))).rc).toBe(200);
    // More levels come than go.
    expect((await there.update("metadata", nest(24))).rc).toBe(204);
    // As its timer calls it.
    expect(() => me.manage()).not.toThrow();
    await until(() => it.errors.length);
    expect(it.errors.map((e: any) => e.code)).toEqual(["limit"]);
    await once((done) => device.manage({}, done));
  });
});

describe("what became of a download is told when the device is managed again", () => {
  /** A download that is under way. */
  async function loading(it: any) {
    const ends: any[] = [];
    const firmware = { download: (_: any, done: any) => void ends.push(done), update: () => {} };
    const opened = await open(it, { firmware });
    await opened.there.update("mgmt.firmware", { uri: "u", version: "1", state: 0, updateStatus: 0 });
    await opened.there.request("mgmt/initiate/firmware/download");
    await until(() => ends.length && opened.there.notified.length);
    return { ...opened, end: ends[0] };
  }

  it.each([
    [undefined, { state: 2, updateStatus: 0 }],
    [Object.assign(new Error("cut"), { code: "network" }), { state: 0, updateStatus: 3 }],
  ])("and it ended with %p after `disconnect`", async (error, told) => {
    await world(async (it) => {
      const { device, there, end } = await loading(it);
      await new Promise<void>((done) => device.disconnect(done));
      there.managed = false;
      end(error);
      device.connect();
      await until(() => there.managed && there.firmware.state !== 1);
      expect(there.notified.slice(1)).toEqual([{ field: "mgmt.firmware", value: told }]);
      // Once.
      await once((done) => device.manage({}, done));
      expect((await there.observe("mgmt.firmware")).rc).toBe(200);
      expect(there.notified).toHaveLength(2);
    });
  });

  it("and it ended while the device was not managed", async () => {
    await world(async (it) => {
      const { me, there, end } = await loading(it);
      await once((done) => me.unmanage(done));
      there.notify = () => {};
      end();
      await pause(30);
      delete there.notify;
      await once((done) => me.manage(done));
      await until(() => there.firmware.state === 2);
      expect(it.errors).toEqual([]);
    });
  });
});

it("a request whose answer nests too deep is refused, and nothing is done or kept busy", async () => {
  await world(async (it) => {
    const seen: string[] = [];
    const firmware = { download: () => void seen.push("load"), update: () => {} };
    const { there } = await open(it, { metadata: {}, firmware, reboot: () => void seen.push("reboot") });
    const nest = (n: number): any => (n ? { a: nest(n - 1) } : 1);
    expect((await there.update("metadata", nest(24))).rc).toBe(204);
    expect(await there.observe("metadata")).toEqual({ rc: 500, message: expect.stringContaining("20 levels"), reqId: expect.any(String) });
    expect((await there.observe("deviceInfo")).rc).toBe(200);
    await there.update("mgmt.firmware", { uri: "u", version: "1", state: 0, updateStatus: 0 });
    const wire = it.cloud.wireOf(NAME);
    for (const what of ["device/reboot", "firmware/download"])
      wire.deliver("iotdm-1/mgmt/initiate/" + what, JSON.stringify({ reqId: nest(25) }), 1);
    await until(() => it.errors.length > 2);
    expect(it.errors.map((e: any) => e.code)).toEqual(["limit", "limit", "limit"]);
    expect(seen).toEqual([]);
    expect((await there.request("mgmt/initiate/firmware/download")).rc).toBe(202);
    await until(() => seen.length);
    expect(seen).toEqual(["load"]);
  });
});
