/* The local Azure refuses what the services refuse; the interop suite shows that it accepts what the vendor's SDKs send. */
import { generate, parser } from "mqtt-packet";
import { createCloud } from "../../clouds/azure";
import * as sas from "../../clouds/azure/sas";

const GROUP = Buffer.from("a group key of 30 characters..").toString("base64");
const KEY = Buffer.from("device-1 key").toString("base64");
const ID = "device-1";
const HOST = "hub.sim.test";

let time: number, cloud: any;

beforeEach(() => {
  time = Date.UTC(2026, 0, 1);
  cloud = createCloud({
    now: () => time,
    dps: { groups: { all: { key: GROUP } } },
    hub: { names: [HOST], devices: { [ID]: { key: KEY }, other: { key: KEY } } },
  });
});

const pass = (ms: number) => {
  time += ms;
  cloud.run();
};
const inAnHour = () => Math.floor(time / 1000) + 3600;
const token = (over = {}) => sas.sign({ key: KEY, sr: `${HOST}%2Fdevices%2F${ID}`, se: inAnHour(), ...over });

/** A client that says whatever it is told to. */
function open(from = {}) {
  const heard: any[] = [];
  const read = parser({ protocolVersion: 4 });
  const client: any = {
    heard,
    over: false,
    write: (bytes: string) => read.parse(Buffer.from(bytes, "latin1")),
    end: () => (client.over = true),
  };
  client.reset = client.end;
  read.on("packet", (packet: any) => heard.push(packet));
  cloud.peer(client, from);
  client.say = (packet: any) => {
    client.onData(generate(packet).toString("latin1"));
    return heard[heard.length - 1];
  };
  client.last = () => heard[heard.length - 1];
  client.connect = (username: string, password?: string, more = {}) =>
    client.say({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clean: false,
      keepalive: 60,
      clientId: ID,
      username,
      password,
      ...more,
    });
  client.subscribe = (topic: string, qos = 0) => client.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos }] });
  client.publish = (topic: string, payload = "", qos = 0, more = {}) =>
    client.say({ cmd: "publish", topic, payload, qos, messageId: 7, ...more });
  return client;
}

const user = (id = ID) => `${HOST}/${id}/?api-version=2021-04-12`;
function device(more = {}) {
  const client = open();
  client.connect(user(), token(), more);
  expect(client.heard[0]).toMatchObject({ cmd: "connack", returnCode: 0 });
  return client;
}
const why = () => (cloud.closed.length ? cloud.closed[cloud.closed.length - 1].reason : undefined);

function dps(id = ID, password?: string, more = {}) {
  const client = open({ service: "dps" });
  const key = sas.deriveKey(GROUP, id);
  const good = sas.sign({ key, sr: `0ne00SIM001%2Fregistrations%2F${id}`, se: inAnHour(), skn: "registration" });
  client.connect(`0ne00SIM001/registrations/${id}/api-version=2019-03-31`, password || good, { clientId: id, clean: true, ...more });
  return client;
}

