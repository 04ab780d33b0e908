import { scene } from "../../rig/scene";

// What comes in. Runs on "thincloud/mqtt".

const flags = (s: ReturnType<typeof scene>) => s.broker.take().map((p) => `${p.cmd} ${p.messageId}`);

test("QoS 0 is delivered and not answered [MQTT-4.3.1]", () => {
  const s = scene();
  s.broker.take();
  s.broker.publish("t", "x");
  expect(s.events).toEqual(["connect", "message t x 0"]);
  expect(flags(s)).toEqual([]);
});

test("QoS 1 is answered with PUBACK of its identifier, each time it comes [MQTT-4.3.2-2] [MQTT-2.3.1-6]", () => {
  const s = scene();
  s.broker.take();
  s.broker.publish("t", "x", { qos: 1, messageId: 9 });
  s.broker.publish("t", "x", { qos: 1, messageId: 9, dup: true });
  expect(s.events.slice(1)).toEqual(["message t x 1", "message t x 1d"]);
  expect(flags(s)).toEqual(["puback 9", "puback 9"]);
});

test("QoS 2 is delivered once however often it comes before PUBREL [MQTT-4.3.3-2]", () => {
  const s = scene({}, (_w, b) => b.auto.delete("pubrel"));
  s.broker.take();
  for (let i = 0; i < 3; i++) s.broker.publish("t", "x", { qos: 2, messageId: 9, dup: i > 0 });
  expect(s.events.slice(1)).toEqual(["message t x 2"]);
  expect(flags(s)).toEqual(["pubrec 9", "pubrec 9", "pubrec 9"]);
  s.broker.say({ cmd: "pubrel", messageId: 9 }, { cmd: "pubrel", messageId: 9 });
  expect(flags(s)).toEqual(["pubcomp 9", "pubcomp 9"]);
  // After PUBREL the identifier is free for another message.
  s.broker.publish("t", "y", { qos: 2, messageId: 9 });
  expect(s.events.slice(2)).toEqual(["message t y 2"]);
});

test("whether it is a duplicate depends on the identifier, not on DUP [MQTT-3.3.1-3]", () => {
  const s = scene({}, (_w, b) => b.auto.delete("pubrel"));
  s.broker.publish("t", "x", { qos: 2, messageId: 1, dup: true });
  s.broker.publish("t", "y", { qos: 2, messageId: 1, dup: false });
  expect(s.events.slice(1)).toEqual(["message t x 2d"]);
});

test("answers keep the order of what they answer [MQTT-4.6.0-2] [MQTT-4.6.0-3]", () => {
  const s = scene({}, (w, b) => {
    w.chunk = 65536;
    b.auto.delete("pubrel");
  });
  s.broker.take();
  const ids = [5, 3, 9, 1, 7];
  s.broker.say(...ids.map((messageId) => ({ cmd: "publish", topic: "t", payload: "", qos: 1, messageId })));
  s.broker.say(...ids.map((messageId) => ({ cmd: "publish", topic: "t", payload: "", qos: 2, messageId })));
  s.broker.say(...ids.map((messageId) => ({ cmd: "pubrel", messageId })));
  expect(flags(s)).toEqual(["puback", "pubrec", "pubcomp"].flatMap((cmd) => ids.map((id) => `${cmd} ${id}`)));
});

test("PUBREL of an identifier that is not held is answered all the same [MQTT-4.3.3-2]", () => {
  const s = scene();
  s.broker.take();
  s.broker.say({ cmd: "pubrel", messageId: 77 });
  expect(flags(s)).toEqual(["pubcomp 77"]);
  expect(s.client.connected).toBe(true);
});

test("PUBREC of an identifier that is not in use is answered with PUBREL; PUBACK, PUBCOMP, SUBACK and UNSUBACK of one do nothing", () => {
  const s = scene();
  s.broker.take();
  s.broker.say({ cmd: "pubrec", messageId: 77 }, { cmd: "puback", messageId: 77 }, { cmd: "pubcomp", messageId: 77 });
  s.broker.say({ cmd: "suback", messageId: 77, granted: [0] }, { cmd: "unsuback", messageId: 77 }, { cmd: "pingresp" });
  expect(flags(s)).toEqual(["pubrel 77"]);
  expect(s.events).toEqual(["connect"]);
  expect(s.client.status().sent).toBe(0);
});

test("identifiers of the two directions are apart [MQTT-2.3.1]", () => {
  const s = scene({}, (_w, b) => (b.auto = new Set(["connack"])));
  s.client.publish("t", "out", { qos: 2 });
  s.world.settle();
  s.broker.publish("t", "in", { qos: 2, messageId: 1 });
  s.broker.say({ cmd: "pubrel", messageId: 1 });
  expect(s.events.slice(1)).toEqual(["message t in 2"]);
  expect(s.client.status().queued).toBe(1);
});

describe("a QoS 2 identifier that is held over a reconnect", () => {
  const drop = (s: ReturnType<typeof scene>, sessionPresent: boolean) => {
    s.broker.publish("t", "x", { qos: 2, messageId: 9 });
    s.broker.connack = { ...s.broker.connack, sessionPresent };
    s.broker.drop();
    s.world.tick(60000);
    s.news();
    s.broker.publish("t", "x", { qos: 2, messageId: 9, dup: true });
    return s.news();
  };

  test("stays held when the session is present [MQTT-4.1.0-1]", () => {
    expect(
      drop(
        scene({ clean: false }, (_w, b) => b.auto.delete("pubrel")),
        true,
      ),
    ).toEqual([]);
  });

  test("is forgotten when it is not [MQTT-3.1.2-6]", () => {
    expect(
      drop(
        scene({ clean: false }, (_w, b) => b.auto.delete("pubrel")),
        false,
      ),
    ).toEqual(["message t x 2d"]);
    expect(
      drop(
        scene({}, (_w, b) => b.auto.delete("pubrel")),
        false,
      ),
    ).toEqual(["message t x 2d"]);
  });
});

