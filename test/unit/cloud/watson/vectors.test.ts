import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as net from "node:net";
import { ApplicationClient, DeviceClient, GatewayClient, parseConfigFile } from "thincloud/watson";
import { until } from "./bench";

const mqttPacket = require("mqtt-packet");
const v = require("../../../vectors/watson.json");

/** What a program's options make a client send in CONNECT, and how it dials. */
const made = (Client: any, options: any) => {
  const client = new Client({ ...options, reconnectPeriod: 0 });
  const o = { ...client.options };
  client.on("error", () => {});
  client.end(true);
  return o;
};
const clientOf = (kind: string): any => (kind === "application" ? ApplicationClient : DeviceClient);
const failure = (run: () => unknown): any => {
  try {
    run();
  } catch (e) {
    return e;
  }
};

describe("configuration files", () => {
  for (const one of v.config_properties_measured)
    if (one.text)
      it(one.name, () => {
        const got: any = parseConfigFile(one.text);
        for (const key in one.recommended) expect([key, got[key]]).toEqual([key, one.recommended[key]]);
      });

  for (const one of v.config_later_measured_or_spec)
    if (one.text && !/yaml/.test(one.format))
      it(one.format, () => {
        const got: any = parseConfigFile(one.text);
        const { clientId, ...rest } = one.expect;
        expect(got).toMatchObject(rest);
        if (clientId) expect(made(clientOf(/device/.test(one.format) ? "device" : "application"), got).clientId).toBe(clientId);
      });

  it("environment, as text", () => {
    const { env, expect: wanted } = v.config_later_measured_or_spec.find((one: any) => one.env);
    const o = made(DeviceClient, parseConfigFile(Object.keys(env).map((key) => `${key}=${env[key]}`).join("\n"))); // prettier-ignore
    expect(o).toMatchObject({ clientId: wanted.clientId, clean: false, keepalive: 30, password: "tok", protocol: "mqtt", port: 1883 });
    expect(`tcp://${o.host}:${o.port}`).toBe(wanted.url);
  });

  it("the embedded client's device.cfg", () => {
    const text = "# Device\norg=abc123\ndomain=iot.example\ntype=therm\nid=t-001\nauth-method=token\nauth-token=a=b\nserverCertPath=./ca.pem\nuseClientCertificates=0\nrootCACertPath=./root.pem\nclientCertPath=./c.pem\nclientKeyPath=./k.pem\n"; // prettier-ignore
    const o = made(DeviceClient, parseConfigFile(text));
    expect(o).toMatchObject({ clientId: "d:abc123:therm:t-001", host: "abc123.messaging.iot.example", password: "a=b", protocol: "mqtts" });
    expect(Object.keys(o).filter((name) => /cert|ca$|key$/i.test(name))).toEqual([]);
  });

  it("the object form of the later libraries", () => {
    const auth = { key: "a-abc123-k3yk3yk3y0", token: "tk7(exAmple)9q_Z" };
    const mqtt = { port: 8883, transport: "tcp", cleanStart: true, sessionExpiry: 7200, keepAlive: 120 };
    const options = { domain: "internetofthings.ibmcloud.com", logLevel: "info", mqtt };
    expect(made(ApplicationClient, { identity: { appId: "app1" }, auth, options })).toMatchObject({
      clientId: "a:abc123:app1",
      username: auth.key,
      password: auth.token,
      host: "abc123.messaging.internetofthings.ibmcloud.com",
      port: 8883,
      protocol: "mqtts",
      clean: true,
      keepalive: 120,
    });
    const device = { identity: { orgId: "abc123", typeId: "therm", deviceId: "t-001" }, auth: { token: "dt" } };
    expect(made(DeviceClient, device)).toMatchObject({
      clientId: "d:abc123:therm:t-001",
      username: "use-token-auth",
      password: "dt",
      keepalive: 60,
    });
  });

  it("a stored file, and one that is not there", () => {
    const cwd = process.cwd();
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "watson-"));
    process.env.THINCLOUD_STORE = dir;
    try {
      process.chdir(dir);
      const { storeWrite } = require("../../../../targets/node");
      storeWrite("app.cfg", 0, "org=abc123\nid=\xc3\xa9\n");
      expect(parseConfigFile("app.cfg")).toMatchObject({ org: "abc123", id: "é" });
      expect(failure(() => parseConfigFile("none.cfg"))).toMatchObject({ code: "config", message: expect.stringContaining("none.cfg") });
    } finally {
      process.chdir(cwd);
      delete process.env.THINCLOUD_STORE;
      fs.rmSync(dir, { recursive: true });
    }
  });

  it("errors name the line and the key, never a value", () => {
    const e = (text: string) => failure(() => parseConfigFile(text));
    expect(e("org=abc123\nS3cretWithoutKey")).toMatchObject({ code: "config", message: expect.stringContaining("line 2") });
    expect(e("org=abc123\nS3cretWithoutKey").message).not.toMatch(/S3cret/);
    expect(e("org=abc123\n\nauth-token").message).toMatch(/line 3: auth-token/);
    expect(e("port=many").message).toMatch(/line 1: port/);
    expect(e("=x\n").message).toMatch(/line 1/);
    expect(e("id=%(nothing)s").message).toMatch(/id: %\(nothing\)s/);
  });
});

