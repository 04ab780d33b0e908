import { scene, type Scene } from "../../rig/scene";
import { encode } from "../../rig/script";

// Brokers that lie, flood or say nothing. Runs on "thincloud/mqtt".

const recovers = (s: Scene) => {
  "connack suback puback pubrec pubrel pubcomp pingresp".split(" ").forEach((cmd) => s.broker.auto.add(cmd));
  s.world.tick(120000);
  expect(s.client.connected).toBe(true);
  s.client.publish("t", "still here", { qos: 2 });
  s.world.settle();
  expect(s.client.status()).toMatchObject({ queued: 0, bytes: 0 });
  expect([s.world.timers(), s.world.links()]).toEqual([1, 1]);
};

test("a burst of 2,000 publications at QoS 1 in one chunk is no flood: every one is answered", () => {
  const s = scene({}, (w) => (w.chunk = 65536));
  let bytes = "";
  for (let messageId = 1; messageId <= 2000; messageId++) bytes += encode({ cmd: "publish", topic: "t", payload: "", qos: 1, messageId });
  s.broker.say(bytes);
  expect(s.events.length).toBe(2001);
  expect(s.errors).toEqual([]);
  expect(s.broker.all("puback").map((p) => p.messageId)).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
});

test("a broker that floods and never reads is left: what waits for it is bounded", () => {
  const s = scene();
  s.broker.wire!.hold(true);
  let sent = 0;
  for (let i = 0; i < 200 && s.client.connected; i++, sent += 100) {
    const list = Array.from({ length: 100 }, (_, k) => ({ cmd: "publish", topic: "t", payload: "", qos: 1, messageId: k + 1 }));
    s.broker.say(...list);
  }
  expect(s.errors).toMatchObject([{ code: "limit" }]);
  expect(sent).toBeLessThan(3000);
  recovers(s);
});

test("a broker that only never reads is found by keep-alive, and nothing that waits is lost", () => {
  const s = scene({ keepalive: 10 });
  s.broker.wire!.hold(true);
  for (let i = 0; i < 30; i++) s.client.publish("t", "" + i, { qos: 1 });
  s.world.tick(15100);
  expect(s.errors).toMatchObject([{ code: "timeout" }]);
  recovers(s);
  expect(new Set(s.broker.all("publish").map((p) => String(p.payload))).size).toBe(31);
});

test("a flood of messages with no end: each is delivered, nothing grows", () => {
  const s = scene({}, (w) => (w.chunk = 4096));
  let count = 0;
  s.client.on("message", () => {
    count++;
    s.events.length = 0;
  });
  const one = encode({ cmd: "publish", topic: "t", payload: "x", qos: 0 }).repeat(1000);
  for (let i = 0; i < 100; i++) s.broker.say(one);
  expect(count).toBe(100000);
  expect(s.client.status()).toMatchObject({ received: 100000, queued: 0, bytes: 0 });
});

test("a flood of answers to nothing: PUBRELs and PUBRECs are answered, the rest is dropped", () => {
  const s = scene({}, (w) => (w.chunk = 1024));
  for (let i = 0; i < 20; i++) {
    s.broker.say(
      ...Array.from({ length: 100 }, (_, k) => ({
        cmd: ["puback", "pubrec", "pubrel", "pubcomp", "unsuback"][k % 5]!,
        messageId: 1 + i * 100 + k,
      })),
    );
  }
  expect(s.errors).toEqual([]);
  expect(s.client.status()).toMatchObject({ queued: 0, bytes: 0, inflight: 0, sent: 0 });
});

test("silence after the link opened, again and again", () => {
  const s = scene({ connectTimeout: 1000 }, (_w, b) => b.auto.delete("connack"));
  s.world.tick(600000);
  const attempts = s.broker.all("connect").length;
  expect(attempts).toBeGreaterThan(8);
  expect(attempts).toBeLessThan(30);
  expect(s.errors.every((e) => e.code === "timeout")).toBe(true);
  expect([s.world.timers() <= 1, s.world.links() <= 1]).toEqual([true, true]);
  recovers(s);
});