test("retained, empty and large payloads come with their flags", () => {
  const s = scene();
  s.broker.publish("t", "", { retain: true });
  s.broker.publish("t", "x".repeat(20000), { qos: 1, messageId: 1 });
  expect(s.events.slice(1)).toEqual(["message t  0r", `message t ${"x".repeat(20000)} 1`]);
});

test("the packet says the QoS, the identifier, retain and dup", () => {
  const s = scene();
  const packets: any[] = [];
  s.client.on("message", (_t: string, _p: string, packet: any) => packets.push({ ...packet }));
  s.broker.publish("t", "");
  s.broker.publish("t", "", { qos: 1, messageId: 300, dup: true, retain: true });
  expect(packets).toEqual([
    { qos: 0, retain: false, dup: false },
    { qos: 1, retain: true, dup: true, messageId: 300 },
  ]);
});

test("every listener and handler gets the message, in the order they were added; handlers of filters first", () => {
  const s = scene();
  const order: string[] = [];
  s.client.on("message", () => order.push("message"));
  s.client.subscribe("t", { handler: () => order.push("t") });
  s.client.subscribe({ "+": { handler: () => order.push("+") }, other: { handler: () => order.push("other") } });
  s.client.subscribe("#");
  s.world.settle();
  s.broker.publish("t");
  expect(order).toEqual(["t", "+", "message"]);
});

test("a handler of a filter gets topic, payload and packet, until it is unsubscribed or replaced", () => {
  const s = scene();
  const got: any[] = [];
  s.client.subscribe("a/+", { qos: 1, handler: (...args: any[]) => got.push(args) });
  s.world.settle();
  s.broker.publish("a/b", "x", { qos: 1, messageId: 4 });
  expect(got.splice(0)).toMatchObject([["a/b", "x", { qos: 1, messageId: 4, retain: false, dup: false }]]);
  s.client.subscribe("a/+", { handler: () => got.push("second") });
  s.world.settle();
  s.broker.publish("a/b");
  expect(got.splice(0)).toEqual(["second"]);
  s.client.unsubscribe("a/+");
  s.world.settle();
  s.broker.publish("a/b");
  expect(got).toEqual([]);
});

describe("handlers that throw", () => {
  test("become an error event; the others run, the message is acknowledged, the session lives", () => {
    const s = scene();
    const boom = new Error("boom");
    let after = 0;
    s.client.subscribe("t", {
      handler: () => {
        throw boom;
      },
    });
    s.client.on("message", () => {
      throw boom;
    });
    s.client.on("message", () => after++);
    s.world.settle();
    s.broker.take();
    s.broker.publish("t", "x", { qos: 1, messageId: 1 });
    expect(s.errors).toEqual([boom, boom]);
    expect(after).toBe(1);
    expect(flags(s)).toEqual(["puback 1"]);
    expect(s.client.connected).toBe(true);
  });

  test.each(["connect", "close", "offline", "reconnect", "end"])("of %s", (name) => {
    const s = scene();
    s.client.on(name, () => {
      throw new Error("boom");
    });
    s.broker.drop();
    s.world.tick(60000);
    if (name !== "end") expect(s.client.connected).toBe(true);
    s.client.end();
    s.world.tick(1000);
    expect(s.errors.map((e) => e.message)).toContain("boom");
    expect(s.events.slice(-2)).toContain("end");
    expect(s.world.timers()).toBe(0);
    expect(s.world.links()).toBe(0);
  });

  test("of error: a log line, and no more", () => {
    const s = scene();
    s.client.on("error", () => {
      throw new Error("boom in error");
    });
    s.broker.say("\0\0");
    expect(s.world.log.join("\n")).toContain("boom in error");
    s.world.tick(60000);
    expect(s.client.connected).toBe(true);
  });

  test("of callbacks", () => {
    const s = scene();
    const fail = () => {
      throw new Error("boom");
    };
    s.client.publish("t", "", fail);
    s.client.publish("t", "", { qos: 1 }, fail);
    s.client.publish("t", "", { qos: 2 }, fail);
    s.client.subscribe("t", fail);
    s.client.unsubscribe("t", fail);
    s.world.settle();
    expect(s.errors.map((e) => e.message)).toEqual(["boom", "boom", "boom", "boom", "boom"]);
    expect(s.client.status()).toMatchObject({ queued: 0, connected: true, sent: 3 });
  });
});

test("an error nobody listens to is logged", () => {
  const s = scene();
  const quiet = s.world.mqtt.connect({ clientId: "quiet" });
  s.world.tick(1);
  s.broker.say("\0\0");
  expect(quiet.connected).toBe(false);
  expect(s.world.log.join("\n")).toContain("2.2.2-2");
});

test("a listener that was removed is not called", () => {
  const s = scene();
  let calls = 0;
  const count = () => calls++;
  s.client.on("message", count);
  s.broker.publish("t");
  s.client.removeListener("message", count);
  s.broker.publish("t");
  expect(calls).toBe(1);
});
