import { ApplicationClient, DeviceClient, GatewayClient } from "thincloud/watson";
import { APP, createCloud, DEVICE, GATEWAY, pause, until, world } from "./bench";

const { certificates, pem } = require("../../../rig/certs");
const vectors = require("../../../vectors/watson.json");

describe("an application at the local platform", () => {
  it("hears events and statuses, also through two subscriptions, and commands a device", async () => {
    await world(async (it) => {
      const app = await it.client(ApplicationClient, APP);
      const seen: any = { eventCallback: [], statusCallback: [], device: [], app: [] };
      app.eventCallback = (m: any) => seen.eventCallback.push(m);
      app.statusCallback = (m: any) => seen.statusCallback.push(m);
      app.appStatusCallback = (id: string, m: any) => seen.app.push([id, m.action]);
      let granted: any;
      expect(
        app.subscribeToDeviceEvents([{ deviceType: "therm" }, { event: "alarm", format: "+", qos: 1 }], (e: any, g: any) => (granted = g)),
      ).toBe(true);
      expect(app.subscribeToDeviceStatus()).toBe(true);
      expect(app.subscribeToAppStatus()).toBe(true);
      await until(() => granted);
      expect(granted).toEqual([
        { topic: "iot-2/type/therm/id/+/evt/+/fmt/json", qos: 0 },
        { topic: "iot-2/type/+/id/+/evt/alarm/fmt/+", qos: 1 },
      ]);
      const device = await it.client(DeviceClient, DEVICE);
      device.commandCallback = (m: any) => seen.device.push(m);
      await until(() => it.cloud.wireOf("d:abc123:therm:t-001").session.filters.size);
      device.publishEvent("alarm", { on: true, who: "€" }, 1);
      await until(() => seen.eventCallback.length);
      expect(seen.eventCallback).toHaveLength(1);
      expect(seen.eventCallback[0]).toMatchObject({ device: "therm:t-001", event: "alarm", data: { on: true, who: "€" } });
      let done: any;
      expect(app.publishCommand("therm", "t-001", "reboot", { rebootDelay: 50 }, { qos: 2 }, (e: any) => (done = e || "done"))).toBe(true);
      await until(() => seen.device.length && done);
      expect(done).toBe("done");
      expect(seen.device[0]).toMatchObject({ command: "reboot", format: "json", data: { rebootDelay: 50 } });
      expect(seen.device[0].device).toBeUndefined();
      device.disconnect();
      await until(() => seen.statusCallback.length === 2);
      const [up, down] = seen.statusCallback;
      expect(up).toMatchObject({
        action: "Connect",
        device: "therm:t-001",
        clientId: "d:abc123:therm:t-001",
        user: "use-token-auth",
        protocol: "mqtt4",
        port: 1883,
        clientAddr: "127.0.0.1",
        reason: null,
      });
      expect(down).toMatchObject({
        action: "Disconnect",
        reason: "The connection has completed normally.",
        readMsg: 1,
        writeMsg: 1,
        closeCode: 0,
      });
      expect(down.readBytes).toBeGreaterThan(50);
      expect(down.time).toBeInstanceOf(Date);
      expect(seen.app).toEqual([["myApp", "Connect"]]);
      expect([it.errors, it.cloud.closed]).toEqual([[], []]);
    });
  });

  it("sees a device go when another takes its name", async () => {
    await world(async (it) => {
      const app = await it.client(ApplicationClient, APP);
      const seen: any[] = [];
      app.statusCallback = (s: any) => seen.push([s.action, s.device]);
      await new Promise<void>((done) => app.subscribeToDeviceStatus("therm", () => done()));
      const first = await it.client(DeviceClient, DEVICE);
      first.on("close", () => first.end());
      const second = await it.client(DeviceClient, DEVICE);
      await until(() => seen.length === 3);
      expect(seen).toEqual([
        ["Connect", "therm:t-001"],
        ["Disconnect", "therm:t-001"],
        ["Connect", "therm:t-001"],
      ]);
      expect(second.connected).toBe(true);
      expect(it.cloud.closed).toMatchObject([{ clientId: "d:abc123:therm:t-001", why: "stolen" }]);
    });
  });

  it("is told who is connected already, as what is retained", async () => {
    await world(async (it) => {
      const app = await it.client(ApplicationClient, APP);
      const first = await it.client(DeviceClient, DEVICE);
      const seen: any[] = [];
      app.statusCallback = (s: any) => seen.push([s.action, s.retained]);
      await new Promise<void>((done) => app.subscribeToDeviceStatus({ deviceType: "therm", deviceId: "t-001" }, () => done()));
      first.disconnect();
      await until(() => seen.length === 2);
      expect(seen).toEqual([
        ["Connect", true],
        ["Disconnect", false],
      ]);
    });
  });

  it("unsubscribes, and is told what it may not subscribe to", async () => {
    await world(async (it) => {
      const app = await it.client(ApplicationClient, { org: "quickstart", id: "myApp" });
      const got: any[] = [];
      app.on("deviceEvent", (m: any) => got.push(m));
      await new Promise<void>((done) => app.subscribeToDeviceEvents({ deviceId: "q1" }, () => done()));
      const device = await it.client(DeviceClient, { org: "quickstart", type: "t", id: "q1" });
      device.publishEvent("e", 1, { envelope: false });
      await until(() => got.length);
      expect(got[0].data).toBe(1);
      await new Promise<void>((done) => app.unsubscribeFrom("deviceEvent", { deviceId: "q1" }, () => done()));
      device.publishEvent("e", 2);
      await pause(30);
      expect(got).toHaveLength(1);
      let err: any;
      app.subscribe("iot-2/#", (e: any) => (err = e));
      await until(() => err);
      expect(err).toMatchObject({ code: "refused" });
      expect(() => app.subscribeTo("weather")).toThrow(/weather/);
      expect(it.sent("d:quickstart:t:q1", "subscribe")).toEqual([]);
    });
  });

  it("subscribes again after a loss, and says what a refusal means", async () => {
    await world(async (it) => {
      const app = await it.client(ApplicationClient, APP);
      const got: any[] = [];
      app.deviceEventCallback = (m: any) => got.push(m.data);
      await new Promise<void>((done) => app.subscribeToDeviceEvents(() => done()));
      it.cloud.wireOf("a:abc123:myApp").close("lost");
      await until(() => !app.connected);
      await until(() => app.connected && it.cloud.wireOf("a:abc123:myApp").session.filters.size);
      app.publishEvent("therm", "t-001", "e", "again");
      await until(() => got.length);
      expect(got).toEqual(["again"]);
      const wrong: any = new DeviceClient({ ...DEVICE, "auth-token": "wr0ng", ...it.here });
      let e: any;
      wrong.on("error", (x: any) => (e = x));
      await until(() => e);
      expect(e).toMatchObject({ code: "auth", returnCode: 5 });
      expect(e.message).not.toMatch(/wr0ng/);
      wrong.end(true);
    });
  });

  it("shared applications take turns", async () => {
    await world(async (it) => {
      const got: string[] = [];
      for (const instanceId of ["i1", "i2"]) {
        const app = await it.client(ApplicationClient, { ...APP, type: "shared", instanceId });
        app.eventCallback = () => got.push(instanceId);
        await new Promise<void>((done) => app.subscribeToDeviceEvents(() => done()));
      }
      const device = await it.client(DeviceClient, DEVICE);
      for (let i = 0; i < 6; i++) device.publishEvent("e", i);
      await until(() => got.length === 6);
      expect(got.filter((one) => one === "i1")).toHaveLength(3);
    });
  });

  it("formats: text, bytes, a codec of one's own; what does not decode leaves the others alone", async () => {
    await world(async (it) => {
      const csv = {
        encode: (data: any) => data.join(";"),
        decode: (bytes: string, m: any) => ({
          data: [m.device, m.raw === bytes, m.retained].concat(bytes.split(";")),
          timestamp: new Date(m.event.length),
        }),
      };
      const app = await it.client(ApplicationClient, { ...APP, codecs: { csv } });
      const got: any[] = [];
      app.deviceEventCallback = (m: any) => got.push(m);
      await new Promise<void>((done) => app.subscribeToDeviceEvents({ format: "+" }, () => done()));
      const device = await it.client(DeviceClient, DEVICE);
      device.codecs.csv = csv;
      device.publishEvent("e", "wärme", { format: "text" });
      device.publishEvent("e", "\x00\xff", { format: "bin" });
      device.publishEvent("e", Uint8Array.of(1, 254), { format: "bin" });
      device.publishEvent("e", [1, 2], { format: "csv" });
      device.publishEvent("e", "{", { format: "xml" });
      device.publish("iot-2/evt/e/fmt/json", "{");
      device.publishEvent("e", { d: 1, other: 2 }, { envelope: false });
      await until(() => got.length === 6);
      expect(got.map((m) => m.data)).toEqual([
        "wärme",
        "\x00\xff",
        "\x01\xfe",
        ["therm:t-001", true, false, "1", "2"],
        "{",
        { d: 1, other: 2 },
      ]);
      expect(got[3].timestamp).toEqual(new Date(1));
      expect([got[3].payload, got[3].raw]).toEqual([got[3].data, "1;2"]);
      expect(it.errors).toHaveLength(1);
      expect(it.errors[0]).toMatchObject({ code: "protocol", raw: "{" });
      expect(() => device.publishEvent("e", 5, { format: "bin" })).toThrow(/bin/);
      expect(() => device.publishEvent("a/b", 5)).toThrow(/event/);
      expect(() => app.publishEvent("t", "i+", "e", 5)).toThrow(/deviceId/);
      expect(() => app.subscribeToDeviceEvents({ deviceId: 5 })).toThrow(/deviceId/);
    });
  });

  it("limits: too large, too much waiting", async () => {
    await world(async (it) => {
      const device = await it.client(DeviceClient, { ...DEVICE, queueLimit: 500000 });
      const seen: any[] = [];
      expect(device.publishEvent("e", "x".repeat(131072), {}, (e: any) => seen.push(e.code))).toBe(false);
      expect(device.publishEvent("e", "x".repeat(131000))).toBe(true);
      device.disconnect();
      await until(() => !device.connected);
      expect(device.publishEvent("e", 1, (e: any) => seen.push(e.code))).toBe(false);
      expect(device.publishEvent("e", 1)).toBe(false);
      expect(seen).toEqual(["limit", "offline"]);
      device.connect();
      await until(() => device.connected);
      expect(device.stats()).toMatchObject({ connected: true });
    });
  });
});

