import { scene, thrown } from "../../rig/scene";

// Runs on "thincloud/mqtt".

const WRONG: [string, unknown[]][] = [
  ["protocol", [1, "http", "MQTT", null]],
  ["host", [1, null, true]],
  ["port", ["1883", -1, 65536, 1.5, NaN, Infinity, null]],
  ["clientId", [1, null, {}]],
  ["username", [1, null]],
  ["password", [987654321, null]],
  ["keepalive", ["60", -1, 65536, 0.5, NaN]],
  ["clean", [1, "true", null]],
  ["will", ["topic", 1, null]],
  ["connectTimeout", ["1", -1, 2147483648]],
  ["reconnectPeriod", ["1", -1, 2147483648]],
  ["maxReconnectPeriod", ["1", -1, 2147483648]],
  ["queueLimit", ["1", -1, 1.5]],
  ["maxPacketSize", ["1", -1, 1.5]],
  ["maxInflight", ["1", -1, 1.5]],
  ["store", ["name", 1, null]],
  ["ca", [1]],
  ["cert", [1]],
  ["key", [123454321]],
  ["servername", [1]],
  ["keepAlive", [60]],
  ["client_id", ["x"]],
  ["rejectUnauthorized", [false, true]],
  ["constructor", ["x"]],
  ["host n", ["x"]],
];

const connect = (options: object) => {
  const { world } = scene();
  return thrown(() => world.mqtt.connect({ clientId: "x", ...options }));
};

test.each(WRONG.flatMap(([name, values]) => values.map((value) => [name, value] as const)))("option %s cannot be %p", (name, value) => {
  const { world } = scene();
  const e = thrown(() => world.mqtt.connect({ clientId: "x", [name]: value }));
  expect(e).toMatchObject({ code: "config" });
  expect(e.message).toContain(name);
  expect(world.timers()).toBe(1);
  expect(world.wires.length).toBe(1);
});

test.each([
  [{ host: 5 }, "option host is no text"],
  [{ clean: "true" }, "option clean is no boolean"],
  [{ will: "gone" }, "option will is no object"],
  [{ port: "1883" }, "option port is no whole number from 0 to 65535"],
  [{ reconnectPeriod: -1 }, "option reconnectPeriod is no whole number from 0 to 2147483647"],
  [{ will: { topic: "a", payload: "x", qos: 3 } }, "option qos is no whole number from 0 to 2"],
  [{ will: { payload: "x" } }, "will.topic: text or bytes, up to 65535"],
  [{ will: { topic: "a/#", payload: "x" } }, "option will.topic: not empty, no wildcard"],
  [{ retain: true }, "option retain is unknown"],
])("%j: the error names the option and what is expected", (options, message) => {
  expect(connect(options)).toMatchObject({ code: "config", message });
});

test("an option that is undefined is as if it were not there", () => {
  expect(connect({ port: undefined, will: undefined, store: undefined })).toBeUndefined();
});

test("text that looks like a number is text", () => {
  for (const text of ["3000000000", "1.5", "-1", "1e300", "Infinity", "00", " "])
    expect([text, connect({ clientId: text, username: text, password: text })]).toEqual([text, undefined]);
});

test("no error shows a password, a key or a token", () => {
  const secret = "hush" + "x".repeat(70000);
  for (const options of [{ username: "u", password: secret }, { password: secret }, { username: "u", password: 424242 }, { key: 424242 }]) {
    const e = connect(options);
    expect(e).toMatchObject({ code: "config" });
    expect(e.message).not.toMatch(/hush|424242/);
  }
});

test.each([
  ["password without username [MQTT-3.1.2-22]", { password: "p" }, "password"],
  ["clean: false without clientId [MQTT-3.1.3-7]", { clean: false, clientId: undefined }, "clientId"],
  ["clean: false with an empty clientId [MQTT-3.1.3-8]", { clean: false, clientId: "" }, "clientId"],
  ["will without topic", { will: { payload: "x" } }, "will"],
  ["will with an empty topic", { will: { topic: "", payload: "x" } }, "will"],
  ["will with a wildcard", { will: { topic: "a/+", payload: "x" } }, "will"],
  ["will topic of a wrong type", { will: { topic: 5, payload: "x" } }, "topic"],
  ["will payload of a wrong type", { will: { topic: "a", payload: 5 } }, "payload"],
  ["will QoS 3 [MQTT-3.1.2-14]", { will: { topic: "a", payload: "x", qos: 3 } }, "qos"],
  ["will retain of a wrong type", { will: { topic: "a", payload: "x", retain: 1 } }, "retain"],
  ["an unknown member of will", { will: { topic: "a", payload: "x", delay: 1 } }, "delay"],
  ["NUL in clientId [MQTT-1.5.3-2]", { clientId: "a\0b" }, "clientId"],
  ["NUL in username [MQTT-1.5.3-2]", { username: "a\0b" }, "username"],
  ["a user name over 65,535 bytes", { username: "x".repeat(65536) }, "65535"],
  ["a client id over 65,535 bytes", { clientId: "x".repeat(65536) }, "65535"],
])("%s is refused at once", (_name, options, word) => {
  const e = connect(options);
  expect(e).toMatchObject({ code: "config" });
  expect(e.message).toContain(word);
});

