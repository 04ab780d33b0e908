import fc from "fast-check";
import { callback, scene } from "../../rig/scene";
import { encode } from "../../rig/script";

// The same message again and again: no short cut may show. Runs on "thincloud/mqtt".

const message = (topic: string, payload: string, more: object = {}) => encode({ cmd: "publish", topic, payload, qos: 0, ...more });
const same = (n: number) => Array.from({ length: n }, (_, i) => message("t", "" + (i % 10)));

describe("coming in", () => {
  test("like and unlike messages, in chunks of any size, arrive as they were sent", () => {
    const kind = fc.record({
      topic: fc.constantFrom("t", "t", "t", "u", "tt"),
      payload: fc.constantFrom("a", "b", "", "aa"),
      qos: fc.constantFrom(0, 0, 0, 1, 2),
      retain: fc.constantFrom(false, false, true),
    });
    fc.assert(
      fc.property(fc.array(kind, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 40 }), (list, chunk) => {
        const s = scene({}, (w) => (w.chunk = chunk));
        const only = s.world.mqtt.connect({ clientId: "one listener" });
        const got: string[] = [];
        only.on("message", (topic: string, payload: string, p: any) => got.push(`${topic} ${payload} ${p.qos}${p.retain ? "r" : ""}`));
        s.world.tick(1);
        s.broker.say(list.map((one, i) => message(one.topic, one.payload, { ...one, messageId: i + 1 })).join(""));
        expect(got).toEqual(list.map((one) => `${one.topic} ${one.payload} ${one.qos}${one.retain ? "r" : ""}`));
        expect(only.status().received).toBe(list.length);
      }),
      { numRuns: 120 },
    );
  });

  test("listeners and handlers added and removed between them", () => {
    const s = scene();
    const got: string[] = [];
    const second = () => got.push("second");
    const say = () => {
      got.length = 0;
      s.broker.say(same(3).join(""));
      return got.join(" ");
    };
    say();
    s.client.on("message", second);
    expect(say()).toBe("second second second");
    s.client.removeListener("message", second);
    expect(say()).toBe("");
    s.client.subscribe("t", { handler: () => got.push("handler") });
    s.world.settle();
    expect(say()).toBe("handler handler handler");
    s.client.unsubscribe("t");
    s.world.settle();
    expect(say()).toBe("");
    expect(s.events.filter((e) => e.startsWith("message")).length).toBe(15);
  });

  test("a listener that changes the listeners, subscribes or publishes", () => {
    const s = scene();
    const got: string[] = [];
    let n = 0;
    s.client.on("message", () => {
      if (++n === 3) s.client.on("message", () => got.push("late"));
      if (n === 5) s.client.subscribe("t", { handler: () => got.push("handler") });
      s.client.publish("echo", "" + n, { qos: n % 3 });
    });
    s.broker.say(same(8).join(""));
    expect(n).toBe(8);
    expect(got.filter((one) => one === "handler").length).toBe(3);
    expect(got.filter((one) => one === "late").length).toBeGreaterThanOrEqual(5);
    expect(s.broker.all("publish").map((p) => String(p.payload))).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
  });

  test("a listener that throws each time: an error for each, none lost", () => {
    const world = scene().world;
    const s = scene();
    const client = s.world.mqtt.connect({ clientId: "throws" });
    const errors: string[] = [];
    let n = 0;
    client.on("error", (e: Error) => errors.push(e.message));
    client.on("message", () => {
      throw new Error("boom " + ++n);
    });
    s.world.tick(1);
    s.broker.say(same(5).join(""));
    expect(errors).toEqual(["boom 1", "boom 2", "boom 3", "boom 4", "boom 5"]);
    expect(client.connected).toBe(true);
    expect(world.faults).toEqual([]);
  });

  test.each(["end", "end true", "reconnect"])("a listener that calls %s in the middle of a chunk", (call) => {
    const s = scene();
    let n = 0;
    s.client.on("message", () => {
      if (++n !== 3) return;
      if (call === "reconnect") s.client.reconnect();
      else s.client.end(call === "end true");
    });
    s.broker.say(same(9).join("") + message("t", "cut").slice(0, 4));
    s.world.tick(100);
    expect(n).toBeGreaterThanOrEqual(3);
    if (call === "reconnect") {
      n = 10;
      s.broker.say(same(2).join(""));
      expect(n).toBe(12);
    } else expect([s.world.timers(), s.world.links()]).toEqual([0, 0]);
  });

  test("malformed ones between them, and after a reconnect the first is whole again", () => {
    const s = scene();
    for (let i = 0; i < 3; i++) {
      s.broker.say(same(3).join("") + "\x36" + message("t", "0").slice(1) + same(3).join(""));
      expect(s.news().slice(-3)).toEqual(["error protocol", "close", "offline"]);
      s.world.tick(60000);
      expect(s.news()).toEqual(["reconnect", "connect"]);
    }
    expect(s.client.status().received).toBe(9);
  });
});

