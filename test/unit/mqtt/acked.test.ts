import { scene, type Scene } from "../../rig/scene";
import { encode } from "../../rig/script";

// The short ways of QoS 1 and 2: what they must not let through. That they otherwise do the same is for twins.test.ts. Runs on
// "thincloud/mqtt".

const message = (qos: number, messageId: number, payload = "x") =>
  encode({ cmd: "publish", topic: "a/b", payload, qos: qos as 1, messageId });

/** A client that has received and published at this QoS, so that both short ways are open. */
function open(qos: number, options: object = {}, silent = false): Scene {
  const s = scene(options);
  s.client.publish("p", "0", { qos });
  s.world.settle();
  s.broker.say(message(qos, 1));
  s.broker.take();
  s.news();
  if (silent) for (const cmd of ["puback", "pubrec", "pubrel", "pubcomp"]) s.broker.auto.delete(cmd);
  return s;
}

test.each([1, 2])("identifier 0 at QoS %d closes the link [MQTT-2.3.1-1]", (qos) => {
  const s = open(qos);
  const bytes = message(qos, 2);
  s.broker.say(message(qos, 3) + bytes.replace("\0\x02", "\0\0"));
  expect(s.news().slice(0, 2)).toEqual([`message a/b x ${qos}`, "error protocol"]);
});

test("what comes twice at QoS 2 is delivered once, and both are answered [MQTT-4.3.3-2]", () => {
  const s = open(2, {}, true);
  s.broker.say(message(2, 7) + message(2, 8) + message(2, 7));
  expect(s.news()).toEqual(["message a/b x 2", "message a/b x 2"]);
  expect(s.broker.take("pubrec").map((p) => p.messageId)).toEqual([7, 8, 7]);
  s.broker.say(encode({ cmd: "pubrel", messageId: 7 }) + message(2, 7));
  expect(s.news()).toEqual(["message a/b x 2"]);
});

test("over 256 held messages of QoS 2 are too many", () => {
  const s = open(2, {}, true);
  for (let id = 10; id < 300 && s.client.connected; id += 10)
    s.broker.say([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => message(2, id + n)).join(""));
  expect(s.errors.map((e) => e.code)).toEqual(["limit"]);
  expect(s.client.status().received).toBeGreaterThan(250);
});

test.each([1, 2])("a listener that throws: the message of QoS %d is answered", (qos) => {
  const s = scene();
  const alone = s.world.mqtt.connect({ clientId: "alone" });
  s.world.tick(1);
  alone.on("message", (_topic: string, payload: string) => {
    if (payload === "2") throw new Error("boom");
  });
  s.broker.say(["1", "2", "3"].map((payload, i) => message(qos, i + 1, payload)).join(""));
  expect(s.broker.take(qos > 1 ? "pubrec" : "puback").map((p) => p.messageId)).toEqual([1, 2, 3]);
});

test.each([1, 2])("QoS %d: an answer to what has not gone, or before CONNACK, settles nothing", (qos) => {
  const s = open(qos, { maxInflight: 2 }, true);
  const done: number[] = [];
  for (let i = 0; i < 5; i++) s.client.publish("p", "" + i, { qos }, () => done.push(i));
  s.world.settle();
  const ids = s.broker.take("publish").map((p) => p.messageId);
  const answer = (id: number) => encode({ cmd: qos > 1 ? "pubrec" : "puback", messageId: id });
  expect(ids.length).toBe(2);
  s.broker.say(answer(ids[0] + 3));
  expect(s.client.status()).toMatchObject({ queued: 5, inflight: 2 });
  s.broker.auto.delete("connack");
  s.broker.drop();
  s.world.tick(70000);
  s.news();
  s.broker.say(answer(ids[0]));
  expect(s.news()).toContain("error protocol");
  expect(done).toEqual([]);
});

test("queueLimit holds, and an identifier in flight is not given again", () => {
  const s = open(1, { queueLimit: 400 }, true);
  let refused = 0;
  const many = (n: number) => {
    for (let i = 0; i < n; i++) s.client.publish("p", "0123456789", { qos: 1 }, (e: any) => e && e.code === "limit" && refused++);
  };
  many(100);
  expect(refused).toBeGreaterThan(60);
  expect(s.client.status().bytes).toBeLessThanOrEqual(420);
  s.world.settle();
  const [first, ...others] = s.broker.take("publish");
  // All but the first are answered, round and round, until the numbers have come back to it.
  const ids = new Set([first.messageId]);
  let last = others;
  for (let n = 0; n < 65600; n += last.length) {
    s.broker.say(last.map((p) => encode({ cmd: "puback", messageId: p.messageId })).join(""));
    many(10);
    s.world.settle();
    last = s.broker.take("publish");
    if (last.some((p) => ids.has(p.messageId))) throw new Error("given again");
  }
});

test.each([100, 115, 120, 127, 128, 140, 250, 16000, 17000])("payloads of other lengths: %d bytes", (n) => {
  const s = open(1, { queueLimit: 65536 });
  for (const length of [n, n + 1, 3]) s.client.publish("p", "x".repeat(length), { qos: 1 });
  s.world.settle();
  expect(s.broker.take("publish").map((p) => p.payload.length)).toEqual([n, n + 1, 3]);
});

test("options of more than one word, bytes, another topic and what is wrong go the long way", () => {
  const s = open(1);
  s.client.publish("p", "1", { qos: 1, retain: true });
  s.client.publish("p", "2", { qos: 1 });
  s.client.publish("p", "3", { qos: 1, binary: true });
  s.client.publish("q", "4", { qos: 1 });
  s.client.publish("q", s.world.binary(255).view, { qos: 1 });
  expect(() => s.client.publish("q", "5", { qos: 1 }, 5)).toThrow("callback");
  expect(() => s.client.publish("q", 5, { qos: 1 })).toThrow("payload");
  s.world.settle();
  expect(s.broker.take("publish").map((p) => `${p.topic} ${p.payload.toString("latin1")} ${p.retain}`)).toEqual([
    "p 1 true",
    "p 2 false",
    "p 3 false",
    "q 4 false",
    "q \xff false",
  ]);
});