test("what the application gave is left alone", () => {
  const { world } = scene();
  const options = Object.freeze({ clientId: "x", will: Object.freeze({ topic: "a", payload: "b" }) });
  const client = world.mqtt.connect("mqtt://h", options);
  expect(client.options).not.toBe(options);
  expect(client.options.host).toBe("h");
});

describe("publish", () => {
  test.each([
    ["QoS 3", ["t", "x", { qos: 3 }], "qos"],
    ["QoS -1", ["t", "x", { qos: -1 }], "qos"],
    ["QoS 1.5", ["t", "x", { qos: 1.5 }], "qos"],
    ["QoS as text", ["t", "x", { qos: "1" }], "qos"],
    ["retain as a number", ["t", "x", { retain: 1 }], "retain"],
    ["an unknown option", ["t", "x", { dup: true }], "dup"],
    ["an empty topic [MQTT-4.7.3-1]", ["", "x"], "topic"],
    ["a topic with + [MQTT-3.3.2-2]", ["a/+", "x"], "topic"],
    ["a topic with # [MQTT-3.3.2-2]", ["a#", "x"], "topic"],
    ["a topic with NUL [MQTT-4.7.3-2]", ["a\0b", "x"], "topic"],
    ["a topic of 65,536 bytes [MQTT-4.7.3-3]", ["x".repeat(65536), "x"], "65535"],
    ["a topic of a wrong type", [5, "x"], "topic"],
    ["no topic", [undefined, "x"], "topic"],
    ["no payload", ["t"], "payload"],
    ["a payload that is null", ["t", null], "payload"],
    ["a payload that is a number", ["t", 5], "payload"],
    ["a payload that is an object", ["t", { a: 1 }], "payload"],
    ["binary of a wrong type", ["t", 5, { binary: true }], "payload"],
  ])("%s is refused at once", (_name, args, word) => {
    const { broker, client, world } = scene();
    broker.take();
    const e = thrown(() => client.publish(...args));
    expect(e).toMatchObject({ code: "config" });
    expect(e.message).toContain(word);
    world.settle();
    expect(broker.take()).toEqual([]);
    expect(client.status().queued).toBe(0);
  });
});

describe("subscribe and unsubscribe", () => {
  test.each([
    ["QoS 3 [MQTT-3.8.3-4]", ["t", { qos: 3 }], "qos"],
    ["a handler of a wrong type", ["t", { handler: "f" }], "handler"],
    ["an unknown option", ["t", { nl: true }], "nl"],
    ["an empty filter [MQTT-4.7.3-1]", [""], "filter"],
    ["a filter with NUL [MQTT-4.7.3-2]", ["a\0"], "filter"],
    ["# before the end [MQTT-4.7.1-2]", ["a/#/b"], "filter"],
    ["# beside something [MQTT-4.7.1-2]", ["a#"], "filter"],
    ["+ beside something [MQTT-4.7.1-3]", ["a+/b"], "filter"],
    ["a filter over 65,535 bytes [MQTT-4.7.3-3]", ["x".repeat(65536)], "65535"],
    ["no filter [MQTT-3.8.3-3]", [[]], "filter"],
    ["an object of none [MQTT-3.8.3-3]", [{}], "filter"],
    ["undefined [MQTT-3.8.3-3]", [undefined], "filter"],
    ["one wrong of two", [["a", "b/#/c"]], "filter"],
    ["one wrong of an object", [{ a: { qos: 0 }, b: { qos: 3 } }], "qos"],
  ])("%s is refused at once", (_name, args, word) => {
    const { broker, client, world, news } = scene();
    broker.take();
    for (const method of ["subscribe", "unsubscribe"]) {
      const e = thrown(() => client[method](...args));
      expect(e).toMatchObject({ code: "config" });
      expect(e.message).toContain(word);
    }
    world.settle();
    expect(broker.take()).toEqual([]);
    // Nothing of what was refused remains.
    broker.drop();
    news();
    world.tick(10000);
    expect(broker.take().map((p) => p.cmd)).toEqual(["connect"]);
  });
});
