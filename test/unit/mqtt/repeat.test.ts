import { scene, thrown, type Scene } from "../../rig/scene";
import { encode } from "../../rig/script";

// Messages of QoS 0 that repeat the last topic take a short way through the client. It must not show. Runs on "thincloud/mqtt".

const message = (topic: string, payload: string, more: object = {}) => encode({ cmd: "publish", topic, payload, qos: 0, ...more });

/** A client that has received `a/b` and published to `p`, so that both short ways are open. */
function repeating(options: object = {}): Scene {
  const s = scene(options);
  s.client.publish("p", "0");
  s.world.settle();
  s.client.publish("p", "1");
  s.broker.say(message("a/b", "00"), message("a/b", "11"));
  expect(s.news()).toEqual(["connect", "message a/b 00 0", "message a/b 11 0"]);
  expect(s.broker.take("publish").map((p) => "" + p.payload)).toEqual(["0", "1"]);
  return s;
}

describe("what comes", () => {
  const MIXED = [
    message("a/b", "22"),
    message("a/c", "33"), // another topic of the same length
    message("a/b", "44", { retain: true }),
    message("a/b", "55"),
    message("a/b", "666"), // another length
    message("a/b", "777"),
    message("a/b", message("a/b", "")), // the bytes of the header in the payload
    message("a/b", message("a/b", "")),
    encode({ cmd: "publish", topic: "a/b", payload: "8", qos: 1, messageId: 5 }),
    message("a/b", ""),
    message("a/b", ""),
    message("a/b", "x".repeat(200)),
    message("a/b", "y".repeat(200)),
    message("a/b", "99"),
  ].join("");
  const NEWS = [
    "message a/b 22 0",
    "message a/c 33 0",
    "message a/b 44 0r",
    "message a/b 55 0",
    "message a/b 666 0",
    "message a/b 777 0",
    "message a/b " + message("a/b", "") + " 0",
    "message a/b " + message("a/b", "") + " 0",
    "message a/b 8 1",
    "message a/b  0",
    "message a/b  0",
    "message a/b " + "x".repeat(200) + " 0",
    "message a/b " + "y".repeat(200) + " 0",
    "message a/b 99 0",
  ];

  test.each([1, 2, 3, 7, 10, 64, 65536])("in chunks of %d bytes", (size) => {
    const s = repeating();
    for (let at = 0; at < MIXED.length; at += size) s.broker.say(MIXED.substr(at, size));
    expect(s.news()).toEqual(NEWS);
    expect(s.client.status().received).toBe(2 + NEWS.length);
    expect(s.broker.take().map((p) => p.cmd)).toEqual(["puback"]);
  });

  test("a handler of the filter that is subscribed later gets the next one, and no more once unsubscribed", () => {
    const s = repeating();
    const got: string[] = [];
    s.client.subscribe("a/+", { handler: (topic: string, payload: string) => got.push(topic + payload) });
    s.world.settle();
    s.broker.say(message("a/b", "22"), message("a/b", "33"));
    s.client.unsubscribe("a/+");
    s.world.settle();
    s.broker.say(message("a/b", "44"), message("a/b", "55"));
    expect(got).toEqual(["a/b22", "a/b33"]);
    expect(s.news().length).toBe(4);
  });

  test("a listener added or removed by a listener counts from the next message of the same chunk", () => {
    const s = repeating();
    const got: string[] = [];
    const second = (topic: string, payload: string) => got.push(payload);
    const first = (topic: string, payload: string) => {
      if (payload === "22") s.client.on("message", second);
      if (payload === "44") s.client.removeListener("message", second);
    };
    s.client.on("message", first);
    s.broker.say(message("a/b", "22"), message("a/b", "33"), message("a/b", "44"), message("a/b", "55"));
    expect(got.filter((payload) => payload !== "22" && payload !== "44")).toEqual(["33"]);
    expect(s.news().length).toBe(4);
  });

  test("once: a listener that removes itself is not called again", () => {
    const s = scene();
    const alone = s.world.mqtt.connect({ clientId: "alone" });
    let calls = 0;
    s.world.tick(1);
    const all = () => undefined;
    const once = () => {
      if (++calls === 2) alone.removeListener("message", once);
    };
    alone.on("message", once);
    s.broker.say(message("a/b", "1"), message("a/b", "2"), message("a/b", "3"), message("a/b", "4"));
    expect(calls).toBe(2);
    alone.on("message", all);
  });

  test("a listener that was removed between two chunks is not called again, and a new one is", () => {
    const s = scene();
    const alone = s.world.mqtt.connect({ clientId: "alone" });
    const got: string[] = [];
    const first = (topic: string, payload: string) => got.push("first " + payload);
    s.world.tick(1);
    alone.on("message", first);
    s.broker.say(message("a/b", "1"), message("a/b", "2"));
    alone.removeListener("message", first);
    s.broker.say(message("a/b", "3"), message("a/b", "4"));
    alone.on("message", (topic: string, payload: string) => got.push("second " + payload));
    s.broker.say(message("a/b", "5") + message("a/b", "6") + message("a/b", "7"));
    expect(got).toEqual(["first 1", "first 2", "second 5", "second 6", "second 7"]);
  });

  test("thousands in one chunk, whatever comes between them", () => {
    const s = repeating();
    const many = message("a/b", "22").repeat(500);
    s.broker.say(many + encode({ cmd: "pingresp" }) + many + message("a/c", "33") + many);
    const news = s.news();
    expect(news.length).toBe(1501);
    expect(news.filter((one) => one === "message a/c 33 0").length).toBe(1);
    expect(s.client.status().received).toBe(1503);
  });

  test("a listener that throws: an error event, and the rest of the chunk", () => {
    const s = scene();
    const alone = s.world.mqtt.connect({ clientId: "alone" });
    const got: string[] = [];
    alone.on("error", (e: Error) => got.push(e.message));
    alone.on("message", (topic: string, payload: string) => {
      got.push(payload);
      if (payload === "2" || payload === "3") throw new Error("boom");
    });
    s.world.tick(1);
    s.broker.say(["1", "2", "3", "4"].map((payload) => message("a/b", payload)).join(""));
    expect(got).toEqual(["1", "2", "boom", "3", "boom", "4"]);
    expect(alone.connected).toBe(true);
  });

  test("nothing comes after an end by force or a malformed packet", () => {
    const s = repeating();
    s.broker.say(message("a/b", "22") + "\0\0" + message("a/b", "33"));
    expect(s.news().slice(0, 2)).toEqual(["message a/b 22 0", "error protocol"]);
    s.world.tick(60000);
    s.broker.say(message("a/b", "44"));
    expect(s.news()).toContain("message a/b 44 0");
  });

  test("half a message that the link took with it is not completed by the next link", () => {
    const s = repeating();
    s.broker.say(message("a/b", "22").substr(0, 8));
    s.broker.drop();
    s.world.tick(60000);
    s.news();
    s.broker.say(message("a/b", "33"), message("a/b", "44"));
    expect(s.news()).toEqual(["message a/b 33 0", "message a/b 44 0"]);
  });

  test("topics with more than ASCII keep their text", () => {
    const s = scene();
    const name = "é/€/😀";
    s.broker.publish(name, "1").publish(name, "2").publish(name, "3");
    expect(s.news()).toEqual(["connect", ...["1", "2", "3"].map((n) => `message ${s.world.text(name)} ${n} 0`)]);
  });
});

