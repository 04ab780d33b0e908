import { callback, scene, type Scene } from "../../rig/scene";

// Runs on "thincloud/mqtt".

const kinds = (s: Scene) => s.broker.take().map((p) => p.cmd);
/** The filters with their QoS that a packet asks for. */
const asked = (p: any) => p.subscriptions.map((one: any) => `${one.topic} ${one.qos}`);
const again = (s: Scene, sessionPresent = false) => {
  s.broker.connack = { ...s.broker.connack, sessionPresent };
  s.broker.drop();
  s.broker.take();
  s.world.tick(60000);
  expect(s.client.connected).toBe(true);
  return s.broker.take("subscribe").flatMap(asked);
};

describe("subscribe", () => {
  test("a filter, a list, an object: one SUBSCRIBE each [MQTT-3.8.3-3]", () => {
    const s = scene();
    s.broker.take();
    s.client.subscribe("a");
    s.client.subscribe(["b", "c/+"], { qos: 1 });
    s.client.subscribe({ d: { qos: 2 }, "e/#": {} });
    s.world.settle();
    expect(s.broker.take("subscribe").map(asked)).toEqual([["a 0"], ["b 1", "c/+ 1"], ["d 2", "e/# 0"]]);
  });

  test("a list the application changes afterwards, and a filter named as what objects inherit", () => {
    const s = scene();
    s.broker.take();
    const list = ["a", "b"];
    const done = callback();
    s.client.subscribe(list, { qos: 1 }, done);
    list.length = 0;
    s.client.subscribe("__proto__", { qos: 1 }, done);
    s.client.subscribe("constructor", { qos: 1 });
    s.world.settle();
    expect(s.broker.take("subscribe").map(asked)).toEqual([["a 1", "b 1"], ["__proto__ 1"], ["constructor 1"]]);
    expect(done.calls.map(([err, granted]) => [err, granted.map((g: any) => g.topic).join()])).toEqual([
      [undefined, "a,b"],
      [undefined, "__proto__"],
    ]);
  });

  test("the callback gets what was granted", () => {
    const s = scene({}, (_w, b) => b.auto.delete("suback"));
    const done = callback();
    s.client.subscribe(["a", "b"], { qos: 2 }, done);
    s.world.settle();
    expect(done.calls).toEqual([]);
    s.broker.say({ cmd: "suback", messageId: 1, granted: [1, 0] });
    expect(done.calls.length).toBe(1);
    expect(done.err).toBeFalsy();
    expect(JSON.parse(JSON.stringify(done.calls[0]![1]))).toEqual([
      { topic: "a", qos: 1 },
      { topic: "b", qos: 0 },
    ]);
    // SUBACK once more: nothing is under way.
    s.broker.say({ cmd: "suback", messageId: 1, granted: [1, 0] });
    expect(done.calls.length).toBe(1);
  });

  test("options may be left out", () => {
    const s = scene();
    const done = callback();
    s.client.subscribe("a", done);
    s.client.unsubscribe("a", done);
    s.client.unsubscribe("a", {}, done);
    s.world.settle();
    expect(done.calls.length).toBe(3);
  });

  test("a refusal goes to the callback [MQTT-3.9.3-2]", () => {
    const s = scene({}, (_w, b) => b.auto.delete("suback"));
    const done = callback();
    s.client.subscribe(["good", "bad"], { qos: 1 }, done);
    s.world.settle();
    s.broker.say({ cmd: "suback", messageId: 1, granted: [1, 128] });
    expect(done.err).toMatchObject({ code: "refused", message: expect.stringContaining("bad") });
    expect(s.errors).toEqual([]);
    expect(again(s)).toEqual(["good 1"]);
  });

  test("a refusal without a callback is an error event, and the session lives", () => {
    const s = scene({}, (_w, b) => b.auto.delete("suback"));
    s.client.subscribe("bad");
    s.world.settle();
    s.broker.say({ cmd: "suback", messageId: 1, granted: [128] });
    expect(s.errors).toMatchObject([{ code: "refused", message: expect.stringContaining("bad") }]);
    expect(s.client.connected).toBe(true);
    expect(again(s)).toEqual([]);
  });

  test.each([
    ["a code that is none", [3]],
    ["a QoS of 127", [127]],
  ])("%s is a refusal too", (_name, granted) => {
    const s = scene({}, (_w, b) => b.auto.delete("suback"));
    const done = callback();
    s.client.subscribe("a", done);
    s.world.settle();
    s.broker.say("\x90\x03\0\x01" + String.fromCharCode(granted[0]!));
    expect(done.err || s.errors[0]).toMatchObject({ code: expect.stringMatching(/refused|protocol/) });
  });

  test("fewer codes than filters: what has none is not granted [MQTT-3.8.4-5]", () => {
    const s = scene({}, (_w, b) => b.auto.delete("suback"));
    const done = callback();
    s.client.subscribe(["a", "b"], done);
    s.world.settle();
    s.broker.say({ cmd: "suback", messageId: 1, granted: [0] });
    expect(done.err || s.errors[0]).toMatchObject({ code: expect.stringMatching(/refused|protocol/) });
    // Under the next link a broker that does answer finds the one that is left.
    s.broker.auto.add("suback");
    expect(again(s)).not.toContain("b 0");
  });

  test("the options of the application are left alone, and serve more than one call", () => {
    const s = scene();
    const options = Object.freeze({ qos: 1 });
    const list = { x: Object.freeze({ qos: 2 }) };
    s.client.subscribe("a", options);
    s.client.subscribe("b", options);
    s.client.subscribe(list);
    s.world.settle();
    s.client.subscribe("c", options);
    s.client.subscribe(list);
    s.world.settle();
    expect(s.errors).toEqual([]);
    expect(again(s).sort()).toEqual(["a 1", "b 1", "c 1", "x 2"]);
  });

  test("text is UTF-8 [MQTT-3.8.3-1] [MQTT-3.10.3-1]", () => {
    const s = scene();
    s.client.subscribe(s.world.text("é/€/😀"));
    s.client.unsubscribe(s.world.text("é/€/😀"));
    s.world.settle();
    expect(s.broker.all("subscribe")[0].subscriptions[0].topic).toBe("é/€/😀");
    expect(s.broker.all("unsubscribe")[0].unsubscriptions).toEqual(["é/€/😀"]);
  });
});