describe("a gateway", () => {
  it("speaks for its devices, hears their commands, and is told what it may not", async () => {
    await world(async (it) => {
      const app = await it.client(ApplicationClient, APP);
      const seen: any[] = [];
      app.eventCallback = (m: any) => seen.push(m.device + " " + m.event);
      await new Promise<void>((done) => app.subscribeToDeviceEvents(() => done()));
      const gateway = await it.client(GatewayClient, GATEWAY);
      const commands: string[] = [];
      const notes: any[] = [];
      gateway.commandCallback = (m: any) => commands.push(m.device + " " + m.command);
      gateway.notificationCallback = (m: any) => notes.push(m);
      await new Promise<void>((done) => gateway.subscribeToDeviceCommands({ deviceType: "sensor" }, () => done()));
      gateway.publishEvent("up", {});
      gateway.publishDeviceEvent("sensor", "s1", "t", { t: 1 });
      gateway.publishDeviceEvent("unknown", "s1", "t", { t: 1 });
      await until(() => seen.length === 2 && notes.length);
      expect(seen).toEqual(["gwtype:gw-01 up", "sensor:s1 t"]);
      expect(notes[0]).toMatchObject({ device: "gwtype:gw-01", data: { RC: 403, Type: "unknown" } });
      app.publishCommand("gwtype", "gw-01", "own");
      app.publishCommand("sensor", "s1", "its");
      await until(() => commands.length === 2);
      expect(commands).toEqual(["gwtype:gw-01 own", "sensor:s1 its"]);
      await new Promise<void>((done) => gateway.unsubscribeFromDeviceCommands({ deviceType: "sensor" }, () => done()));
      const behind = gateway.manage({ device: { deviceType: "sensor", deviceId: "s1" }, reboot: () => commands.push("reboot") });
      await until(() => it.cloud.devices.of("abc123", "sensor", "s1").managed);
      const own = gateway.manage();
      await until(() => it.cloud.devices.of("abc123", "gwtype", "gw-01").managed);
      expect((await it.cloud.devices.of("abc123", "sensor", "s1").reboot()).rc).toBe(202);
      expect((await it.cloud.devices.of("abc123", "gwtype", "gw-01").reboot()).rc).toBe(501);
      expect(commands.pop()).toBe("reboot");
      behind.unmanage();
      own.unmanage();
      await until(
        () => !it.cloud.devices.of("abc123", "sensor", "s1").managed && !it.cloud.devices.of("abc123", "gwtype", "gw-01").managed,
      );
      expect([it.errors, it.cloud.closed]).toEqual([[], []]);
    });
  });
});