describe("going out", () => {
  test("like and unlike publications go out as they were given, in order within a QoS", () => {
    const kind = fc.record({
      topic: fc.constantFrom("t", "t", "t", "u"),
      payload: fc.constantFrom("a", "b", "\u00e9", "", "aa", "x".repeat(300)),
      qos: fc.constantFrom(undefined, undefined, undefined, 0, 1, 2),
      settle: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(kind, { minLength: 1, maxLength: 40 }), fc.constantFrom(1, 20), fc.boolean(), (list, maxInflight, held) => {
        const s = scene({ maxInflight, queueLimit: 100000 });
        const done = callback();
        s.broker.wire!.hold(held);
        for (const { topic, payload, qos, settle } of list) {
          if (qos === undefined) s.client.publish(topic, s.world.text(payload), done);
          else s.client.publish(topic, s.world.text(payload), { qos }, done);
          if (settle) s.world.settle();
        }
        s.broker.wire!.hold(false);
        s.world.settle();
        const sent = s.broker.all("publish").map((p) => `${p.topic} ${p.payload} ${p.qos}`);
        for (const level of ["0", "1", "2"])
          expect(sent.filter((one) => one.endsWith(level))).toEqual(
            list.map((one) => `${one.topic} ${one.payload} ${one.qos || 0}`).filter((one) => one.endsWith(level)),
          );
        expect(done.calls.map(([e]) => e || "ok")).toEqual(list.map(() => "ok"));
        expect(s.client.status()).toMatchObject({ queued: 0, bytes: 0, inflight: 0, sent: list.length, dropped: 0 });
      }),
      { numRuns: 120 },
    );
  });

  test("wrong ones after right ones are refused as ever", () => {
    const s = scene();
    for (let i = 0; i < 3; i++) s.client.publish("t", "x");
    s.world.settle();
    for (const args of [["t", 5], ["t"], ["t", null], ["t", "x", { qos: 3 }], ["t", "x", { bad: 1 }], ["t/#", "x"]]) {
      expect(() => s.client.publish(...args)).toThrow();
    }
    const { view } = s.world.binary(255);
    s.client.publish("t", view);
    s.world.settle();
    expect(s.broker.all("publish").map((p) => p.payload.toString("hex"))).toEqual(["78", "78", "78", "ff"]);
  });

  test("nothing is sent after end, and what comes while offline waits", () => {
    const s = scene();
    for (let i = 0; i < 3; i++) s.client.publish("t", "x");
    s.world.settle();
    s.broker.drop();
    s.client.publish("t", "y");
    expect(s.client.status().queued).toBe(1);
    s.world.tick(60000);
    expect(s.broker.all("publish").map((p) => String(p.payload))).toEqual(["x", "x", "x", "y"]);
    s.client.publish("t", "z");
    s.client.end();
    expect(() => s.client.publish("t", "z")).toThrow("ended");
    s.world.tick(100);
    expect(s.broker.all("publish").length).toBe(5);
    expect(s.broker.got[s.broker.got.length - 1].cmd).toBe("disconnect");
  });

  test("a link that does not take them: what waits is bounded, the rest is told", () => {
    const s = scene({ queueLimit: 2000, keepalive: 0 });
    const done = callback();
    s.client.publish("t", "x".repeat(100));
    s.world.settle();
    s.broker.wire!.hold(true);
    for (let i = 0; i < 1000; i++) s.client.publish("t", "x".repeat(100), done);
    expect(done.err).toMatchObject({ code: "limit" });
    // queueLimit, and what a write and the bytes next to go may hold.
    expect(s.client.status().dropped).toBeGreaterThan(900);
    expect(s.client.connected).toBe(true);
    s.broker.wire!.hold(false);
    s.world.settle();
    expect(done.calls.length).toBe(1000);
    expect(s.client.status().sent + s.client.status().dropped).toBe(1001);
  });

  test("a link that breaks over them: each callback comes once", () => {
    const s = scene();
    const done = callback();
    s.client.publish("t", "x");
    s.world.settle();
    s.broker.wire!.hold(true);
    for (let i = 0; i < 50; i++) s.client.publish("t", "y", done);
    s.world.settle();
    s.broker.drop();
    s.world.tick(60000);
    expect(done.calls.length).toBe(50);
    expect(s.client.status()).toMatchObject({ queued: 0, bytes: 0, connected: true });
  });
});
