/** aedes as the broker and MQTT.js as the other client, over real sockets: the source, and dist/node/mqtt.js. */
import { fork, type ChildProcess } from "node:child_process";
import * as path from "node:path";
import * as mqttjs from "mqtt";
import { connect, type Client, type Options } from "thincloud/mqtt";
import { pause, until } from "../../rig/until";

let child: ChildProcess;
let url: string;
const open: { end(force: boolean): unknown }[] = [];

const told = () => new Promise<any>((done) => child.once("message", done));
const tell = (what: string) => {
  child.send(what);
  return told();
};

beforeAll(async () => {
  const options = { users: { device: "s3cret", other: "x" }, refuse: ["forbidden"] };
  child = fork(path.resolve(__dirname, "../../rig/aedes-process.js"), [JSON.stringify(options)], { execArgv: [] });
  url = (await told()).url;
});

afterEach(() => open.splice(0).forEach((one) => one.end(true)));
afterAll(() => new Promise((done) => (child.once("exit", done), child.disconnect())));

function ours(more: Options = {}): { client: Client; events: string[]; got: string[] } {
  const client = connect(url, { username: "device", password: "s3cret", reconnectPeriod: 20, maxReconnectPeriod: 100, ...more });
  const events: string[] = [];
  const got: string[] = [];
  for (const name of ["connect", "close", "offline", "reconnect", "end"]) client.on(name, () => events.push(name));
  client.on("error", (e: any) => events.push("error " + e.code));
  client.on("message", (topic: string, payload: string, packet: any) =>
    got.push(`${topic} ${Buffer.from(payload, "latin1")} ${packet.qos}${packet.retain ? "r" : ""}`),
  );
  open.push(client);
  return { client, events, got };
}

async function theirs(more: mqttjs.IClientOptions = {}): Promise<{ client: mqttjs.MqttClient; got: string[] }> {
  const client = await mqttjs.connectAsync(url, { protocolVersion: 4, username: "other", password: "x", ...more });
  const got: string[] = [];
  client.on("message", (topic, payload, packet) => got.push(`${topic} ${payload} ${packet.qos}${packet.retain ? "r" : ""}`));
  open.push(client);
  return { client, got };
}

test("QoS 0, 1 and 2 both ways, text of all planes", async () => {
  const other = await theirs();
  await other.client.subscribeAsync("up/#", { qos: 2 });
  const { client, got } = ours({ queueLimit: 100000 });
  const granted: any[] = [];
  client.subscribe("down/#", { qos: 2 }, (_e, list) => granted.push(list));
  await until(() => granted.length > 0);
  expect(granted).toEqual([[{ topic: "down/#", qos: 2 }]]);
  for (const qos of [0, 1, 2] as const)
    for (const text of ["", "plain", "é€😀", "x".repeat(20000)]) {
      await new Promise((done) => client.publish("up/é", text, { qos }, done));
      await until(() => other.got.length > 0);
      expect(other.got.splice(0)).toEqual([`up/é ${text} ${qos}`]);
      await other.client.publishAsync("down/é", text, { qos });
      await until(() => got.length > 0);
      expect(got.splice(0)).toEqual([`down/é ${text} ${qos}`]);
    }
});

test("retained messages, and a will", async () => {
  const other = await theirs();
  await other.client.subscribeAsync("will/#", { qos: 1 });
  const { client } = ours({ will: { topic: "will/é", payload: "gone €", qos: 1, retain: true } });
  await new Promise((done) => client.publish("state", "on", { qos: 1, retain: true }, done));
  const second = ours();
  second.client.subscribe("state");
  await until(() => second.got.length > 0);
  expect(second.got).toEqual(["state on 0r"]);
  await tell("drop");
  await until(() => other.got.length > 0);
  expect(other.got[0]).toMatch(/^will\/é gone € 1/);
});

test("a wrong password and a forbidden filter", async () => {
  const wrong = ours({ password: "wrong" });
  await until(() => wrong.events.length > 1);
  expect(wrong.events[0]).toBe("error auth");
  const { client } = ours();
  let refused: any;
  client.subscribe("forbidden/x", (e) => (refused = e));
  await until(() => refused);
  expect(refused.code).toBe("refused");
});

test("links cut while 300 messages of QoS 1 and 2 go each way: none lost, ours at QoS 2 taken once", async () => {
  const other = await theirs();
  const { client, got, events } = ours({ clientId: "device-1", clean: false, queueLimit: 100000 });
  let settled = 0;
  client.subscribe("down/#", { qos: 2 }, () => settled++);
  await until(() => settled === 1);
  for (let i = 0; i < 300; i++) {
    client.publish("up/" + i, "", { qos: i % 2 ? 1 : 2 }, (e) => !e && settled++);
    other.client.publish("down/" + i, "", { qos: i % 2 ? 1 : 2 });
    if (i % 100 === 50) {
      await pause(5);
      await tell("cut device-1");
    }
  }
  await until(() => settled === 301 && client.connected);
  await until(() => new Set(got).size === 300);
  // What the broker took from us; what it passes on over cut links to another client is its own affair.
  const taken: string[] = (await tell("nothing")).taken.filter((one: string) => one.startsWith("device-1 up/"));
  expect(new Set(taken).size).toBe(300);
  for (let i = 0; i < 300; i += 2) expect(taken.filter((one) => one === "device-1 up/" + i)).toEqual(["device-1 up/" + i]);
  // Whether QoS 2 comes here once is for test/fault/link-cut: aedes publishes again what it has released before a cut.
  expect(events.filter((e) => e === "connect").length).toBeGreaterThan(1);
  expect(client.status()).toMatchObject({ queued: 0, bytes: 0 });
});

test("a broker that restarts and forgets: subscriptions are back", async () => {
  const { client, got, events } = ours({ clientId: "device-2" });
  client.subscribe("a/+", { qos: 1 });
  await until(() => events.includes("connect"));
  await tell("restart");
  await until(() => events.filter((e) => e === "connect").length > 1);
  const other = await theirs();
  await new Promise((done) => client.publish("sync", "", { qos: 1 }, done));
  await other.client.publishAsync("a/b", "hello", { qos: 1 });
  await until(() => got.length > 0);
  expect(got).toEqual(["a/b hello 1"]);
});

test("two clients with one id: both learn of it", async () => {
  const first = ours({ clientId: "twin" });
  const second = ours({ clientId: "twin" });
  await until(() => first.events.concat(second.events).includes("error conflict"));
});

test("end leaves nothing behind", async () => {
  const { client, events } = ours();
  await until(() => client.connected);
  let delivered = 0;
  for (let i = 0; i < 50; i++) client.publish("t", "x", { qos: 1 }, (e) => !e && delivered++);
  await new Promise<void>((done) => client.end(() => done()));
  expect(delivered).toBe(50);
  expect(events).toEqual(["connect", "close", "end"]);
});