describe("unsubscribe", () => {
  test("a filter or a list; the callback comes with UNSUBACK", () => {
    const s = scene({}, (_w, b) => b.auto.delete("unsuback"));
    const done = callback();
    s.client.unsubscribe(["a", "b"], done);
    s.world.settle();
    expect(s.broker.take("unsubscribe")[0].unsubscriptions).toEqual(["a", "b"]);
    expect(done.calls).toEqual([]);
    s.broker.say({ cmd: "unsuback", messageId: 1 });
    // UNSUBACK has no codes: nothing was granted.
    expect(JSON.parse(JSON.stringify(done.calls))).toEqual([[null, []]]);
  });

  test("its UNSUBACK grants nothing that is asked for meanwhile", () => {
    const s = scene({}, (_w, b) => (b.auto = new Set(["connack", "unsuback"])));
    s.client.unsubscribe("a");
    s.client.subscribe("a");
    s.world.settle();
    // Only what waits in the queue asks for it, once.
    expect(again(s)).toEqual(["a 0"]);
  });

  test("what was unsubscribed is not subscribed again", () => {
    const s = scene();
    s.client.subscribe(["a", "b"]);
    s.client.unsubscribe("a");
    s.world.settle();
    expect(again(s)).toEqual(["b 0"]);
  });
});