test("a trickle before CONNACK does not hold the client for ever", () => {
  const s = scene({ connectTimeout: 1000 }, (_w, b) => b.auto.delete("connack"));
  s.broker.say("\x20");
  s.world.tick(900);
  s.broker.say("\x02");
  s.world.tick(200);
  expect(s.errors).toMatchObject([{ code: "timeout" }]);
  recovers(s);
});

test("a broker that closes at once, with and without CONNACK", () => {
  for (const first of ["", "\x20\x02\0\0"]) {
    const s = scene({}, (_w, b) => b.auto.delete("connack"));
    for (let i = 0; i < 20; i++) {
      if (first) s.broker.say(first);
      s.broker.drop();
      s.world.tick(61000);
    }
    expect(s.broker.all("connect").length).toBeGreaterThanOrEqual(21);
    recovers(s);
  }
});

test("QoS 3, CONNACK twice, PUBLISH before CONNACK, SUBACK for another: each costs the broker its link, never the client its life", () => {
  const s = scene();
  for (const bytes of ["\x36\x05\0\x01a\0\x01", "\x20\x02\0\0", "\x00", "\x90\x02\0\x01", "\xff\xff\xff\xff\xff"]) {
    s.broker.say(bytes + "\0\0");
    expect(s.client.connected).toBe(false);
    s.world.tick(61000);
    expect(s.client.connected).toBe(true);
  }
  s.broker.auto.delete("connack");
  s.broker.drop();
  s.world.tick(61000);
  s.broker.say("\x30\x03\0\x01a");
  expect(s.events.filter((e) => e.startsWith("message"))).toEqual([]);
  recovers(s);
});

test("answers of the wrong kind settle nothing", () => {
  const s = scene({}, (_w, b) => (b.auto = new Set(["connack"])));
  const done: string[] = [];
  s.client.publish("t", "", { qos: 1 }, () => done.push("publish 1"));
  s.client.publish("t", "", { qos: 2 }, () => done.push("publish 2"));
  s.client.subscribe("a", () => done.push("subscribe"));
  s.client.unsubscribe("b", () => done.push("unsubscribe"));
  s.world.settle();
  for (const messageId of [1, 2, 3, 4])
    for (const cmd of ["puback", "pubcomp", "suback", "unsuback"]) {
      const right = ["", "puback", "pubrec", "suback", "unsuback"][messageId] === cmd;
      if (!right) s.broker.say({ cmd, messageId, granted: [0] });
    }
  expect(done).toEqual([]);
  expect(s.client.status().queued).toBe(4);
});

test("what it answers before it is asked settles nothing", () => {
  const s = scene({ maxInflight: 1 }, (_w, b) => (b.auto = new Set(["connack"])));
  const done: string[] = [];
  s.client.publish("t", "", { qos: 1 }, () => done.push("first"));
  s.client.publish("t", "", { qos: 1 }, () => done.push("second"));
  s.world.settle();
  s.broker.say({ cmd: "puback", messageId: 2 });
  expect(done).toEqual([]);
  s.broker.say({ cmd: "puback", messageId: 1 }, { cmd: "puback", messageId: 2 });
  expect(done[0]).toBe("first");
});

test("a broker that never releases what it sends at QoS 2 is left before its identifiers fill the memory", () => {
  const s = scene({}, (_w, b) => b.auto.delete("pubrel"));
  for (let messageId = 1; messageId <= 300 && s.client.connected; messageId++) s.broker.publish("t", "", { qos: 2, messageId });
  expect(s.errors).toMatchObject([{ code: "limit" }]);
  expect(s.events.filter((line) => line.startsWith("message")).length).toBeLessThan(258);
  recovers(s);
});
