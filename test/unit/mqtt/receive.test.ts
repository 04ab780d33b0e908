import { scene, type Scene } from "../../rig/scene";
import { encode, type Sent } from "../../rig/script";

// Runs on "thincloud/mqtt".

/** One of each packet a broker may send, and what the client makes of it. */
const FIXTURES: Sent[] = [
  { cmd: "publish", topic: "a/b", payload: "zero", qos: 0 },
  { cmd: "publish", topic: "a/b", payload: "", qos: 0, retain: true },
  { cmd: "publish", topic: "a/b", payload: "one", qos: 1, messageId: 1 },
  { cmd: "publish", topic: "b", payload: "two".repeat(60), qos: 2, messageId: 513 },
  { cmd: "publish", topic: "b", payload: "two".repeat(60), qos: 2, messageId: 513, dup: true },
  { cmd: "pubrel", messageId: 513 },
  { cmd: "puback", messageId: 3 },
  { cmd: "pubrec", messageId: 4 },
  { cmd: "pubcomp", messageId: 4 },
  { cmd: "suback", messageId: 1, granted: [1] },
  { cmd: "unsuback", messageId: 2 },
  { cmd: "pingresp" },
  { cmd: "publish", topic: "end", payload: "!", qos: 0 },
];
const STREAM = FIXTURES.map(encode).join("");

/** A client with a publication of each QoS, a subscription and its end under way: nothing is answered by itself. */
function open(chunk = 65536): Scene & { done: string[] } {
  const done: string[] = [];
  const s = scene({}, (w, b) => {
    w.chunk = chunk;
    b.auto = new Set(["connack"]);
  });
  s.client.subscribe("a/b", { qos: 1 }, () => done.push("subscribed"));
  s.client.unsubscribe("x", () => done.push("unsubscribed"));
  s.client.publish("p", "1", { qos: 1 }, () => done.push("published 1"));
  s.client.publish("p", "2", { qos: 2 }, () => done.push("published 2"));
  s.world.settle();
  s.broker.take();
  s.news();
  return { ...s, done };
}

const outcome = (s: ReturnType<typeof open>) => ({
  events: s.events,
  done: s.done,
  sent: s.broker.take().map((p) => `${p.cmd} ${p.messageId}`),
  status: { ...s.client.status() },
});

const EXPECTED = {
  events: ["message a/b zero 0", "message a/b  0r", "message a/b one 1", `message b ${"two".repeat(60)} 2`, "message end ! 0"],
  done: ["published 1", "published 2", "subscribed", "unsubscribed"],
  sent: ["puback 1", "pubrec 513", "pubrec 513", "pubcomp 513", "pubrel 4"],
  status: { connected: true, queued: 0, bytes: 0, inflight: 0, sent: 2, received: 5, dropped: 0, reconnects: 0 },
};

test("each packet a broker may send, in one piece", () => {
  const s = open();
  s.broker.say(STREAM);
  expect(outcome(s)).toEqual(EXPECTED);
});

test("the same for every split point", () => {
  for (let at = 1; at < STREAM.length; at++) {
    const s = open();
    s.broker.say(STREAM.slice(0, at));
    s.broker.say(STREAM.slice(at));
    expect({ at, ...outcome(s) }).toEqual({ at, ...EXPECTED });
    if (s.world.minified) at += 12;
  }
});

test.each([1, 2, 3, 7])("the same %i bytes at a time", (chunk) => {
  const s = open(chunk);
  s.broker.say(STREAM);
  expect(outcome(s)).toEqual(EXPECTED);
});

test("cut short at every byte: nothing of the packet that is not whole is seen, and the next link begins afresh", () => {
  const s = open();
  let start = 0;
  for (const fixture of FIXTURES) {
    const bytes = encode(fixture);
    const step = s.world.minified ? 9 : 1;
    for (let n = 1; n < bytes.length; n += step) {
      s.news();
      s.done.length = 0;
      s.broker.take();
      s.broker.say(bytes.slice(0, n));
      expect([fixture, n, s.news(), s.done, s.broker.take()]).toEqual([fixture, n, [], [], []]);
      s.broker.drop();
      s.world.tick(60000);
      expect(s.client.connected).toBe(true);
    }
    start += bytes.length;
  }
  expect(start).toBe(STREAM.length);
});

test("20,000 packets in one chunk: no recursion, and time in proportion", () => {
  const s = scene({ keepalive: 0 }, (w) => (w.chunk = 1e9));
  let count = 0;
  s.client.on("message", () => count++);
  const one = encode({ cmd: "publish", topic: "t", payload: "0123456789", qos: 0 });
  const took = (n: number) => {
    const began = process.cpuUsage();
    s.broker.say(one.repeat(n));
    const { user, system } = process.cpuUsage(began);
    return (user + system) / n;
  };
  // Four times as many may not cost four times as much each; the machine may be busy with something else for a while.
  let ratio = Infinity;
  let runs = 0;
  for (; runs < 8 && ratio >= 3; runs++) {
    const few = took(5000) + took(5000);
    ratio = (2 * took(20000)) / few;
  }
  expect(ratio).toBeLessThan(3);
  expect(count).toBe(runs * 30000);
});

