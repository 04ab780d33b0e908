import { callback, scene, thrown } from "../../rig/scene";

// The suites of this folder run on "thincloud/mqtt": the source, and the file shipped for Espruino inside the mock.

const CODES = [
  [1, "refused"],
  [2, "refused"],
  [3, "refused"],
  [4, "auth"],
  [5, "auth"],
] as const;

describe("CONNECT", () => {
  const connect = (options: object) => scene(options).broker.got[0];

  test("is the first packet, and the only one until CONNACK [MQTT-3.1.0-1] [MQTT-3.1.0-2]", () => {
    const { broker, client, world } = scene({}, (_w, b) => b.auto.delete("connack"));
    client.publish("t", "early");
    client.subscribe("t");
    world.settle();
    expect(broker.got.map((p) => p.cmd)).toEqual(["connect"]);
    broker.say(broker.connack);
    expect(broker.got.map((p) => p.cmd)).toEqual(["connect", "publish", "subscribe"]);
  });

  test("the least one, byte by byte [MQTT-3.1.2-1] [MQTT-3.1.2-3]", () => {
    const { world } = scene();
    expect(world.wires[0]!.sent).toBe("\x10\x12\0\x04MQTT\x04\x02\0\x3c\0\x06device");
  });

  test("every field, as mqtt-packet reads it [MQTT-3.1.3-1]", () => {
    const { world, broker } = scene({
      username: "u",
      password: "p:@/",
      keepalive: 300,
      clean: false,
      will: { topic: "w/t", payload: "gone\0", qos: 2, retain: true },
    });
    expect(broker.got[0]).toMatchObject({ clientId: "device", username: "u", keepalive: 300, clean: false });
    expect(String(broker.got[0].password)).toBe("p:@/");
    expect(broker.got[0].will).toMatchObject({ topic: "w/t", qos: 2, retain: true });
    expect(String(broker.got[0].will.payload)).toBe("gone\0");
    // flags: user, password, will retain, will QoS 2, will
    expect(world.wires[0]!.sent.charCodeAt(9)).toBe(0xf4);
  });

  test("no will: no QoS, no retain [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15]", () => {
    const { world } = scene({ will: undefined });
    expect(world.wires[0]!.sent.charCodeAt(9)).toBe(2);
  });

  test("a will of bytes", () => {
    const { broker } = scene({ will: { topic: "w", payload: new Uint8Array([0, 255, 128]) } });
    expect([...broker.got[0].will.payload]).toEqual([0, 255, 128]);
  });

  test.each([0, 1, 2])("will at QoS %i [MQTT-3.1.2-9] [MQTT-3.1.2-14]", (qos) => {
    expect(connect({ will: { topic: "w", payload: "", qos } }).will).toMatchObject({ topic: "w", qos, retain: false });
  });

  test("a user name without a password, and both empty [MQTT-3.1.2-18] to [MQTT-3.1.2-21]", () => {
    expect(connect({ username: "u" })).toMatchObject({ username: "u" });
    expect(connect({ username: "u" }).password).toBeUndefined();
    const { world } = scene({ username: "", password: "" });
    expect(world.wires[0]!.sent.charCodeAt(9)).toBe(0xc2);
  });

  test("a client id of its own, the same at each attempt [MQTT-3.1.3-5]", () => {
    const { world, broker } = scene({ clientId: undefined });
    broker.drop();
    world.tick(10000);
    const ids = broker.all("connect").map((p) => p.clientId);
    expect(ids.length).toBe(2);
    expect(ids[0]).toMatch(/^[0-9a-zA-Z_]{1,23}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  test("text is UTF-8 [MQTT-3.1.3-4] [MQTT-3.1.3-10] [MQTT-3.1.3-11]", () => {
    const s = scene({}, () => {});
    const text = s.world.text("é€😀");
    s.world.mqtt.connect({ clientId: text, username: text, password: text, will: { topic: text, payload: text } });
    s.world.tick(1);
    const packet = s.broker.all("connect")[1];
    expect(packet).toMatchObject({ clientId: "é€😀", username: "é€😀", will: { topic: "é€😀" } });
    expect([String(packet.password), String(packet.will.payload)]).toEqual(["é€😀", "é€😀"]);
  });

  test("is sent once per link; a host that refuses is tried again [MQTT-3.1.0-2]", () => {
    const { world, broker, events } = scene({}, (w) => (w.refuse = "Unable to locate host"));
    expect(events).toEqual(["error network", "close", "offline"]);
    world.refuse = undefined;
    world.tick(10000);
    expect(events.slice(3)).toEqual(["reconnect", "connect"]);
    expect(broker.got.length).toBe(1);
  });
});

describe("CONNACK", () => {
  test("nothing is emitted before connect returns", () => {
    const { world } = scene();
    const client = world.mqtt.connect("mqtt://other");
    const early = callback();
    client.on("error", early);
    client.on("connect", early);
    expect(early.calls.length).toBe(0);
    expect(client.connected).toBe(false);
    world.tick(1);
    expect(early.calls.length).toBe(1);
    expect(client.connected).toBe(true);
  });

  test.each(CODES)("code %i is an error %s, and the next attempt takes its time", (returnCode, code) => {
    const { world, broker, client, events, errors } = scene({ username: "u", password: "hush-hush" }, (w, b) => {
      b.connack = { cmd: "connack", returnCode, sessionPresent: false };
      w.random = () => 0.999;
    });
    expect(events).toEqual(["error " + code, "close", "offline"]);
    expect(errors[0].returnCode).toBe(returnCode);
    expect(errors[0].message).toMatch(/CONNACK \d: \w+/);
    expect(errors[0].message).not.toMatch(/hush/);
    expect(client.connected).toBe(false);
    expect(broker.wire!.over).toBe(true);
    expect(world.wires[0]!.sent.slice(-2)).not.toBe("\xe0\0");
    world.tick(59000);
    expect(broker.all("connect").length).toBe(1);
    world.tick(1000);
    expect(broker.all("connect").length).toBe(2);
  });

  test("after a refusal, a success", () => {
    const { world, broker, news } = scene({}, (_w, b) => (b.connack = { cmd: "connack", returnCode: 3, sessionPresent: false }));
    broker.connack = { cmd: "connack", returnCode: 0, sessionPresent: false };
    news();
    world.tick(60000);
    expect(news()).toEqual(["reconnect", "connect"]);
  });

  test.each([
    ["with a session where none was asked for [MQTT-3.2.2-1]", "\x20\x02\x01\x00"],
    ["with reserved flags [MQTT-3.2.2]", "\x20\x02\x02\x00"],
    ["with a session and a refusal [MQTT-3.2.2-4]", "\x20\x02\x01\x05"],
    ["that is too long", "\x20\x03\x00\x00\x00"],
    ["that is empty", "\x20\x00"],
    ["with wrong flags [MQTT-2.2.2-2]", "\x21\x02\x00\x00"],
    ["of an unknown code [MQTT-3.2.2-6]", "\x20\x02\x00\x06"],
    ["of the last unknown code [MQTT-3.2.2-6]", "\x20\x02\x00\xff"],
    ["instead of which comes PUBLISH [MQTT-3.2.0-1]", "\x30\x03\x00\x01a"],
    ["instead of which comes PINGRESP [MQTT-3.2.0-1]", "\xd0\x00"],
    ["instead of which comes something of no type", "\x00\x00"],
  ])("one %s is a protocol error that names a clause", (_name, bytes) => {
    const { broker, client, events, errors } = scene({}, (_w, b) => b.auto.delete("connack"));
    broker.say(bytes);
    expect(events).toEqual(["error protocol", "close", "offline"]);
    expect(errors[0].message).toMatch(/\[MQTT-\d\.\d\.\d(-\d+)?\]/);
    expect(client.connected).toBe(false);
    expect(broker.wire!.over).toBe(true);
  });

  test("a session and a refusal where a session was asked for [MQTT-3.2.2-4]", () => {
    const { broker, errors } = scene({ clean: false }, (_w, b) => b.auto.delete("connack"));
    broker.say("\x20\x02\x01\x05");
    expect(errors[0].code).toBe("protocol");
  });

  test("with a session that was asked for", () => {
    const { client, events } = scene({ clean: false }, (_w, b) => (b.connack = { cmd: "connack", returnCode: 0, sessionPresent: true }));
    expect(events).toEqual(["connect present"]);
    expect(client.connected).toBe(true);
  });

  test("a second one is a protocol error [MQTT-3.2.0-1]", () => {
    const { broker, news, world } = scene();
    news();
    broker.say(broker.connack);
    expect(news()).toEqual(["error protocol", "close", "offline"]);
    world.tick(5000);
    expect(news()).toEqual(["reconnect", "connect"]);
  });

  test.each([
    [undefined, 30000],
    [5000, 5000],
  ])("silence after the link opened ends after connectTimeout %s", (connectTimeout, ms) => {
    const { world, broker, events, news } = scene({ connectTimeout }, (_w, b) => b.auto.delete("connack"));
    world.tick(ms - 10);
    expect(news()).toEqual([]);
    world.tick(20);
    expect(news()).toEqual(["error timeout", "close", "offline"]);
    expect(broker.wire!.over).toBe(true);
    expect(events).toEqual([]);
  });
});

describe("URL", () => {
  const dialled = (url: any, more?: object) => {
    const { world, broker } = scene();
    world.mqtt.connect(url, more);
    world.tick(1);
    const { host, port, tls } = world.wires[1]!;
    const { username, password, clientId } = broker.all("connect")[1];
    return { host, port, tls: !!tls, user: username, password: password && String(password), id: clientId };
  };

  test.each([
    ["mqtt://broker", { host: "broker", port: 1883, tls: false }],
    ["mqtts://broker", { host: "broker", port: 8883, tls: true }],
    ["mqtt://broker:1999", { host: "broker", port: 1999, tls: false }],
    ["mqtts://broker:1999/", { host: "broker", port: 1999, tls: true }],
    ["mqtt://broker/path", { host: "broker", port: 1883 }],
    ["mqtt://u:p@broker", { host: "broker", user: "u", password: "p" }],
    ["mqtt://u@broker:77", { host: "broker", port: 77, user: "u", password: undefined }],
    ["mqtt://a%40b:p%3Aq%2F@broker:77", { host: "broker", port: 77, user: "a@b", password: "p:q/" }],
    ["mqtt://u:p:q@broker", { host: "broker", user: "u", password: "p:q" }],
  ])("%s", (url, expected) => {
    expect(dialled(url, { clientId: "x" })).toMatchObject(expected);
  });

  test("options go before what the URL says; options alone do", () => {
    expect(dialled("mqtt://u:p@broker:1", { port: 2, username: "v" })).toMatchObject({ host: "broker", port: 2, user: "v", password: "p" });
    expect(dialled({ host: "h", port: 3, protocol: "mqtts", clientId: "i" })).toMatchObject({ host: "h", port: 3, tls: true, id: "i" });
    expect(dialled({})).toMatchObject({ host: "localhost", port: 1883, tls: false });
  });

  test.each([
    "",
    "broker",
    "mqtt://",
    "mqtt:///path",
    "http://broker",
    "mqtt://broker:x",
    "mqtt://broker:70000",
    "mqtt://u@",
    "ws://b",
    "mqtt://b:1.5",
    "mqtt://b:-1",
  ])("%p is refused at once", (url) => {
    const { world } = scene();
    expect(thrown(() => world.mqtt.connect(url))).toMatchObject({
      code: "config",
      message: expect.stringMatching(/url|protocol|port|host/),
    });
    expect(world.timers()).toBe(1);
  });

  test("a malformed escape is refused, and the error keeps the password", () => {
    const { world } = scene();
    const e = thrown(() => world.mqtt.connect("mqtt://u:hush%zz@broker"));
    // On a host whose decodeURIComponent takes everything it is no error.
    if (e) expect(e).toMatchObject({ code: "config", message: expect.not.stringMatching("hush") });
  });
});