describe("who may connect to the hub", () => {
  it.each([
    ["a wrong signature", () => token({ key: GROUP }), "wrong signature"],
    ["an expired token", () => token({ se: time / 1000 }), "expired token"],
    ["a token for another device", () => token({ sr: `${HOST}%2Fdevices%2Fother` }), "token for another resource"],
    ["a key name that is none", () => token({ skn: "registration" }), "wrong signature"],
    ["two blanks", () => token().replace(" ", "  "), "malformed token"],
    ["no token", () => undefined, "no token"],
    ["a plus instead of %2B", () => token().replace(/sig=[^&]*/, `sig=${"+".repeat(43)}%3D`), "malformed signature"],
    ["a text that is signed otherwise than sent", () => token().replace(/%2F/g, "/").replace("sig=", "sig="), "wrong signature"],
    [
      "an expiry that was changed",
      () => token().replace(/se=(\d+)/, (_m: string, se: string) => `se=${Number(se) + 1}`),
      "wrong signature",
    ],
  ])("refuses %s with 5", (_name, password, reason) => {
    const client = open();
    expect(client.connect(user(), password())).toEqual(expect.objectContaining({ cmd: "connack", returnCode: 5 }));
    expect(client.over).toBe(true);
    expect(why()).toBe(reason);
  });

  it("takes sr unencoded, in lower-case hex, fields in any order, and the second key", () => {
    for (const sr of [`${HOST}/devices/${ID}`, `${HOST}%2fdevices%2f${ID}`]) {
      const [head, ...fields] = token({ sr }).split(/ |&/);
      expect(open().connect(user(), `${head} ${fields.reverse().join("&")}`).returnCode).toBe(0);
    }
    cloud.hub.create(ID, { key: GROUP, secondaryKey: KEY });
    expect(open().connect(user(), token()).returnCode).toBe(0);
  });

  it("refuses names that do not fit, unknown and disabled devices", () => {
    const code = (username: string, more = {}) => open().connect(username, token(), more).returnCode;
    expect(code(`elsewhere/${ID}/?api-version=2021-04-12`)).toBe(5);
    expect(code(user("other"))).toBe(5);
    expect(code(user("nobody"), { clientId: "nobody" })).toBe(5);
    expect(code(`${HOST}/${ID}`)).toBe(4);
    expect(code(`${HOST}/${ID}/?api-version=2019-03-30&model-id=dtmi:a:B;1`)).toBe(4);
    const client = device();
    cloud.hub.disable(ID);
    expect(client.over).toBe(true);
    expect(code(user())).toBe(5);
  });

  it("takes an X.509 device by its certificate only", () => {
    cloud.hub.create(ID, { x509: true });
    expect(open({ commonName: ID }).connect(user()).returnCode).toBe(0);
    expect(open({ commonName: "other" }).connect(user()).returnCode).toBe(5);
    expect(open().connect(user(), token()).returnCode).toBe(5);
  });

  it("takes a module by its own token and topics", () => {
    cloud.hub.create(`${ID}/m`, { key: KEY });
    const client = open();
    const password = token({ sr: `${HOST}%2Fdevices%2F${ID}%2Fmodules%2Fm` });
    expect(open().connect(user(`${ID}/m`), token(), { clientId: `${ID}/m` }).returnCode).toBe(5);
    expect(client.connect(user(`${ID}/m`), password, { clientId: `${ID}/m` }).returnCode).toBe(0);
    client.publish(`devices/${ID}/modules/m/messages/events/$.on=out`, "1", 1);
    expect(cloud.hub.telemetry).toMatchObject([{ id: `${ID}/m`, system: { outputName: "out" } }]);
    client.publish(`devices/${ID}/messages/events/`, "1", 1);
    expect(client.over).toBe(true);
  });

  it("answers CONNECT as scripted", () => {
    cloud.hub.script("connect", [3, "silent"]);
    expect(open().connect(user(), token()).returnCode).toBe(3);
    expect(open().connect(user(), token())).toBeUndefined();
    expect(open().connect(user(), token()).returnCode).toBe(0);
  });
});

