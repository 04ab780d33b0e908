import fc from "../../rig/properties";
import * as mqttPacket from "mqtt-packet";
import { scene } from "../../rig/scene";
import { encode } from "../../rig/script";

// Runs on "thincloud/mqtt"; mqtt-packet is the second opinion on every byte that goes out and comes in.

/** Text of all planes; on a host whose text is bytes it is their UTF-8. */
const unicode = fc.string({ unit: "binary", maxLength: 20 }).map((s) => Buffer.from(s).toString());
const topic = unicode.map((s) => s.replace(/[+#\0]/g, "_")).filter((s) => s !== "");
const latin1 = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const qos = fc.constantFrom(0, 1, 2);

const hex = (bytes: string) => Buffer.from(bytes, "latin1").toString("hex");

test("every byte the client sends is what mqtt-packet would send", () => {
  const { world, broker, client } = scene(
    { will: { topic: "w", payload: "x", qos: 1 }, username: "u", password: "p" },
    (w) => (w.chunk = 65536),
  );
  client.subscribe({ "a/#": { qos: 2 }, "+": { qos: 0 } });
  client.unsubscribe(["a/#", "b"]);
  for (const level of [0, 1, 2]) client.publish("t", "payload", { qos: level, retain: level > 0 });
  world.settle();
  broker.send({ cmd: "publish", topic: "t", payload: "1", qos: 1, messageId: 65535 });
  broker.send({ cmd: "publish", topic: "t", payload: "2", qos: 2, messageId: 256 });
  world.tick(60000);
  client.end();
  world.tick(1);
  const kinds = new Set(broker.got.map((p) => p.cmd));
  expect([...kinds].sort()).toEqual("connect disconnect pingreq puback pubcomp publish pubrec pubrel subscribe unsubscribe".split(" "));
  expect(hex(world.wires[0]!.sent)).toBe(hex(broker.got.map((packet) => encode(packet)).join("")));
});

test("fixed headers [MQTT-2.2.2-1] [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1]", () => {
  const { world, broker, client } = scene();
  const sent = (act: () => void) => {
    const before = broker.wire!.sent.length;
    act();
    world.settle();
    return hex(broker.wire!.sent.slice(before));
  };
  expect(sent(() => client.subscribe("a", { qos: 1 }))).toBe("8206000100016101");
  expect(sent(() => client.unsubscribe("a"))).toBe("a2050002000161");
  expect(sent(() => client.publish("a", "x"))).toBe("300400016178");
  expect(sent(() => client.publish("a", "x", { qos: 1 }))).toBe("32060001610003" + "78");
  expect(sent(() => client.publish("a", "", { qos: 2, retain: true }))).toBe("35050001610004" + "62020004");
  expect(sent(() => broker.send("\x32\x05\0\x01a\x12\x34"))).toBe("40021234");
  expect(sent(() => broker.send("\x34\x05\0\x01a\x12\x34"))).toBe("50021234" + "70021234");
  expect(sent(() => world.tick(60000))).toMatch(/^(c000)+$/);
  client.end();
  expect(sent(() => world.tick(1))).toBe("e000");
});

test.each([3, 126, 127, 128, 129, 16383, 16384, 16385, 40000])(
  "a packet of %i bytes both ways: the length in as few bytes as it needs",
  (n) => {
    const { world, broker, client } = scene({ queueLimit: 100000, maxPacketSize: 100000 }, (w) => (w.chunk = 65536));
    const payload = "x".repeat(n - 3);
    const got: string[] = [];
    client.on("message", (_t: string, p: string) => got.push(p));
    const before = broker.wire!.sent.length;
    client.publish("t", payload);
    world.settle();
    expect(broker.wire!.sent.slice(before)).toBe(encode({ cmd: "publish", topic: "t", payload, qos: 0 }));
    broker.publish("t", payload);
    expect(got).toEqual([payload]);
  },
);

test("publications of any text and any bytes arrive as they are, at any QoS", () => {
  const { world, broker, client } = scene({ queueLimit: 100000 });
  fc.assert(
    fc.property(topic, latin1, qos, fc.boolean(), (t, payload, level, retain) => {
      broker.take();
      client.publish(world.text(t), payload, { qos: level, retain, binary: true });
      world.settle();
      const packet = broker.take("publish")[0];
      expect(packet).toMatchObject({ topic: t, qos: level, retain, dup: false });
      expect(packet.payload.toString("latin1")).toBe(payload);
    }),
    { numRuns: 300 },
  );
});

test("text goes out as UTF-8", () => {
  const { world, broker, client } = scene({ queueLimit: 100000 });
  fc.assert(
    fc.property(unicode, (text) => {
      broker.take();
      client.publish("t", world.text(text));
      world.settle();
      expect(broker.take("publish")[0].payload.toString()).toBe(text);
    }),
    { numRuns: 200 },
  );
});

test("binary objects go out as their bytes", () => {
  const { world, broker, client } = scene();
  const { view, buffer } = world.binary(0, 127, 128, 255, 10);
  client.publish("t", view);
  client.publish("t", buffer, { qos: 1 });
  world.settle();
  expect(broker.all("publish").map((p) => p.payload.toString("hex"))).toEqual(["007f80ff0a", "007f80ff0a"]);
});

test("what mqtt-packet sends arrives: topic as text, payload as bytes, flags", () => {
  const { world, broker, client } = scene();
  const got: any[] = [];
  client.on("message", (t: string, payload: string, packet: any) => got.push([t, payload, { ...packet }]));
  let id = 0;
  fc.assert(
    fc.property(topic, latin1, qos, fc.boolean(), fc.boolean(), (t, payload, level, retain, again) => {
      const dup = again && level > 0;
      const messageId = level ? (id = (id % 65535) + 1) : undefined;
      broker.publish(t, Buffer.from(payload, "latin1"), { qos: level, retain, dup, messageId });
      expect(got.splice(0)).toEqual([[world.text(t), payload, { qos: level, retain, dup, ...(level ? { messageId } : {}) }]]);
    }),
    { numRuns: 300 },
  );
});

test("20,000 random streams: never an exception, and the client is back after each", () => {
  const packets = fc.oneof(
    fc.record({ cmd: fc.constant("publish"), topic: fc.constant("t"), payload: fc.string(), qos: fc.constant(0) }),
    fc.record({ cmd: fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp", "unsuback"), messageId: fc.integer({ min: 1, max: 9 }) }),
    fc.record({
      cmd: fc.constant("suback"),
      messageId: fc.integer({ min: 1, max: 9 }),
      granted: fc.array(fc.constantFrom(0, 1, 2, 128), { minLength: 1 }),
    }),
    fc.constant({ cmd: "pingresp" }),
  );
  const { world, broker, client } = scene({ queueLimit: 1000000, reconnectPeriod: 1 }, (w) => (w.random = () => 0));
  const runs = world.minified ? 2000 : 20000;
  fc.assert(
    fc.property(fc.array(packets, { maxLength: 4 }), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), (list, changes) => {
      let bytes = list.map((p) => encode(p as any)).join("");
      for (const [at, byte] of changes)
        if (bytes) bytes = bytes.slice(0, at % bytes.length) + String.fromCharCode(byte) + bytes.slice((at % bytes.length) + 1);
      broker.say(bytes);
      broker.got.length = 0;
      if (!client.connected) world.tick(2);
      else broker.drop();
      world.tick(2);
      expect(client.connected).toBe(true);
      expect(world.faults).toEqual([]);
    }),
    { numRuns: runs },
  );
  expect(world.timers()).toBe(1);
  expect(world.links()).toBe(1);
});

test("mqtt-packet reads no error in what the client sends over a whole session of everything", () => {
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  const errors: unknown[] = [];
  parser.on("error", (e: Error) => errors.push(e));
  const { world, client } = scene();
  for (let i = 0; i < 50; i++) client.publish("t/" + i, "x".repeat(i * 7), { qos: i % 3 });
  world.tick(200000);
  parser.parse(Buffer.from(world.wires[0]!.sent, "latin1"));
  expect(errors).toEqual([]);
});