describe("after a reconnect", () => {
  test("without a session at the broker all subscriptions are made again, with their QoS, at once [MQTT-3.1.2-6]", () => {
    const s = scene();
    s.client.subscribe({ a: { qos: 0 }, "b/+": { qos: 1 } });
    s.client.subscribe("c/#", { qos: 2 });
    s.world.settle();
    for (let i = 0; i < 3; i++) expect(again(s)).toEqual(["a 0", "b/+ 1", "c/# 2"]);
    expect(s.errors.filter((e) => e.code !== "conflict")).toEqual([]);
  });

  test("with one none is [MQTT-3.1.2-4]", () => {
    const s = scene({ clean: false });
    s.client.subscribe({ a: { qos: 0 }, "b/+": { qos: 1 } });
    s.world.settle();
    expect(again(s, true)).toEqual([]);
    expect(again(s, false)).toEqual(["a 0", "b/+ 1"]);
  });

  test("before what waits, so that the answers to it are heard", () => {
    const s = scene();
    s.client.subscribe("a");
    s.world.settle();
    s.broker.drop();
    s.broker.take();
    s.client.publish("t", "1", { qos: 1 });
    s.client.publish("t", "2");
    s.world.tick(60000);
    expect(kinds(s).slice(0, 4)).toEqual(["connect", "subscribe", "publish", "publish"]);
  });

  test("a SUBSCRIBE that was not answered goes out again, once, under its old identifier", () => {
    const s = scene({}, (_w, b) => b.auto.delete("suback"));
    const done = callback();
    s.client.subscribe("a", { qos: 1 }, done);
    s.world.settle();
    const first = s.broker.take("subscribe")[0];
    for (let i = 0; i < 5; i++) {
      s.broker.drop();
      s.world.tick(60000);
      expect(s.broker.take("subscribe")).toMatchObject([{ messageId: first.messageId }]);
    }
    s.broker.say({ cmd: "suback", messageId: first.messageId, granted: [1] });
    expect(done.calls.length).toBe(1);
    expect(again(s)).toEqual(["a 1"]);
  });

  test("links that break before SUBACK let nothing grow", () => {
    const s = scene();
    s.client.subscribe(["a", "b"]);
    s.world.settle();
    s.broker.auto.delete("suback");
    for (let i = 0; i < 50; i++) {
      s.broker.drop();
      s.world.tick(60000);
    }
    expect(s.client.status().queued).toBeLessThanOrEqual(2);
    s.broker.take();
    s.broker.auto.add("suback");
    expect(again(s).sort()).toEqual(["a 0", "b 0"]);
    expect(s.client.status().queued).toBe(0);
  });

  test("subscriptions come back also when the queue is full", () => {
    const s = scene({ queueLimit: 300 });
    s.client.subscribe(["a", "b"]);
    s.world.settle();
    s.broker.drop();
    const done = callback();
    for (let i = 0; i < 20; i++) s.client.publish("t", "x".repeat(40), { qos: 1 }, done);
    expect(done.err).toMatchObject({ code: "limit" });
    s.broker.take();
    s.world.tick(60000);
    expect(s.broker.take("subscribe").flatMap(asked)).toEqual(["a 0", "b 0"]);
    expect(s.client.status().queued).toBe(0);
  });

  test("one that was made offline is made once", () => {
    const s = scene();
    s.broker.drop();
    s.client.subscribe("a");
    s.broker.take();
    s.world.tick(60000);
    expect(s.broker.take("subscribe").flatMap(asked)).toEqual(["a 0"]);
  });

  test("one that was replaced by another QoS comes back with the last", () => {
    const s = scene();
    s.client.subscribe("a", { qos: 0 });
    s.client.subscribe("a", { qos: 2 });
    s.world.settle();
    expect(again(s)).toEqual(["a 2"]);
  });

  test("one that the broker refuses then is told, and the others live", () => {
    const s = scene();
    s.client.subscribe("a");
    s.client.subscribe("b");
    s.world.settle();
    s.broker.auto.delete("suback");
    s.broker.drop();
    s.broker.take();
    s.world.tick(60000);
    const packet = s.broker.take("subscribe")[0];
    s.broker.say({ cmd: "suback", messageId: packet.messageId, granted: [0, 128] });
    expect(s.errors).toMatchObject([{ code: "refused", message: expect.stringContaining("b") }]);
    s.broker.auto.add("suback");
    expect(again(s)).toEqual(["a 0"]);
  });

  test("handlers live on", () => {
    const s = scene();
    const got: string[] = [];
    s.client.subscribe("a", { handler: (_t: string, p: string) => got.push(p) });
    s.world.settle();
    again(s);
    s.broker.publish("a", "x");
    expect(got).toEqual(["x"]);
  });
});