describe("a connection to the hub", () => {
  it("is the only one of its device", () => {
    const first = device();
    const second = device();
    expect([first.over, second.over]).toEqual([true, false]);
    expect(why()).toMatch(/400027/);
    expect(cloud.hub.connected(ID)).toBe(true);
  });

  it("ends with its token, and with silence", () => {
    const client = device({ keepalive: 0 });
    pass(1700000);
    client.say({ cmd: "pingreq" });
    pass(1700000);
    client.say({ cmd: "pingreq" });
    pass(199999);
    expect(client.over).toBe(false);
    pass(1);
    expect([client.over, why()]).toEqual([true, "token expired"]);
    const silent = device({ keepalive: 60 });
    pass(90000);
    expect([silent.over, why()]).toEqual([true, "keep-alive"]);
  });

  it.each([
    ["an undocumented topic", (c: any) => c.publish("devices/device-1/messages/other/", "{}")],
    ["the events of another device", (c: any) => c.publish("devices/other/messages/events/", "{}")],
    ["an undocumented twin topic", (c: any) => c.publish("$iothub/twin/PATCH/properties/desired/?$rid=1", "{}")],
    ["an undocumented filter", (c: any) => c.subscribe("$iothub/#")],
    ["the mail of another device", (c: any) => c.subscribe("devices/other/messages/devicebound/#")],
    ["QoS 2", (c: any) => c.publish("devices/device-1/messages/events/", "{}", 2)],
    ["an undocumented system property", (c: any) => c.publish("devices/device-1/messages/events/$.what=1", "{}")],
    ["a bag that does not decode", (c: any) => c.publish("devices/device-1/messages/events/a=%zz", "{}")],
    ["a message of more than 256 KB", (c: any) => c.publish("devices/device-1/messages/events/", "x".repeat(262145))],
    ["a message whose properties make it too large", (c: any) => c.publish("devices/device-1/messages/events/k=v", "x".repeat(262143))],
    ["a packet that no limit allows", (c: any) => c.onData("\x30\xff\xff\xff\x7f" + "x".repeat(400000))],
    ["a malformed packet", (c: any) => c.onData("\x00\x00")],
    ["a second CONNECT", (c: any) => c.connect(user(), token())],
    ["a method answer that is not JSON", (c: any) => c.publish("$iothub/methods/res/200/?$rid=1", "{")],
  ])("is closed by %s", (_name, act) => {
    const client = device();
    act(client);
    expect(client.over).toBe(true);
    expect(cloud.hub.telemetry).toEqual([]);
  });

  it("closes what does not begin with CONNECT, or with nothing", () => {
    const client = open();
    client.say({ cmd: "pingreq" });
    expect([client.over, why()]).toEqual([true, "pingreq before CONNECT"]);
    const silent = open();
    pass(30000);
    expect([silent.over, why()]).toEqual([true, "no CONNECT"]);
  });

  it("grants QoS 1 where 2 is asked for, and remembers subscriptions as told", () => {
    const client = device();
    expect(client.subscribe("devices/device-1/messages/devicebound/#", 2)).toMatchObject({ cmd: "suback", granted: [1] });
    client.subscribe("$iothub/methods/POST/#");
    expect(open().connect(user(), token()).sessionPresent).toBe(true);
    expect(cloud.hub.device(ID).subscriptions.size).toBe(2);
    cloud.hub.sessions = "c2d";
    expect(open().connect(user(), token()).sessionPresent).toBe(true);
    expect([...cloud.hub.device(ID).subscriptions.keys()]).toEqual(["devices/device-1/messages/devicebound/#"]);
    cloud.hub.sessions = "none";
    expect(open().connect(user(), token()).sessionPresent).toBe(false);
  });

  it("records telemetry with its properties, and the will as one", () => {
    const client = device({ will: { topic: "devices/device-1/messages/events/a=b", payload: Buffer.from("gone"), qos: 1, retain: false } });
    client.publish("devices/device-1/messages/events/%24.mid=m%201&$.ct=application%2Fjson&x=%C3%A4&empty=&bare", '{"t":1}', 1);
    expect(client.last()).toMatchObject({ cmd: "puback", messageId: 7 });
    cloud.hub.script("telemetry", ["silent", "drop"]);
    client.publish("devices/device-1/messages/events/", "2", 1);
    expect(client.heard.filter((p: any) => p.cmd === "puback")).toHaveLength(1);
    client.publish("devices/device-1/messages/events/", "3", 1);
    expect(client.over).toBe(true);
    expect(cloud.hub.telemetry).toMatchObject([
      { text: '{"t":1}', system: { messageId: "m 1", contentType: "application/json" }, properties: { x: "ä", empty: "", bare: null } },
      { text: "2", unacknowledged: true },
      { text: "gone", properties: { a: "b", "iothub-MessageType": "Will" } },
    ]);
  });
});