test("20,000 packets one byte at a time", () => {
  const s = scene({ keepalive: 0 }, (w) => (w.chunk = 1));
  const n = s.world.minified ? 2000 : 20000;
  let count = 0;
  s.client.on("message", () => count++);
  const one = encode({ cmd: "publish", topic: "t", payload: "x", qos: 0 });
  for (let i = 0; i < n / 1000; i++) s.broker.say(one.repeat(1000));
  expect(count).toBe(n);
});

test("a large packet one byte at a time", () => {
  const s = scene({ keepalive: 0 }, (w) => (w.chunk = 1));
  const payload = "0123456789abcdef".repeat(s.world.minified ? 100 : 2000);
  s.broker.publish("t", payload);
  expect(s.events[1]).toBe(`message t ${payload} 0`);
});

describe("what is announced is not allocated", () => {
  test.each([
    ["256 MB", "\x30\xff\xff\xff\x7f"],
    ["one over the default limit", "\x30\x81\x80\x02"],
  ])("%s is refused before a byte of it came", (_name, head) => {
    const { broker, events, errors, client } = scene();
    broker.say(head);
    expect(events).toEqual(["connect", "error limit", "close", "offline"]);
    expect(errors[0].message).toContain("maxPacketSize");
    expect(client.connected).toBe(false);
    expect(broker.wire!.over).toBe(true);
  });

  test.each([
    ["before CONNACK too", "\x20\xff\xff\xff\x7f"],
    ["of a kind that has a fixed size too", "\x40\xff\xff\xff\x7f"],
  ])("%s", (_name, head) => {
    const { broker, events } = scene({}, (_w, b) => b.auto.delete("connack"));
    broker.say(head);
    expect(events[0]).toMatch(/error (limit|protocol)/);
    expect(broker.wire!.over).toBe(true);
  });

  test("maxPacketSize is the limit of what follows the fixed header", () => {
    const { broker, news } = scene({ maxPacketSize: 100 });
    news();
    broker.publish("t", "x".repeat(97));
    expect(news()).toEqual([`message t ${"x".repeat(97)} 0`]);
    broker.publish("t", "x".repeat(98));
    expect(news()).toEqual(["error limit", "close", "offline"]);
  });
});

const publish = (topic: string, more = "") => "\x30" + String.fromCharCode(2 + topic.length + more.length, 0, topic.length) + topic + more;