describe("options", () => {
  for (const one of v.constructor_measured) {
    const { throws } = one.seed;
    it(`${one.kind} ${JSON.stringify(one.options)}`, () => {
      const run = () => made(clientOf(one.kind), one.options);
      const { org } = one.options;
      // The seed stumbles over a missing method at quickstart; there is nothing to say there.
      if (throws && !(org === "quickstart" && throws === "KeyError")) {
        const key = (/: ([\w-]+)$/.exec(one.seed.message) || ["", one.options["auth-method"] === "" ? "auth-key" : "auth-"])[1];
        expect(failure(run)).toMatchObject({ code: "config", message: expect.stringContaining(key) });
        return;
      }
      const o = run();
      expect(o.clientId).toBe(throws ? "d:quickstart:therm:t-001" : one.seed.clientId);
      expect(o.host).toBe(throws ? o.host : one.seed.address);
      expect(o.username ?? null).toBe(throws ? null : one.seed.username);
      expect(o.password ?? null).toBe(throws ? null : one.seed.password);
      expect(o.keepalive).toBe(60);
      expect(o.protocol).toBe("mqtts");
    });
  }

  for (const one of v.client_ids_spec)
    it(`client id of a ${one.role}`, () => {
      const [letter, org] = one.clientId.split(":");
      const Client: any = { a: ApplicationClient, d: DeviceClient, g: GatewayClient }[letter.toLowerCase() as "a"];
      const id = one.id || one.clientId.split(":").pop();
      const type = one.type || (letter === "d" ? "therm" : letter === "A" ? "shared" : undefined);
      const secret = org === "quickstart" ? {} : { authKey: one.username || "k", authToken: "t" };
      const o = made(Client, { org, id, type, instanceId: one.instanceId, ...secret });
      expect(o.clientId).toBe(one.clientId);
      if (one.username !== undefined) expect(o.username ?? null).toBe(one.username);
    });

  it("what cannot be is told at once, by name", () => {
    const e = (Client: any, options: any) => failure(() => made(Client, options)).message;
    const app = { org: "abc123", id: "x", authKey: "k", authToken: "t" };
    expect(e(ApplicationClient, { ...app, id: "a/b" })).toMatch(/^option id: /);
    expect(e(ApplicationClient, { ...app, id: "x".repeat(37) })).toMatch(/36/);
    expect(e(ApplicationClient, { ...app, org: "a#" })).toMatch(/org/);
    expect(e(ApplicationClient, { ...app, type: "odd" })).toMatch(/type/);
    expect(e(ApplicationClient, { ...app, colour: "red" })).toMatch(/colour/);
    // The platform keeps nothing for applications that share their messages.
    expect(e(ApplicationClient, { ...app, shared: true, cleanSession: false })).toMatch(/clean-session/);
    expect(made(ApplicationClient, { ...app, type: "shared", cleanSession: true }).clientId).toBe("A:abc123:x");
    expect(e(DeviceClient, { ...app, authKey: undefined })).toMatch(/type/);
    expect(e(DeviceClient, { ...app, type: "a+" })).toMatch(/^option type: /);
    expect(made(ApplicationClient, { id: "x", authKey: "a-zzz999-k", authToken: "t" }).clientId).toBe("a:zzz999:x");
    expect(made(ApplicationClient, { ...app, domain: "iot.example" }).host).toBe("abc123.messaging.iot.example");
  });
});