describe("the twin", () => {
  const reported = (client: any, payload: unknown, rid = "r1") => {
    client.publish(`$iothub/twin/PATCH/properties/reported/?$rid=${rid}`, typeof payload === "string" ? payload : JSON.stringify(payload));
    return client.last().topic;
  };
  const twinned = () => {
    const client = device();
    client.subscribe("$iothub/twin/res/#");
    return client;
  };

  it("is answered only to who listens", () => {
    const client = device();
    client.publish("$iothub/twin/GET/?$rid=1");
    expect(client.last().cmd).toBe("connack");
    client.subscribe("$iothub/twin/res/#");
    client.publish("$iothub/twin/GET/?$rid=1");
    expect(client.last().topic).toBe("$iothub/twin/res/200/?$rid=1");
    expect(JSON.parse(client.last().payload)).toEqual({ desired: { $version: 1 }, reported: { $version: 1 } });
  });

  it("merges, deletes with null and counts versions", () => {
    const client = twinned();
    expect(reported(client, { a: { b: 1, c: [1] }, d: 0 })).toBe("$iothub/twin/res/204/?$rid=r1&$version=2");
    expect(reported(client, { a: { b: null, c: [] }, d: false })).toBe("$iothub/twin/res/204/?$rid=r1&$version=3");
    expect(cloud.hub.twin(ID).reported).toEqual({ a: { c: [] }, d: false, $version: 3 });
  });

  const deep = (n: number): unknown => (n ? { k: deep(n - 1) } : 1);
  it.each([
    [400, "{"],
    [400, "[]"],
    [400, '"text"'],
    [400, "\xff"],
    [400, { "a.b": 1 }],
    [400, { $version: 1 }],
    [400, { "a b": 1 }],
    [400, { ["k".repeat(1025)]: 1 }],
    [400, { a: "x".repeat(4097) }],
    [400, { a: 4503599627370496 }],
    [204, { a: -4503599627370495, b: 1.5, c: "x".repeat(4096) }],
    [204, deep(10)],
    [400, deep(11)],
    [413, Object.fromEntries([..."abcdefghi"].map((key) => [key, "x".repeat(4000)]))],
  ])("answers %i to what it may hold or not (%#)", (status, payload) => {
    expect(reported(twinned(), payload)).toMatch(new RegExp(`^\\$iothub/twin/res/${status}/\\?\\$rid=r1`));
    if (status !== 204) expect(cloud.hub.twin(ID).reported).toEqual({ $version: 1 });
  });

  it("pushes desired changes to who listens, and answers as scripted", () => {
    const client = twinned();
    cloud.hub.twin(ID).patch({ missed: 1 });
    expect(client.last().cmd).toBe("suback");
    client.subscribe("$iothub/twin/PATCH/properties/desired/#");
    cloud.hub.twin(ID).replace({ interval: 30 });
    expect(client.last()).toMatchObject({ topic: "$iothub/twin/PATCH/properties/desired/?$version=3", qos: 0 });
    expect(JSON.parse(client.last().payload)).toEqual({ interval: 30, missed: null, $version: 3 });
    cloud.hub.script("reported", [429, { status: 503, body: { errorCode: 503001 } }, "silent", { status: 204, delay: 1000 }]);
    expect(reported(client, {})).toBe("$iothub/twin/res/429/?$rid=r1");
    expect(reported(client, {}, "r2")).toBe("$iothub/twin/res/503/?$rid=r2");
    expect(reported(client, {}, "r3")).toBe("$iothub/twin/res/503/?$rid=r2");
    reported(client, {}, "r4");
    pass(1000);
    expect(client.last().topic).toBe("$iothub/twin/res/204/?$rid=r4");
  });
});