const once = (run: (done: (e?: any, answer?: any) => void) => void) =>
  new Promise<any>((done, fail) => run((e, a) => (e ? fail(e) : done(a))));

describe("device management", () => {
  const open = async (it: any, options?: any) => {
    const device = await it.client(DeviceClient, DEVICE);
    let me: any;
    await once((done) => (me = device.manage(options, done)));
    return { device, me, there: it.cloud.devices.of("abc123", "therm", "t-001") };
  };

  it("manages, tells place, errors and log, and takes its leave", async () => {
    await world(async (it) => {
      const { me, there } = await open(it, { lifetime: 4000, deviceInfo: { fwVersion: "1.0" }, bundles: { "acme-v1": () => {} } });
      expect(there).toMatchObject({ managed: true, lifetime: 4000, info: { fwVersion: "1.0" } });
      expect(there.supports).toEqual({ deviceActions: false, firmwareActions: false, "acme-v1": true });
      expect(await once((done) => me.setLocation({ latitude: 51, longitude: -1.3, elevation: 10 }, done))).toMatchObject({ rc: 200 });
      await once((done) => me.setErrorCode(7, done));
      await once((done) => me.addLog("hello", "ZGF0YQ==", 1, done));
      expect(there).toMatchObject({ location: { latitude: 51 }, errorCodes: [7] });
      expect(there.log[0]).toMatchObject({ message: "hello", data: "ZGF0YQ==", severity: 1 });
      await once((done) => me.clearErrorCodes(done));
      await once((done) => me.clearLog(done));
      expect([there.errorCodes, there.log]).toEqual([[], []]);
      await expect(once((done) => me.setLocation({ latitude: 51 }, done))).rejects.toMatchObject({ code: "refused", rc: 400 });
      await once((done) => me.unmanage(done));
      expect(there.managed).toBe(false);
      for (const p of it.sent("d:abc123:therm:t-001", "publish")) expect([p.topic, p.qos]).toEqual([p.topic, 1]);
    });
  });

  it("does what the vectors ask for, as they answer", async () => {
    await world(async (it) => {
      const state: any = {};
      const firmware = { download: (f: any, done: any) => (state.download = done), update: (f: any, done: any) => (state.update = done) };
      const { device, there } = await open(it, {
        reboot: () => (state.reboot = true),
        firmware,
        bundles: { "acme-v1": (a: string, f: any) => void (state.custom = [a, f]) },
      });
      const updates: any[] = [];
      device.on("deviceUpdate", (name: string, value: any) => updates.push([name, value]));
      const said = () => it.sent("d:abc123:therm:t-001", "publish").slice(1).map((p: any) => ({ topic: p.topic, payload: JSON.parse(p.payload) })); // prettier-ignore
      const ask = async (one: any, wanted: any[]) => {
        it.cloud.packets.length = 0;
        // The first is not looked at.
        it.cloud.packets.push({
          clientId: "d:abc123:therm:t-001",
          dir: "client->server",
          packet: { cmd: "publish", topic: "", payload: "{}" },
        });
        there.send(one.in.topic.slice(8), one.in.payload);
        await until(() => said().length >= 1 || !wanted.length);
        await until(() => {
          // They begin when the platform has the answer.
          if (state.download) state.download();
          if (state.update) state.update();
          state.download = state.update = undefined;
          return said().length >= wanted.length;
        });
        await pause(5);
        expect(said()).toEqual(wanted);
      };
      for (const one of vectors.device_management_spec) {
        if (/download/.test(one.in.topic)) {
          // Nothing to download yet is 400.
          const value = { uri: "http://198.51.100.10/fw.js", state: 0, updateStatus: 0 };
          await ask(one, one.out);
          const again = { in: { topic: one.in.topic, payload: { reqId: "g" } } };
          await ask(again, [{ topic: "iotdevice-1/response", payload: { rc: one.otherwise.rc, reqId: "g" } }]);
          expect(value.state).toBe(0);
        } else await ask(one, one.out);
      }
      expect(state.reboot).toBe(true);
      expect(state.custom).toEqual(["installPlugin", { pluginId: "p1" }]);
      expect(updates.map(([name]) => name)).toEqual(["mgmt.firmware", "location"]);
      expect((await there.custom("other", "x")).rc).toBe(501);
      expect((await there.factoryReset()).rc).toBe(501);
      expect((await there.request("nonsense")).rc).toBe(404);
      expect(await there.observe("location")).toMatchObject({
        rc: 200,
        d: { fields: [{ field: "location", value: { latitude: 1, longitude: 2 } }] },
      });
      expect(it.errors).toEqual([]);
    });
  });

  it("firmware from end to end, and what goes wrong on the way", async () => {
    await world(async (it) => {
      let fault: any;
      const done: string[] = [];
      const firmware = {
        download(f: any, end: any) {
          done.push("download " + f.uri);
          if (fault === "throw") throw Object.assign(new Error("x"), { code: "verify" });
          end(fault && Object.assign(new Error("x"), { code: fault }));
          end();
        },
        update(f: any, end: any) {
          done.push("update " + f.version);
          end(fault && Object.assign(new Error("x"), { code: fault }));
        },
      };
      const { me, there } = await open(it, { firmware, deviceInfo: { fwVersion: "1.0" } });
      expect((await there.install()).codes).toEqual([200, 400, 200]);
      const good = await there.download({ version: "1.1", uri: "http://198.51.100.10/fw.js", verifier: "sha256:00" });
      expect(good).toMatchObject({ codes: [204, 200, 202, 200], firmware: { state: 2, updateStatus: 0 } });
      const installed = await there.install();
      expect(installed).toMatchObject({ codes: [200, 202, 200], firmware: { state: 0, updateStatus: 0 } });
      expect(me.fields.deviceInfo.fwVersion).toBe("1.1");
      for (const [code, status] of [
        ["storage", 2],
        ["timeout", 3],
        ["verify", 4],
        ["protocol", 6],
        ["throw", 4],
      ] as any) {
        fault = code;
        expect((await there.download({ uri: "u" })).firmware).toMatchObject({ state: 0, updateStatus: status });
      }
      fault = undefined;
      await there.download({ uri: "u", version: "2" });
      fault = "odd";
      expect((await there.install()).firmware).toMatchObject({ state: 0, updateStatus: 5 });
      expect((await there.download({ uri: "" })).codes).toEqual([204, 200, 400, 200]);
      // The one that the installer threw.
      expect(it.errors).toHaveLength(1);
    });
  });

  it("after a restart: what became of the update", async () => {
    await world(async (it) => {
      const { there } = await open(it, { updateStatus: 0, deviceInfo: { fwVersion: "1.1" } });
      await until(() => there.notified.length);
      expect(there.notified).toEqual([{ field: "mgmt.firmware", value: { state: 0, updateStatus: 0 } }]);
      expect(there.info.fwVersion).toBe("1.1");
    });
  });

  it("limits and faults: lifetime, silence, too many questions, actions that fail, the end", async () => {
    await world(async (it) => {
      const device = await it.client(DeviceClient, DEVICE);
      expect(() => device.manage({ lifetime: 100 })).toThrow(/lifetime/);
      let me: any;
      const bad = () => {
        throw new Error("no plugin");
      };
      await once((done) => (me = device.manage({ timeout: 2000, bundles: { b: bad, c: () => 418 } }, done)));
      const there = it.cloud.devices.of("abc123", "therm", "t-001");
      expect(await there.custom("b", "x")).toMatchObject({ rc: 500, message: "no plugin" });
      expect(await there.custom("c", "x")).toMatchObject({ rc: 418 });
      there.asked = () => undefined;
      there.send = () => true;
      const codes: string[] = [];
      for (let i = 0; i < 17; i++) me.clearLog((e: any) => codes.push(e.code));
      expect(codes).toEqual(["limit"]);
      await until(() => codes.length === 17);
      expect(codes[16]).toBe("timeout");
      device.end();
      await until(() => !device.connected);
      me.clearLog((e: any) => codes.push(e.code));
      expect(codes[17]).toBe("offline");
      expect(it.errors.map((e: any) => e.message)).toEqual(["no plugin"]);
    });
  });
});