/** A broker that says what a test wants, and keeps what it hears. */
async function scripted(Client: any, options: any, run: (it: any) => Promise<void>) {
  const heard: any[] = [];
  let socket: any;
  const server = net.createServer((s) => {
    const parser = mqttPacket.parser();
    socket = s;
    s.on("error", () => {});
    s.on("data", (d) => parser.parse(d));
    parser.on("packet", (p: any) => {
      heard.push(p);
      if (p.cmd === "connect") s.write(mqttPacket.generate({ cmd: "connack", returnCode: 0, sessionPresent: false }));
      if (p.cmd === "subscribe")
        s.write(mqttPacket.generate({ cmd: "suback", messageId: p.messageId, granted: p.subscriptions.map((x: any) => x.qos) }));
      if (p.cmd === "unsubscribe") s.write(mqttPacket.generate({ cmd: "unsuback", messageId: p.messageId }));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const client = new Client({ ...options, host: "127.0.0.1", port: (server.address() as net.AddressInfo).port, protocol: "mqtt" });
  const events: any[] = [];
  const errors: any[] = [];
  client.on("error", (e: any) => errors.push(e));
  for (const kind of "deviceEvent deviceCommand deviceStatus appStatus deviceState thingState deviceError thingError ruleTrigger ruleError notification command event".split(
    " ",
  ))
    client.on(kind, (m: any) => events.push(m));
  await until(() => client.connected);
  try {
    await run({
      client,
      heard,
      errors,
      events,
      async say(topic: string, payload: string | Buffer) {
        const n = client.status().received;
        socket.write(mqttPacket.generate({ cmd: "publish", topic, payload, qos: 0 }));
        await until(() => client.status().received > n);
      },
    });
  } finally {
    await new Promise<void>((done) => client.end(true, done));
    socket.destroy();
    server.close();
  }
}

const APP = { org: "abc123", id: "myApp", authKey: "k", authToken: "t" };
const DEVICE = { org: "abc123", type: "therm", id: "t-001", authToken: "t" };

describe("messages that come", () => {
  it("events as measured with the seed, and as recommended where it stumbles", async () => {
    await scripted(ApplicationClient, APP, async ({ say, events, errors }) => {
      for (const one of v.topic_to_event_measured) {
        const before = Date.now();
        await say(one.topic, one.payload);
        const { seed, recommended = {} } = one;
        const levels = one.topic.split("/");
        if (levels.length !== 8 + 1 || levels.includes("")) expect([events.length, errors.length]).toEqual([0, 0]);
        else if (seed.throws && (recommended.invalid || seed.throws === "InvalidEventException") && levels[8] === "json") {
          const e = errors.pop();
          expect(e).toMatchObject({ code: "protocol", topic: one.topic, raw: one.payload });
        } else {
          const m = events.pop();
          const wanted = seed.throws ? recommended : { ...seed, ...recommended };
          for (const key of ["data", "device", "deviceId", "deviceType", "event", "format", "payload"])
            if (wanted[key] !== undefined) expect([key, m[key]]).toEqual([key, wanted[key]]);
          if (levels[8] === "text") expect(m.data).toBe(one.payload);
          expect(m.raw).toBe(one.payload);
          if (wanted.timestamp === "NOW" || !wanted.timestamp) expect(m.timestamp.getTime()).toBeGreaterThanOrEqual(before);
          else expect(m.timestamp.getTime()).toBe(Date.parse(wanted.timestamp));
        }
      }
      expect([events, errors]).toEqual([[], []]);
    });
  });

  it("the other topics", async () => {
    const names: any = {
      command: "deviceCommand",
      error: "deviceError",
      gatewayNotification: "notification",
      "device-side command": "command",
    };
    await scripted(ApplicationClient, APP, async ({ say, events }) => {
      for (const one of v.topic_to_event_spec) {
        await say(one.topic, one.payload);
        const m = events.pop();
        const wanted: any = {
          kind: names[one.kind] || one.kind,
          deviceType: one.typeId,
          deviceId: one.deviceId || one.id,
          device: one.device,
          appId: one.appId,
        };
        wanted.command = one.commandId;
        wanted.interfaceId = one.logicalInterfaceId || one.interfaceId;
        wanted.ruleId = one.ruleId;
        for (const key in wanted) if (wanted[key] !== undefined) expect([one.topic, key, m[key]]).toEqual([one.topic, key, wanted[key]]);
        expect(m.data).toEqual(one.data_enveloped || one.data || JSON.parse(one.payload));
        if (one.timestamp_ms) expect(m.timestamp.getTime()).toBe(one.timestamp_ms);
      }
    });
  });

  it("status with all fields", async () => {
    await scripted(ApplicationClient, APP, async ({ say, events, errors }) => {
      for (const { topic, payload, seed } of v.mon_to_status_measured) {
        await say(topic, payload);
        const m = events.pop();
        if (seed.throws) expect(m).toMatchObject({ kind: "appStatus", appId: "myApp", action: "Connect" });
        else
          for (const key in seed) {
            // `data` is null in the seed: an accident of its base class.
            if (key === "data") continue;
            if (/ime$/.test(key) && seed[key]) expect([key, m[key].getTime()]).toEqual([key, Date.parse(seed[key])]);
            else expect([key, m[key]]).toEqual([key, seed[key]]);
          }
      }
      for (const { topic, payload, expect: wanted } of v.mon_to_status_spec) {
        await say(topic, payload);
        const m = events.pop();
        for (const key in wanted)
          if (/_ms$/.test(key)) expect(m[key.slice(0, -3)].getTime()).toBe(wanted[key]);
          else expect([key, m[key]]).toEqual([key, wanted[key]]);
      }
      await say("iot-2/type/t/id/i/mon", '{"Time":"yesterday"}');
      await say("iot-2/type/t/id/i/mon", "null");
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({ code: "protocol", raw: '{"Time":"yesterday"}' });
      expect(events.pop()).toMatchObject({ action: null, time: null });
    });
  });

  it("times", async () => {
    await scripted(ApplicationClient, APP, async ({ say, events, errors }) => {
      const more = [["2024-02-31T00:00:00Z"], ["2024-01-01T25:00:00Z"], ["2024-01-01T00:00:00.Z"], ["2024-01-01T00:00:00+1"], [17]];
      for (const one of [...v.timestamps, ...more.map(([text]) => ({ in: text, invalid: true }))]) {
        await say("iot-2/type/t/id/i/evt/e/fmt/json", JSON.stringify({ d: 1, ts: one.in }));
        if (one.invalid) expect(errors.pop()).toMatchObject({ code: "protocol" });
        else expect(events.pop().timestamp.getTime()).toBe(one.ms);
      }
      // A board whose clock was never set.
      await say("iot-2/type/t/id/i/evt/e/fmt/json", '{"d":1,"ts":"1970-01-01T00:00:00.250Z"}');
      expect(events.pop().timestamp.getTime()).toBe(250);
      expect(errors).toEqual([]);
    });
  });

  it("nothing but the documented topics", async () => {
    await scripted(ApplicationClient, APP, async ({ say, events, errors }) => {
      const odd = [
        "iot-2/type/a/b/id/c/evt/d/fmt/e",
        "iot-3/app/x/mon",
        "iot-2/type/a/id/b/evt/state",
        "iot-2/app/x/mon,deviceState @intf/y/evt/state",
        "iot-2",
      ];
      for (const topic of [...odd, "iot-2/evt/x/fmt", "iot-2/constructor/x", "x"]) await say(topic, "{}");
      expect([events, errors]).toEqual([[], []]);
    });
  });
});

/** The calls of the vectors, in our words. */
const CALLS: any = {
  "subscribeToDeviceEvents()": (c: any) => c.subscribeToDeviceEvents(),
  "subscribeToDeviceEvents(deviceType=therm)": (c: any) => c.subscribeToDeviceEvents({ deviceType: "therm" }),
  "subscribeToDeviceEvents(event=alarm)": (c: any) => c.subscribeToDeviceEvents({ event: "alarm" }),
  "subscribeToDeviceEvents(therm,t-001,alarm)": (c: any) => c.subscribeToDeviceEvents("therm", "t-001", "alarm"),
  "subscribeToDeviceStatus()": (c: any) => c.subscribeToDeviceStatus(),
  "subscribeToDeviceStatus(therm)": (c: any) => c.subscribeToDeviceStatus("therm"),
  "subscribeToDeviceStatus(therm,t-001)": (c: any) => c.subscribeToDeviceStatus("therm", "t-001"),
  "subscribeToDeviceCommands()": (c: any) => c.subscribeToDeviceCommands(),
  publishEvent: (c: any) => c.publishEvent("therm", "t-001", "status", { name: "foo", cpu: 60, mem: 50 }),
  publishCommand: (c: any) => c.publishCommand("therm", "t-001", "reboot", { rebootDelay: 50 }),
  "publishCommand no data": (c: any) => c.publishCommand("therm", "t-001", "reboot"),
  "quickstart subscribeToDeviceEvents()": (c: any) => c.subscribeToDeviceEvents(),
  "quickstart subscribeToDeviceEvents(deviceId=abc)": (c: any) => c.subscribeToDeviceEvents({ deviceId: "abc" }),
  "quickstart subscribeToDeviceStatus()": (c: any) => c.subscribeToDeviceStatus(),
  "quickstart publishCommand": (c: any) => c.publishCommand("a", "b", "c", {}),
  "quickstart publishEvent": (c: any) => c.publishEvent("a", "b", "c", {}),
};

describe("calls", () => {
  for (const quick of [false, true])
    it(quick ? "at quickstart" : "as the seed's", async () => {
      await scripted(ApplicationClient, quick ? { org: "quickstart", id: "myApp" } : APP, async ({ client, heard, errors }) => {
        for (const one of v.session_measured) {
          if (!CALLS[one.call] || /^quickstart/.test(one.call) !== quick) continue;
          heard.length = 0;
          expect([one.call, CALLS[one.call](client)]).toEqual([one.call, one.returned.ok]);
          if (!one.returned.ok) expect(errors.pop()).toMatchObject({ code: "refused" });
          const wanted = one.mqtt[0];
          if (!wanted) continue;
          const p = await until(() => heard[0]);
          expect([p.cmd, p.topic || p.subscriptions[0].topic, p.subscriptions ? p.subscriptions[0].qos : p.qos]).toEqual([
            wanted[0],
            wanted[1],
            wanted[0] === "subscribe" ? wanted[2] : wanted[3],
          ]);
          if (p.payload) {
            const body = JSON.parse(p.payload.toString());
            expect(body.d).toEqual(JSON.parse(wanted[2]).d);
            // The seed's local time without a zone is a quirk: ours is UTC and says so.
            expect(new Date(body.ts).toISOString()).toBe(body.ts);
          }
        }
      });
    });

  it("of a device", async () => {
    await scripted(DeviceClient, DEVICE, async ({ client, heard, say, events }) => {
      const [, { mqtt }, { command }] = v.device_session_measured;
      const commands: any[] = [];
      client.commandCallback = (m: any) => commands.push([m.command, m.format, m.data]);
      await until(() => heard.length === 2);
      // The seed hears JSON only, at QoS 0.
      expect(heard[1].subscriptions).toEqual([{ topic: "iot-2/cmd/+/fmt/+", qos: 1 }]);
      expect(client.publishEvent("status", { t: 1 })).toBe(true);
      await until(() => heard.length === 3);
      expect([heard[2].topic, JSON.parse(heard[2].payload).d, heard[2].qos]).toEqual([mqtt[0][1], JSON.parse(mqtt[0][2]).d, 0]);
      await say("iot-2/cmd/reboot/fmt/json", '{"d":{"rebootDelay":50}}');
      expect(commands).toEqual(command);
      expect(events).toHaveLength(1);
    });
  });
});

it("topic filters of the handlers", async () => {
  await scripted(ApplicationClient, APP, async ({ client, say }) => {
    for (const [filter, topic, fits] of v.topic_filter_match) {
      let heard = false;
      await new Promise<void>((done) => client.subscribe(filter, { handler: () => (heard = true) }, () => done()));
      await say(topic, "{}");
      expect([filter, topic, heard]).toEqual([filter, topic, fits]);
      await new Promise<void>((done) => client.unsubscribe(filter, () => done()));
    }
  });
});
