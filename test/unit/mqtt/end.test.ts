import { callback, scene } from "../../rig/scene";

// Runs on "thincloud/mqtt".

const ended = (s: ReturnType<typeof scene>) => {
  s.world.tick(10);
  expect(s.events.filter((e) => e === "end").length).toBe(1);
  expect(s.events[s.events.length - 1]).toBe("end");
  expect([s.world.timers(), s.world.links(), s.client.connected]).toEqual([0, 0, false]);
  const wires = s.world.wires.length;
  s.world.tick(1000000);
  expect(s.world.wires.length).toBe(wires);
  expect(s.events.filter((e) => e === "end").length).toBe(1);
};

test("says DISCONNECT, last, and closes [MQTT-3.14.1-1] [MQTT-3.14.4-1] [MQTT-3.14.4-2]", () => {
  const s = scene();
  const done = callback();
  expect(s.client.end(done)).toBe(s.client);
  s.world.tick(10);
  expect(s.events).toEqual(["connect", "close", "end"]);
  expect(done.calls.length).toBe(1);
  expect(s.world.wires[0]!.sent.slice(-2)).toBe("\xe0\0");
  expect(s.broker.all("disconnect").length).toBe(1);
  expect(s.world.wires[0]!.over).toBe(true);
  ended(s);
});

test.each([0, 1, 2])("waits for what is under way at QoS %i", (qos) => {
  const s = scene({}, (_w, b) => (b.auto = new Set(["connack"])));
  const done = callback();
  for (let i = 0; i < 30; i++) s.client.publish("t", "" + i, { qos }, done);
  s.client.end();
  s.world.tick(1000);
  if (qos) expect(s.events).toEqual(["connect"]);
  for (let id = 1; qos && id < 31; id++) {
    s.broker.say(
      ...(qos === 1
        ? [{ cmd: "puback", messageId: id }]
        : [
            { cmd: "pubrec", messageId: id },
            { cmd: "pubcomp", messageId: id },
          ]),
    );
  }
  s.world.tick(1);
  expect(s.broker.all("publish").length).toBe(30);
  expect(done.calls.map(([e]) => e || "ok")).toEqual(new Array(30).fill("ok"));
  expect(s.broker.got[s.broker.got.length - 1].cmd).toBe("disconnect");
  ended(s);
});

test("a link that breaks while it waits is the end; what was under way is told", () => {
  const s = scene({}, (_w, b) => (b.auto = new Set(["connack"])));
  const done = callback();
  s.client.publish("t", "x", { qos: 1 }, done);
  s.client.subscribe("a", done);
  s.world.settle();
  s.client.end();
  s.broker.drop();
  expect(done.calls.map(([e]) => e.code)).toEqual(["offline", "offline"]);
  ended(s);
});

test("a broker that answers pings and acknowledges nothing is waited for as long as a silent one", () => {
  const s = scene({ keepalive: 60 }, (_w, b) => (b.auto = new Set(["connack", "pingresp"])));
  const done = callback();
  s.world.tick(29000);
  s.client.publish("t", "x", { qos: 1 }, done);
  s.world.settle();
  s.client.end();
  s.world.tick(89000);
  expect([s.events, done.calls]).toEqual([["connect"], []]);
  s.world.tick(1500);
  expect(done.err).toMatchObject({ code: "offline" });
  ended(s);
});

test("an end just before a ping is due waits no less", () => {
  const s = scene({ keepalive: 60 }, (_w, b) => (b.auto = new Set(["connack", "pingresp"])));
  const done = callback();
  s.world.tick(29900);
  s.client.publish("t", "x", { qos: 1 }, done);
  s.world.settle();
  s.client.end();
  s.world.tick(5000);
  s.broker.say({ cmd: "puback", messageId: 1 });
  expect(done.calls).toEqual([[undefined, expect.anything()]]);
  ended(s);
});

test("end(true) does not wait", () => {
  const s = scene({}, (_w, b) => (b.auto = new Set(["connack"])));
  const done = callback();
  s.client.publish("t", "x", { qos: 1 }, done);
  s.world.settle();
  const over = callback();
  s.client.end(true, over);
  s.world.tick(10);
  expect(over.calls.length).toBe(1);
  expect(done.err).toMatchObject({ code: "offline" });
  ended(s);
});

test("end(true) hurries an end that waits", () => {
  const s = scene({}, (_w, b) => (b.auto = new Set(["connack"])));
  const first = callback();
  const second = callback();
  s.client.publish("t", "x", { qos: 1 });
  s.world.settle();
  s.client.end(first);
  s.world.tick(1000);
  expect(first.calls).toEqual([]);
  s.client.end(true, second);
  s.world.tick(10);
  expect([first.calls.length, second.calls.length]).toEqual([1, 1]);
  ended(s);
});