describe("TLS", () => {
  const made = certificates();
  const run = async (ca: any, check: (client: any, cloud: any, errors: any[]) => Promise<void>) => {
    const cloud = createCloud();
    const port = await cloud.listen({ tls: made.server });
    const client: any = new DeviceClient({ ...DEVICE, host: "localhost", port, ca: pem(ca.cert) });
    const errors: any[] = [];
    client.on("error", (e: any) => errors.push(e));
    try {
      await check(client, cloud, errors);
    } finally {
      await new Promise<void>((done) => client.end(true, done));
      await cloud.close();
    }
  };

  it("a managed device: there, back, and no default of clear text", () =>
    run(made.ca, async (client, cloud, errors) => {
      const heard: any[] = [];
      client.commandCallback = (c: any) => heard.push(c.data);
      await new Promise<void>((done, fail) => client.manage((e: any) => (e ? fail(e) : done())));
      await new Promise<void>((done, fail) => client.publishEvent("status", { t: "€" }, { qos: 1 }, (e: any) => (e ? fail(e) : done()))); // prettier-ignore
      expect(JSON.parse(cloud.events[0].payload).d).toEqual({ t: "€" });
      cloud.route("abc123", "iot-2/type/therm/id/t-001/cmd/say/fmt/json", '{"d":"hello"}', 1);
      await until(() => heard.length);
      expect(heard).toEqual(["hello"]);
      expect([client.options.protocol, errors]).toEqual(["mqtts", []]);
    }));

  it("of a platform that another CA vouches for is refused", () =>
    run(made.wrongCa, async (client, cloud, errors) => {
      await until(() => errors.length);
      expect([errors[0].code, client.connected, cloud.packets]).toEqual(["network", false, []]);
    }));
});