const MALFORMED: [string, string, RegExp][] = [
  ["a length of five bytes", "\x30\x80\x80\x80\x80\x01", /2\.2\.3/],
  ["a length of five bytes, not all there", "\x30\xff\xff\xff\xff", /2\.2\.3/],
  ["type 0", "\x00\x00", /2\.2\.2-2/],
  ["type 15", "\xf0\x00", /2\.2\.2-2/],
  ["CONNECT", "\x10\x02\x00\x01", /2\.2\.2-2/],
  ["CONNACK", "\x20\x02\x00\x00", /2\.2\.2-2|3\.2\.0-1/],
  ["SUBSCRIBE", "\x82\x06\x00\x01\x00\x01a\x00", /2\.2\.2-2/],
  ["UNSUBSCRIBE", "\xa2\x05\x00\x01\x00\x01a", /2\.2\.2-2/],
  ["PINGREQ", "\xc0\x00", /2\.2\.[23]/],
  ["PINGREQ with a body as PUBACK has", "\xc0\x02\x00\x01", /2\.2\.[23]/],
  ["DISCONNECT", "\xe0\x00", /2\.2\.2-2/],
  ["PUBACK with flags", "\x41\x02\x00\x01", /2\.2\.2-2/],
  ["PUBREC with flags", "\x52\x02\x00\x01", /2\.2\.2-2/],
  ["PUBREL without flags", "\x60\x02\x00\x01", /2\.2\.2-2/],
  ["PUBREL with other flags", "\x63\x02\x00\x01", /2\.2\.2-2/],
  ["PUBCOMP with flags", "\x78\x02\x00\x01", /2\.2\.2-2/],
  ["SUBACK with flags", "\x92\x03\x00\x01\x00", /2\.2\.2-2/],
  ["UNSUBACK with flags", "\xb1\x02\x00\x01", /2\.2\.2-2/],
  ["PINGRESP with flags", "\xd2\x00", /2\.2\.2-2/],
  ["PUBACK too short", "\x40\x01\x00", /2\.2\.3/],
  ["PUBACK too long", "\x40\x03\x00\x01\x00", /2\.2\.3/],
  ["PUBREC empty", "\x50\x00", /2\.2\.3/],
  ["PUBREL too long", "\x62\x03\x00\x01\x00", /2\.2\.3/],
  ["PUBCOMP too short", "\x70\x01\x00", /2\.2\.3/],
  ["UNSUBACK too long", "\xb0\x03\x00\x01\x00", /2\.2\.3/],
  ["SUBACK without a code", "\x90\x02\x00\x01", /2\.2\.3/],
  ["PINGRESP with a body", "\xd0\x01\x00", /2\.2\.3/],
  ["PUBLISH of QoS 3", "\x36\x05\x00\x01a\x00\x01", /3\.3\.1-4/],
  ["PUBLISH of QoS 3 and DUP", "\x3e\x05\x00\x01a\x00\x01", /3\.3\.1-4/],
  ["DUP at QoS 0", "\x38\x03\x00\x01a", /3\.3\.1-2/],
  ["PUBLISH without a body", "\x30\x00", /3\.3\.2|4\.7\.3/],
  ["PUBLISH with half a topic length", "\x30\x01\x00", /3\.3\.2|4\.7\.3/],
  ["a topic longer than its packet", "\x30\x03\x00\x05a", /\[MQTT-[234]\./],
  ["an empty topic", publish(""), /3\.3\.2|4\.7\.3/],
  ["a topic with +", publish("a/+"), /3\.3\.2/],
  ["a topic with #", publish("#"), /3\.3\.2/],
  ["a topic with NUL", publish("a\0b"), /3\.3\.2|1\.5\.3|4\.7\.3/],
  ["a topic with a surrogate", publish("\xed\xa0\x80"), /3\.3\.2|1\.5\.3/],
  ["a topic with an overlong NUL", publish("\xc0\x80"), /3\.3\.2|1\.5\.3/],
  ["a topic with half a character", publish("a\xe2\x82"), /3\.3\.2|1\.5\.3/],
  ["a topic with a lone continuation", publish("\x80"), /3\.3\.2|1\.5\.3/],
  ["a topic over U+10FFFF", publish("\xf4\x90\x80\x80"), /3\.3\.2|1\.5\.3/],
  ["QoS 1 without an identifier", "\x32\x03\x00\x01a", /2\.3\.1-1/],
  ["QoS 1 with half an identifier", "\x32\x04\x00\x01a\x01", /2\.3\.1-1/],
  ["QoS 1 with identifier 0", "\x32\x05\x00\x01a\x00\x00", /2\.3\.1-1/],
  ["QoS 2 with identifier 0", "\x34\x05\x00\x01a\x00\x00", /2\.3\.1-1/],
];

describe("malformed packets close the link with an error that names the clause, and the client comes again [MQTT-4.8.0-1]", () => {
  test.each(MALFORMED)("%s", (_name, bytes, clause) => {
    const { world, broker, client, news, errors } = scene();
    // A second time is no better than a first.
    for (let time = 0; time < 2; time++) {
      broker.take();
      news();
      // What comes behind it in the same chunk is not looked at.
      broker.say(bytes + encode(FIXTURES[0]!));
      expect(news()).toEqual(["error protocol", "close", "offline"]);
      expect(errors.pop().message).toMatch(clause);
      expect(client.connected).toBe(false);
      expect(broker.wire!.over).toBe(true);
      expect(broker.take()).toEqual([]);
      world.tick(60000);
      expect(news()).toEqual(["reconnect", "connect"]);
    }
    expect(world.links()).toBe(1);
    expect(world.timers()).toBe(1);
  });
});

test("a valid topic after a malformed one, of any length and plane", () => {
  const { world, broker, news } = scene();
  const text = "é€😀/" + "x".repeat(300);
  broker.publish(text, "a");
  broker.publish(text, "b");
  expect(news().slice(1)).toEqual(["a", "b"].map((payload) => `message ${world.text(text)} ${payload} 0`));
});

test("a byte order mark in a topic is a character like any other [MQTT-1.5.3-3]", () => {
  const { world, broker, news } = scene();
  broker.publish("\ufeffa", "x");
  expect(news().slice(1)).toEqual([`message ${world.text("\ufeffa")} x 0`]);
});

test("bytes that come after the client let go are not looked at", () => {
  const { world, broker, client, events } = scene();
  client.on("message", () => client.end(true));
  broker.say(FIXTURES[0]!);
  world.tick(1);
  broker.send(FIXTURES[0]!);
  world.tick(1000);
  expect(events).toEqual(["connect", "message a/b zero 0", "close", "end"]);
  expect(world.timers()).toBe(0);
});

test("nor are those that came behind what made it let go, however many", () => {
  const { world, broker, events } = scene({}, (w) => (w.chunk = 65536));
  broker.say("\xf0\0" + encode(FIXTURES[0]!).repeat(1000));
  expect(events).toEqual(["connect", expect.stringMatching(/^error protocol/), "close", "offline"]);
  world.tick(60000);
  broker.say(encode(FIXTURES[0]!));
  expect(events.slice(4)).toEqual(["reconnect", "connect", "message a/b zero 0"]);
});
