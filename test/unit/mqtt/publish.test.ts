import fc from "../../rig/properties";
import { callback, scene, thrown, type Scene } from "../../rig/scene";

// What goes out. Runs on "thincloud/mqtt".

const silent = (_w: unknown, b: Scene["broker"]) => (b.auto = new Set(["connack"]));
const sent = (s: Scene) => s.broker.take("publish").map((p) => `${p.payload}${p.dup ? " dup" : ""}`);
const reconnect = (s: Scene) => {
  s.broker.drop();
  s.broker.take();
  s.world.tick(60000);
  expect(s.client.connected).toBe(true);
};

describe("the callback comes", () => {
  test("at QoS 0 when the bytes are with the network", () => {
    const s = scene();
    const done = callback();
    s.client.publish("t", "x", done);
    expect(done.calls).toEqual([]);
    s.world.settle();
    expect(done.calls.length).toBe(1);
    expect(done.err).toBeFalsy();
  });

  test("at QoS 0 with an error when the link breaks before", () => {
    const s = scene();
    const done = callback();
    s.broker.wire!.hold(true);
    s.client.publish("t", "first", { qos: 0 }, done);
    s.world.settle();
    s.broker.drop();
    s.world.tick(60000);
    expect(done.calls.length).toBe(1);
    expect(done.err).toMatchObject({ code: expect.stringMatching(/network|offline/) });
  });

  test("at QoS 1 with PUBACK, and not before [MQTT-4.3.2-1]", () => {
    const s = scene({}, silent);
    const done = callback();
    s.client.publish("t", "x", { qos: 1 }, done);
    s.world.tick(1000);
    expect(done.calls).toEqual([]);
    s.broker.say({ cmd: "pubrec", messageId: 1 }, { cmd: "pubcomp", messageId: 1 }, { cmd: "puback", messageId: 2 });
    expect(done.calls).toEqual([]);
    s.broker.say({ cmd: "puback", messageId: 1 }, { cmd: "puback", messageId: 1 });
    expect(done.calls.length).toBe(1);
    expect(done.err).toBeFalsy();
    expect(s.client.status()).toMatchObject({ sent: 1, queued: 0, bytes: 0, inflight: 0 });
  });

  test("at QoS 2 with PUBCOMP, and not before [MQTT-4.3.3-1]", () => {
    const s = scene({}, silent);
    const done = callback();
    s.client.publish("t", "x", { qos: 2 }, done);
    s.world.settle();
    s.broker.say({ cmd: "puback", messageId: 1 }, { cmd: "pubcomp", messageId: 1 });
    expect(done.calls).toEqual([]);
    s.broker.take();
    s.broker.say({ cmd: "pubrec", messageId: 1 });
    expect(s.broker.take()).toMatchObject([{ cmd: "pubrel", messageId: 1 }]);
    expect(done.calls).toEqual([]);
    // PUBREC again: PUBREL again, nothing else.
    s.broker.say({ cmd: "pubrec", messageId: 1 });
    expect(s.broker.take()).toMatchObject([{ cmd: "pubrel", messageId: 1 }]);
    s.broker.say({ cmd: "pubcomp", messageId: 1 });
    expect(done.calls.length).toBe(1);
    expect(s.client.status()).toMatchObject({ sent: 1, queued: 0, bytes: 0, inflight: 0 });
  });
});

describe("identifiers", () => {
  test("begin at 1; QoS 0 has none [MQTT-2.3.1-1] [MQTT-2.3.1-5]", () => {
    const s = scene({}, silent);
    s.client.publish("t", "", { qos: 1 });
    s.client.publish("t", "");
    s.client.subscribe("a");
    s.client.publish("t", "", { qos: 2 });
    s.world.settle();
    expect(s.broker.got.slice(1).map((p) => p.messageId || 0)).toEqual([1, 0, 2, 3]);
  });

  test("wrap after 65,535, are never 0 and never alike in flight [MQTT-2.3.1-2] [MQTT-2.3.1-4]", () => {
    const s = scene({ queueLimit: 1000000 }, (w, b) => {
      w.chunk = 65536;
      b.auto = new Set(["connack"]);
    });
    // Two stay unanswered all the time.
    s.client.publish("t", "", { qos: 1 });
    s.client.subscribe("a");
    s.world.settle();
    let last = 2;
    let wrapped = 0;
    for (let i = 0; i < 70000; i++) {
      s.client.publish("t", "", { qos: 1 });
      s.world.settle();
      const { messageId } = s.broker.got.pop();
      if (messageId !== last + 1) wrapped = messageId;
      expect(messageId > 2 && messageId < 65536).toBe(true);
      last = messageId;
      s.broker.got.length = 0;
      s.broker.wire!.write("\x40\x02" + String.fromCharCode(messageId >> 8, messageId & 255));
      // The last before the wrap must not be in flight any more, or it would stand for 0.
      s.world.settle();
    }
    expect(wrapped).toBe(3);
    s.client.end(true);
  });
});