describe("methods and messages to the device", () => {
  it("brings a method there and its answer back", async () => {
    const client = device();
    await expect(cloud.hub.invoke(ID, "reboot", {})).resolves.toMatchObject({ status: 404 });
    client.subscribe("$iothub/methods/POST/#");
    const answer = cloud.hub.invoke(ID, "c*reboot now", { delay: 5 }, { rid: "a-2" });
    expect(client.last()).toMatchObject({ topic: "$iothub/methods/POST/c*reboot%20now/?$rid=a-2", qos: 0 });
    client.publish("$iothub/methods/res/202/?$rid=a-2", '{"ok":1}');
    await expect(answer).resolves.toEqual({ status: 202, payload: { ok: 1 } });
    const late = cloud.hub.invoke(ID, "slow", null, { rid: "x" });
    pass(30000);
    await expect(late).resolves.toMatchObject({ status: 504 });
    client.publish("$iothub/methods/res/200/?$rid=x");
    expect(cloud.hub.stray).toEqual([{ id: ID, rid: "x", status: 200, payload: undefined }]);
  });

  it("keeps a message until it is acknowledged", () => {
    const message = cloud.hub.send(ID, "@", { messageId: "m 1", properties: { "method-name": "go", empty: "", bare: null } });
    const client = device();
    client.subscribe("devices/device-1/messages/devicebound/#", 1);
    const topic =
      "devices/device-1/messages/devicebound/%24.mid=m%201&%24.to=%2Fdevices%2Fdevice-1%2Fmessages%2FdeviceBound&method-name=go&empty=&bare";
    expect(client.last()).toMatchObject({ topic, qos: 1, dup: false });
    cloud.hub.drop(ID);
    const again = device();
    expect(again.last()).toMatchObject({ cmd: "publish", topic, dup: true });
    pass(60000);
    expect(again.heard.filter((p: any) => p.cmd === "publish")).toHaveLength(2);
    again.say({ cmd: "puback", messageId: again.last().messageId });
    expect(message.outcome).toBe("completed");
  });

  it("gives what a connection that is taken over has not acknowledged to the one that takes it, at once", () => {
    const first = device();
    first.subscribe("devices/+/messages/devicebound/#", 1);
    const message = cloud.hub.send(ID, "1");
    const second = device();
    expect([first.over, why()]).toEqual([true, "another connection of this device (400027)"]);
    expect(second.last()).toMatchObject({ cmd: "publish", dup: true });
    second.say({ cmd: "puback", messageId: second.last().messageId });
    expect(message.outcome).toBe("completed");
  });

  it("lets messages expire, refuses the 51st, and forgets all at a clean session", () => {
    const short = cloud.hub.send(ID, "1", { ttl: 10 });
    pass(11);
    const client = device();
    client.subscribe("devices/+/messages/devicebound/#", 1);
    expect(short.outcome).toBe("expired");
    cloud.hub.drop(ID);
    for (let i = 0; i < 50; i++) cloud.hub.send(ID, "2");
    expect(() => cloud.hub.send(ID, "2")).toThrow("full");
    const clean = device({ clean: true });
    expect(clean.last()).toMatchObject({ cmd: "connack", sessionPresent: false });
    expect(cloud.hub.device(ID).mail.queue).toEqual([]);
  });
});