describe("what goes", () => {
  const sent = (s: Scene) => s.broker.take("publish").map((p) => `${p.topic} ${p.payload} ${p.qos}${p.retain ? "r" : ""}`);

  test("other lengths, topics, options between repetitions, in order", () => {
    const s = repeating();
    const order: number[] = [];
    const given: [string, string, object?][] = [
      ["p", "2"],
      ["p", "33"],
      ["p", "44"],
      ["q", "55"],
      ["q", "66", { qos: 0 }],
      ["q", "77", { retain: true }],
      ["q", "88", {}],
      ["q", "99", { qos: 1 }],
      ["q", "10"],
      ["q", ""],
      ["q", "11"],
      ["q", "x".repeat(3000)],
      ["q", "y".repeat(3000)],
      ["q", "12"],
    ];
    given.forEach(([topic, payload, options], i) => s.client.publish(topic, payload, options, () => order.push(i)));
    s.world.settle();
    expect(sent(s)).toEqual(given.map(([topic, payload, o = {}]: any) => `${topic} ${payload} ${o.qos || 0}${o.retain ? "r" : ""}`));
    expect(order.slice().sort((a, b) => a - b)).toEqual(given.map((_, i) => i));
    expect(s.client.status()).toMatchObject({ queued: 0, bytes: 0, sent: 2 + given.length });
  });

  test("a callback in the place of the options, and no callback", () => {
    const s = repeating();
    const order: string[] = [];
    for (const payload of ["2", "3", "44", "5"]) s.client.publish("p", payload, () => order.push(payload));
    s.client.publish("p", "6");
    s.world.settle();
    expect(sent(s)).toEqual(["2", "3", "44", "5", "6"].map((payload) => `p ${payload} 0`));
    expect(order).toEqual(["2", "3", "44", "5"]);
  });

  test("what is published while a write is under way leaves in order, QoS 1 among it", () => {
    const s = scene();
    const order: string[] = [];
    s.world.tick(1);
    const all: [string, 0 | 1][] = [["a", 0], ["b", 0], ["c", 1], ["d", 0], ["e", 0], ["f", 1]]; // prettier-ignore
    for (const [payload, qos] of all) s.client.publish("p", payload, { qos }, () => order.push(payload));
    s.world.settle();
    expect(sent(s)).toEqual(all.map(([payload, qos]) => `p ${payload} ${qos}`));
    expect(s.client.status()).toMatchObject({ connected: true, sent: expect.any(Number) });
    expect(order.filter((payload) => "abde".includes(payload))).toEqual(["a", "b", "d", "e"]);
  });

  test("a large message does not join a write that is under way: it would pass for answers nobody reads", () => {
    const s = repeating({ queueLimit: 65536 });
    s.client.publish("q", "1");
    for (const n of [2, 3]) s.client.publish("q", String(n).repeat(9000));
    s.broker.say(message("a/b", "22"));
    expect(s.news()).toEqual(["message a/b 22 0"]);
    s.world.settle();
    expect(sent(s).map((one) => one.length)).toEqual([5, 9004, 9004]);
  });

  test("text is encoded though the length is that of the last", () => {
    const s = scene();
    for (const text of ["abc", "abc", "aé€", "😀x", "abc"]) s.client.publish("t", s.world.text(text));
    s.world.settle();
    expect(sent(s)).toEqual(["abc", "abc", "aé€", "😀x", "abc"].map((text) => `t ${text} 0`));
  });

  test("bytes of the same length are bytes", () => {
    const s = repeating();
    s.client.publish("p", s.world.binary(255).view);
    s.client.publish("p", s.world.binary(254).buffer);
    s.client.publish("p", "3", { binary: true });
    s.world.settle();
    expect(s.broker.take("publish").map((p) => p.payload.toString("hex"))).toEqual(["ff", "fe", "33"]);
  });

  test("what is wrong is still wrong", () => {
    const s = repeating();
    expect(thrown(() => s.client.publish("p", "2", { qoss: 1 })).code).toBe("config");
    expect(thrown(() => s.client.publish("p", "2", { qos: 0, qoss: 1 })).code).toBe("config");
    expect(thrown(() => s.client.publish("p", "2", { qos: 3 })).code).toBe("config");
    expect(thrown(() => s.client.publish("p", undefined)).code).toBe("config");
    expect(thrown(() => s.client.publish("p", 2)).code).toBe("config");
    expect(thrown(() => s.client.publish("#", "2")).code).toBe("config");
    s.client.publish("p", "3");
    s.world.settle();
    expect(sent(s)).toEqual(["p 3 0"]);
    s.client.end(true);
    expect(thrown(() => s.client.publish("p", "4")).code).toBe("offline");
  });

  test("offline it waits, and goes after the next connection", () => {
    const s = repeating();
    s.broker.drop();
    s.client.publish("p", "2");
    s.client.publish("p", "3");
    expect(s.client.status()).toMatchObject({ connected: false, queued: 2 });
    s.world.tick(60000);
    expect(sent(s)).toEqual(["p 2 0", "p 3 0"]);
  });

  test("a callback comes once, with an error when the link took the bytes", () => {
    const s = repeating();
    const done: any[] = [];
    s.broker.wire!.hold(true);
    for (let i = 0; i < 5; i++) s.client.publish("p", "" + i, undefined, (e: any) => done.push(e ? e.code : i));
    s.world.settle();
    s.broker.drop("reset");
    // What was with the link is lost; what waited goes with the next.
    expect(done.length).toBeGreaterThan(0);
    s.world.tick(60000);
    expect(done.length).toBe(5);
  });

  test("a link that ends without an error while one write is under way and another waits: each callback comes once", () => {
    const s = repeating();
    const done: string[] = [];
    s.broker.wire!.hold(true);
    for (const n of ["2", "3"]) s.client.publish("p", n, undefined, (e: any) => done.push(n + (e ? e.code : "")));
    s.broker.drop();
    expect(done).toEqual(["2network", "3network"]);
  });

  test("callbacks that throw or publish do not keep the others", () => {
    const s = repeating();
    const done: number[] = [];
    for (let i = 0; i < 6; i++)
      s.client.publish("p", "" + i, undefined, () => {
        done.push(i);
        if (i === 1) s.client.publish("p", "x");
        if (i === 2) throw new Error("boom");
      });
    s.world.settle();
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
    expect(s.errors.map((e) => e.message)).toEqual(["boom"]);
    expect(sent(s).length).toBe(7);
    expect(s.client.status()).toMatchObject({ queued: 0, sent: 9 });
  });

  test("more than the link takes waits in the queue, in order, within queueLimit", () => {
    const s = repeating({ queueLimit: 3000 });
    const payload = "0123456789".repeat(10);
    s.client.publish("p", payload);
    s.world.settle();
    s.broker.take();
    s.news();
    for (let i = 0; i < 200; i++) s.client.publish("p", payload);
    const refused = s.news().filter((one) => one === "error limit").length;
    expect(refused).toBeGreaterThan(100);
    s.world.settle();
    expect(sent(s).length).toBe(200 - refused);
  });
});