describe("the window", () => {
  test.each([
    [undefined, 20],
    [1, 1],
    [5, 5],
  ])("maxInflight %p: %i are with the broker, the rest waits [MQTT-4.6]", (maxInflight, n) => {
    const s = scene({ maxInflight }, silent);
    for (let i = 0; i < 30; i++) s.client.publish("t", "" + i, { qos: 1 });
    s.world.settle();
    expect(sent(s).length).toBe(n);
    expect(s.client.status()).toMatchObject({ inflight: n, queued: 30 });
    s.broker.say({ cmd: "puback", messageId: 1 });
    expect(sent(s)).toEqual(["" + n]);
  });

  test("PUBREC does not open it, PUBCOMP does", () => {
    const s = scene({ maxInflight: 1 }, silent);
    s.client.publish("t", "a", { qos: 2 });
    s.client.publish("t", "b", { qos: 0 });
    s.world.settle();
    s.broker.say({ cmd: "pubrec", messageId: 1 });
    expect(sent(s)).toEqual(["a"]);
    s.broker.say({ cmd: "pubcomp", messageId: 1 });
    expect(sent(s)).toEqual(["b"]);
  });
});

describe("order", () => {
  test("is that of the calls [MQTT-4.6.0-1] [MQTT-4.6.0-5]", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (levels, maxInflight) => {
          const s = scene({ maxInflight });
          levels.forEach((qos, i) => s.client.publish("t", "" + i, { qos }));
          s.world.settle();
          expect(sent(s)).toEqual(levels.map((_, i) => "" + i));
          expect(s.client.status()).toMatchObject({ queued: 0, bytes: 0, inflight: 0, sent: levels.length });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("is the old one after a reconnect, with DUP for what had gone before [MQTT-4.6.0-1] [MQTT-3.3.1-1] [MQTT-4.4.0-1]", () => {
    const s = scene({ clean: false, maxInflight: 3 }, silent);
    for (const payload of ["a", "b", "c", "d", "e"]) s.client.publish("t", payload, { qos: payload === "b" ? 2 : 1 });
    s.world.settle();
    expect(sent(s)).toEqual(["a", "b", "c"]);
    s.broker.connack = { ...s.broker.connack, sessionPresent: true };
    reconnect(s);
    expect(sent(s)).toEqual(["a dup", "b dup", "c dup"]);
    s.broker.say({ cmd: "puback", messageId: 1 });
    expect(sent(s)).toEqual(["d"]);
    reconnect(s);
    expect(sent(s)).toEqual(["b dup", "c dup", "d dup"]);
  });

  test("without a session at the broker too: nothing that was accepted is lost", () => {
    const s = scene({}, silent);
    s.client.publish("t", "a", { qos: 1 });
    s.world.settle();
    sent(s);
    reconnect(s);
    expect(sent(s)).toEqual(["a dup"]);
  });

  test("PUBRELs after a reconnect: under their identifiers, in order, and never PUBLISH again [MQTT-4.3.3-1] [MQTT-4.6.0-4]", () => {
    const s = scene({ clean: false }, silent);
    for (let i = 0; i < 4; i++) s.client.publish("t", "" + i, { qos: 2 });
    s.world.settle();
    s.broker.say({ cmd: "pubrec", messageId: 1 }, { cmd: "pubrec", messageId: 2 }, { cmd: "pubrec", messageId: 3 });
    s.broker.connack = { ...s.broker.connack, sessionPresent: true };
    s.broker.drop();
    s.broker.take();
    s.world.tick(60000);
    expect(
      s.broker
        .take()
        .slice(1)
        .map((p) => `${p.cmd} ${p.messageId}${p.dup ? " dup" : ""}`),
    ).toEqual(["pubrel 1", "pubrel 2", "pubrel 3", "publish 4 dup"]);
  });

  test("an identifier, and the whole packet but for DUP, stay as they were [MQTT-3.3.1-1] [MQTT-2.3.1-3]", () => {
    const s = scene({ clean: false }, silent);
    s.client.publish("t/1", "payload", { qos: 1, retain: true });
    s.world.settle();
    const [first] = s.broker.take("publish");
    reconnect(s);
    const [second] = s.broker.take("publish");
    expect(first.dup).toBe(false);
    for (const name of ["messageId", "topic", "qos", "retain", "length"]) expect(second[name]).toEqual(first[name]);
    expect(second.dup).toBe(true);
    expect(String(second.payload)).toBe("payload");
  });

  test("QoS 0 never has DUP, and SUBSCRIBE keeps its flags [MQTT-3.3.1-2] [MQTT-3.8.1-1]", () => {
    const s = scene({}, silent);
    s.broker.drop();
    s.client.publish("t", "x");
    s.client.subscribe("a");
    s.world.tick(60000);
    expect(sent(s)).toEqual(["x"]);
    reconnect(s);
    expect(sent(s)).toEqual([]);
    expect(s.world.faults).toEqual([]);
  });
});

describe("offline", () => {
  test("what is published waits and goes out in order", () => {
    const s = scene();
    s.broker.drop();
    const done = callback();
    for (let i = 0; i < 5; i++) s.client.publish("t", "" + i, { qos: i % 3 }, done);
    expect(s.client.status().queued).toBe(5);
    s.broker.take();
    s.world.tick(60000);
    expect(sent(s)).toEqual(["0", "1", "2", "3", "4"]);
    expect(done.calls.length).toBe(5);
    expect(s.client.status()).toMatchObject({ queued: 0, bytes: 0 });
  });

  test("queueLimit bounds the bytes; what goes over is an error `limit`, and counted", () => {
    const s = scene({ queueLimit: 1000 });
    s.broker.drop();
    const done = callback();
    for (let i = 0; i < 30; i++) s.client.publish("t", "x".repeat(93), { qos: 1 }, done);
    const { queued, bytes, dropped } = s.client.status();
    expect(bytes).toBeLessThanOrEqual(1000);
    expect(queued).toBeGreaterThanOrEqual(9);
    expect(queued).toBeLessThanOrEqual(10);
    expect(dropped).toBe(30 - queued);
    expect(done.calls.length).toBe(dropped);
    expect(done.err).toMatchObject({ code: "limit", message: expect.stringContaining("queueLimit") });
    s.world.tick(60000);
    expect(s.client.status()).toMatchObject({ queued: 0, bytes: 0, dropped, sent: queued });
  });

  test("without a callback the error is an event, for a program that publishes from a timer", () => {
    const s = scene({ queueLimit: 100 });
    s.broker.drop();
    s.news();
    expect(thrown(() => s.client.publish("t", "x".repeat(200)))).toBeUndefined();
    expect(s.news()).toEqual(["error limit"]);
    expect(s.client.status()).toMatchObject({ queued: 0, dropped: 1 });
  });

  test("the default holds 16 KiB", () => {
    const s = scene();
    s.broker.drop();
    const done = callback();
    for (let i = 0; i < 40; i++) s.client.publish("t", "x".repeat(1000), { qos: 0 }, done);
    expect(s.client.status().queued).toBe(16);
  });

  test("bytes are counted down to 0 again, whatever happened", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("0", "1", "2", "sub", "unsub", "drop", "tick"), fc.nat(300)), { maxLength: 40 }),
        (acts) => {
          const s = scene({ queueLimit: 3000, maxInflight: 4 });
          for (const [act, n] of acts) {
            if (act === "drop") s.broker.drop();
            else if (act === "tick") s.world.tick(n * 10);
            else if (act === "sub") s.client.subscribe("s" + n, () => {});
            else if (act === "unsub") s.client.unsubscribe("s" + n, () => {});
            else s.client.publish("t", "x".repeat(n), { qos: +act }, () => {});
            expect(s.client.status().bytes).toBeLessThanOrEqual(3010);
          }
          s.world.tick(120000);
          expect([acts, s.client.status()]).toMatchObject([acts, { queued: 0, bytes: 0, inflight: 0, connected: true }]);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("after end", () => {
  test.each(["publish", "subscribe", "unsubscribe"])("%s is an error at once", (method) => {
    const s = scene();
    s.client.end();
    s.world.tick(100);
    const done = callback();
    const args = method === "publish" ? ["t", "x"] : ["t"];
    s.client[method](...args, done);
    expect(done.err).toMatchObject({ code: "offline", message: expect.stringContaining("ended") });
    expect(thrown(() => s.client[method](...args))).toMatchObject({ code: "offline" });
  });
});

test("bytes are written again only when the link has said that they are gone; small packets share a write", () => {
  const s = scene({ maxInflight: 200 });
  s.broker.wire!.hold(true);
  const before = s.broker.wire!.sent.length;
  for (let i = 0; i < 100; i++) s.client.publish("t", "x", { qos: i % 3 });
  s.world.settle();
  expect(s.broker.wire!.sent.length).toBe(before);
  expect(s.client.status().queued).toBeGreaterThan(90);
  s.broker.wire!.hold(false);
  s.world.settle();
  expect(s.client.status().queued).toBe(0);
});