describe("provisioning", () => {
  const PUT = "$dps/registrations/PUT/iotdps-register/?$rid=";
  const GET = "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=";
  const ready = (id = ID) => {
    const client = dps(id);
    client.subscribe("$dps/registrations/res/#", 1);
    return client;
  };
  const ask = (client: any, topic: string, body: unknown = { registrationId: ID }) => {
    client.publish(topic, typeof body === "string" ? body : JSON.stringify(body), 1);
    const { topic: answer, payload } = client.last();
    return [answer.replace("$dps/registrations/res/", ""), JSON.parse(payload)];
  };

  it("assigns after a poll, and the hub then knows the device", () => {
    const client = ready("sim-1");
    const [first, { operationId }] = ask(client, `${PUT}1`, { registrationId: "sim-1", payload: { modelId: "dtmi:a:B;1" } });
    expect(first).toBe("202/?$rid=1&retry-after=1");
    const [second, body] = ask(client, `${GET}2&operationId=${operationId}`, "");
    expect(second).toBe("200/?$rid=2");
    expect(body).toMatchObject({ status: "assigned", registrationState: { assignedHub: HOST, deviceId: "sim-1" } });
    expect(cloud.dps.registrations).toMatchObject([{ id: "sim-1", payload: { modelId: "dtmi:a:B;1" }, group: "all", by: "mqtt" }]);
    const password = sas.sign({ key: sas.deriveKey(GROUP, "sim-1"), sr: `${HOST}%2Fdevices%2Fsim-1`, se: inAnHour() });
    expect(open().connect(user("sim-1"), password, { clientId: "sim-1" }).returnCode).toBe(0);
  });

  it("refuses who is not enrolled", () => {
    const key = sas.deriveKey(GROUP, ID);
    const bad = (over: object) =>
      dps(ID, sas.sign({ key, sr: `0ne00SIM001/registrations/${ID}`, se: inAnHour(), skn: "registration", ...over }));
    for (const [client, reason] of [
      [bad({ key: KEY }), "wrong signature"],
      [bad({ se: 1 }), "expired token"],
      [bad({ skn: undefined }), "wrong skn"],
      [bad({ sr: "0ne00SIM001/registrations/Device-1" }), "token for another resource"],
    ]) {
      expect([client.last().returnCode, client.over]).toEqual([5, true]);
      expect(cloud.closed.shift().reason).toBe(reason);
    }
    expect(dps("dev/1").last().returnCode).not.toBe(0);
    expect(dps(`${"x".repeat(128)}y`).last().returnCode).toBe(5);
  });

  it.each([
    ["an undocumented topic", (c: any) => c.publish("$dps/registrations/POST/x/?$rid=1", "{}")],
    ["a poll without operation", (c: any) => c.publish(`${GET}1`, "")],
    ["no request id", (c: any) => c.publish("$dps/registrations/PUT/iotdps-register/?x=1", "{}")],
    ["another filter", (c: any) => c.subscribe("$dps/#")],
    ["QoS 2", (c: any) => c.publish(`${PUT}1`, "{}", 2)],
  ])("is closed by %s", (_name, act) => {
    const client = ready();
    act(client);
    expect(client.over).toBe(true);
  });

  it("answers every row of the tables as scripted", () => {
    const client = ready();
    const put = () => ask(client, `${PUT}1`);
    cloud.dps.script([{ status: 429, retryAfter: 3 }, 503, 401, 404, 400]);
    expect(put()[0]).toBe("429/?$rid=1&retry-after=3");
    for (const status of [503, 401, 404, 400]) expect(put()[0]).toBe(`${status}/?$rid=1`);
    expect(client.over).toBe(false);
    cloud.dps.script(["disabled", "unassigned", { state: "failed", errorCode: 400208, message: "no hub" }]);
    expect(put()[1]).toMatchObject({ status: "disabled", registrationState: { status: "disabled" } });
    expect(put()[1]).toMatchObject({ status: "unassigned" });
    expect(put()[1]).toMatchObject({ status: "failed", registrationState: { errorCode: 400208, errorMessage: "no hub" } });
    cloud.dps.script({ state: "assigned", deviceId: "another", payload: { hello: 1 } });
    expect(put()[1].registrationState).toMatchObject({ deviceId: "another", payload: { hello: 1 } });
    cloud.dps.script([{ status: 200, body: "<html>" }, { stray: true, state: "assigning" }, { silent: true }, { drop: true }]);
    client.publish(`${PUT}1`, '{"registrationId":"device-1"}');
    expect(client.last().payload.toString()).toBe("<html>");
    expect(put()[0]).toBe("202/?$rid=1");
    const before = client.heard.length;
    client.publish(`${PUT}1`, '{"registrationId":"device-1"}');
    expect(client.heard).toHaveLength(before);
    client.publish(`${PUT}1`, '{"registrationId":"device-1"}');
    expect(client.over).toBe(true);
    cloud.dps.script({ connack: 3 });
    expect(dps().last().returnCode).toBe(3);
    expect(dps().last().returnCode).toBe(0);
  });

  it("refuses bad bodies and foreign operations, and waits for approval", () => {
    const client = ready();
    expect(ask(client, `${PUT}1`, "{")[0]).toBe("400/?$rid=1");
    expect(ask(client, `${PUT}1`, { registrationId: "other" })[0]).toBe("400/?$rid=1");
    expect(ask(client, `${GET}1&operationId=5.a.b`, "")[0]).toBe("404/?$rid=1");
    cloud.dps.individuals.slow = { key: KEY, pending: true };
    const password = sas.sign({ key: KEY, sr: "0ne00SIM001/registrations/slow", se: inAnHour(), skn: "registration" });
    const slow = dps("slow", password);
    slow.subscribe("$dps/registrations/res/#", 1);
    const { operationId } = ask(slow, `${PUT}1`, { registrationId: "slow" })[1];
    for (let i = 0; i < 3; i++) expect(ask(slow, `${GET}1&operationId=${operationId}`, "")[1].status).toBe("assigning");
    cloud.dps.approve("slow");
    expect(ask(slow, `${GET}1&operationId=${operationId}`, "")[1].status).toBe("assigned");
  });
});