// As MQTT.js has it: `end(force, opts, callback)`, all optional, and only `true` is force.
test.each<[string, any[]]>([
  ["null, null", [null, null]],
  ["false, undefined", [false, undefined]],
  ["an object without options", [{}]],
  ["1", [1]],
  ["false, an object without options", [false, {}]],
])("end(%s, callback) waits, and the callback is called", (_name, before) => {
  const s = scene({}, (_w, b) => (b.auto = new Set(["connack"])));
  const done = callback();
  s.client.publish("t", "x", { qos: 1 });
  s.world.settle();
  s.client.end(...before, done);
  s.world.tick(1000);
  expect(s.events).toEqual(["connect"]);
  s.broker.say({ cmd: "puback", messageId: 1 });
  s.world.tick(10);
  expect(done.calls.length).toBe(1);
  ended(s);
});

test("in a handler of reconnect: no link is made any more", () => {
  for (const force of [false, true]) {
    const s = scene();
    s.client.on("reconnect", () => s.client.end(force));
    s.broker.drop();
    s.client.publish("t", "x", { qos: 1 });
    s.world.tick(2000);
    expect(s.world.wires.length).toBe(1);
    ended(s);
  }
});

test("while offline, before the first attempt, while connecting", () => {
  const offline = scene();
  offline.broker.drop();
  const done = callback();
  offline.client.publish("t", "x", { qos: 0 }, done);
  offline.client.end();
  ended(offline);
  expect(done.err).toMatchObject({ code: "offline" });

  const connecting = scene({}, (_w, b) => b.auto.delete("connack"));
  connecting.client.end();
  ended(connecting);
  expect(connecting.broker.all("disconnect").length).toBe(0);

  const { world } = scene();
  const client = world.mqtt.connect({ clientId: "second" });
  const over = callback();
  client.end(over);
  world.tick(1000);
  expect(over.calls.length).toBe(1);
  expect([world.links(), world.timers()]).toEqual([1, 1]);
});

test("twice, and after it is over: every callback once, the event once per life", () => {
  const s = scene();
  const first = callback();
  const second = callback();
  const third = callback();
  s.client.end(first);
  s.client.end(second);
  s.world.tick(100);
  s.client.end(third);
  s.world.tick(100);
  expect([first, second, third].map((done) => done.calls.length)).toEqual([1, 1, 1]);
  s.client.reconnect();
  s.world.tick(100);
  expect(s.client.connected).toBe(true);
  s.client.end();
  s.world.tick(100);
  expect([first, second, third].map((done) => done.calls.length)).toEqual([1, 1, 1]);
});

test("callbacks that heard of the end are not called again after reconnect()", () => {
  const s = scene({}, (_w, b) => (b.auto = new Set(["connack"])));
  const done = callback();
  s.client.publish("t", "x", { qos: 1 }, done);
  s.world.settle();
  s.client.end(true);
  s.world.tick(10);
  expect(done.calls.length).toBe(1);
  s.broker.auto.add("puback");
  s.client.reconnect();
  s.world.tick(100);
  expect(s.client.status().queued).toBe(0);
  expect(done.calls.length).toBe(1);
});

describe("in a handler of", () => {
  test.each(["connect", "message", "close", "offline", "reconnect", "error", "end"])("%s", (name) => {
    for (const force of [false, true]) {
      const s = scene();
      let times = 0;
      const end = () => {
        if (!times++) s.client.end(force);
      };
      if (name === "connect") {
        const client = s.world.mqtt.connect({ clientId: "other" });
        client.on("connect", () => client.end(force));
        const over = callback();
        client.on("end", over);
        s.world.tick(100);
        expect(over.calls.length).toBe(1);
        expect(s.world.timers()).toBe(1);
        continue;
      }
      s.client.on(name, end);
      if (name === "message") s.broker.publish("t", "x", { qos: 2, messageId: 1 });
      else if (name === "end") s.client.end();
      else s.broker.drop("reset");
      if (name === "reconnect") s.world.tick(30000);
      s.world.tick(100);
      expect(times).toBeGreaterThan(0);
      expect(s.events).toContain("end");
      expect([s.world.timers(), s.world.links()]).toEqual([0, 0]);
    }
  });

  test("a callback of publish", () => {
    const s = scene();
    s.client.publish("t", "x", { qos: 1 }, () => s.client.end());
    ended(s);
  });
});

test("a PUBACK or PUBREC that the end overtakes is not sent after DISCONNECT", () => {
  const s = scene();
  s.client.on("message", () => s.client.end());
  s.broker.publish("t", "x", { qos: 1, messageId: 1 });
  s.world.tick(100);
  expect(s.broker.got[s.broker.got.length - 1].cmd).toBe("disconnect");
  ended(s);
});

test("a broker that never answers cannot hold up the end for longer than it takes to find it dead", () => {
  const s = scene({ keepalive: 10 }, (_w, b) => (b.auto = new Set(["connack"])));
  s.client.publish("t", "x", { qos: 1 });
  s.world.settle();
  s.client.end();
  s.world.tick(16000);
  expect(s.events).toContain("end");
  expect([s.world.timers(), s.world.links()]).toEqual([0, 0]);
});
