import fc from "../../rig/properties";
import { scene } from "../../rig/scene";

// Runs on "thincloud/mqtt".

test("an idle client pings, the broker answers, the link lives on", () => {
  const { world, broker, events } = scene({ keepalive: 10 });
  world.tick(600000);
  expect(broker.all("pingreq").length).toBeGreaterThanOrEqual(59);
  expect(broker.all("pingreq").length).toBeLessThanOrEqual(121);
  expect(events).toEqual(["connect"]);
});

test.each([1, 5, 10, 60, 300, 65535])("keepalive %i s: a silent peer is found within one and a half", (keepalive) => {
  const { world, broker, events, errors } = scene({ keepalive });
  broker.auto.clear();
  const since = world.now();
  let found = 0;
  while (!found && world.now() - since < keepalive * 2000) {
    world.tick(keepalive * 10);
    if (events.length > 1) found = world.now() - since;
  }
  expect(events.slice(1, 4)).toEqual(["error timeout", "close", "offline"]);
  expect(errors[0].message).toContain("keepalive");
  expect(found / 1000).toBeLessThanOrEqual(1.5 * keepalive + 0.02);
  expect(found / 1000).toBeGreaterThanOrEqual(keepalive);
  expect(broker.wire!.over).toBe(true);
});

test("a peer that falls silent at any moment is found within one and a half", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40000 }), fc.array(fc.integer({ min: 1, max: 15000 }), { maxLength: 6 }), (ms, pauses) => {
      const { world, broker, client, events } = scene({ keepalive: 10 });
      for (const pause of pauses) {
        world.tick(pause);
        client.publish("t", "x");
      }
      world.tick(ms);
      broker.auto.clear();
      const last = world.now();
      // The client goes on talking; only what it hears counts.
      for (let i = 0; i < 15 && events.length === 1; i++) {
        client.publish("t", "x");
        world.tick(1000);
      }
      world.tick(1);
      expect([ms, pauses, events[1], world.now() - last <= 15002]).toEqual([ms, pauses, "error timeout", true]);
    }),
    { numRuns: 40 },
  );
});

test("a late answer never closes a live link: anything that comes is a sign of life", () => {
  const { world, broker, events } = scene({ keepalive: 10 });
  broker.auto.delete("pingresp");
  for (let i = 0; i < 100; i++) {
    world.tick(9900);
    broker.publish("t");
  }
  expect(events.filter((e) => !e.startsWith("message"))).toEqual(["connect"]);
  // Answers that take almost half a keep-alive.
  for (let i = 0; i < 100; i++) {
    const pings = broker.take("pingreq").length;
    world.tick(4900);
    if (pings) broker.say({ cmd: "pingresp" });
  }
  expect(events.filter((e) => !e.startsWith("message"))).toEqual(["connect"]);
});

test("never silent longer than keepalive, whatever is sent when [MQTT-3.1.2-23]", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4900 }),
      fc.array(fc.integer({ min: 1, max: 12000 }), { maxLength: 8 }),
      fc.boolean(),
      (delay, pauses, chatty) => {
        const { world, broker, client } = scene({ keepalive: 10 }, (w, b) => {
          b.auto.delete("connack");
          w.latency = 0;
        });
        world.tick(delay);
        broker.say(broker.connack);
        broker.auto.add("connack");
        for (const pause of pauses) {
          client.publish("t", "x");
          if (chatty) broker.publish("t");
          world.tick(pause);
          if (chatty) broker.publish("t");
        }
        world.tick(30000);
        const times = broker.got.map((p) => p.at);
        for (let i = 1; i < times.length; i++) expect([delay, pauses, times[i] - times[i - 1] <= 10001]).toEqual([delay, pauses, true]);
        expect(broker.all("connect").length).toBe(1);
      },
    ),
    { numRuns: 60 },
  );
});

test("a client that only publishes, and is answered at QoS 1, needs no more than its keep-alive", () => {
  const { world, broker, client } = scene({ keepalive: 10 });
  for (let i = 0; i < 100; i++) {
    client.publish("t", "x", { qos: 1 });
    world.tick(1000);
  }
  expect(broker.all("pingreq").length).toBeLessThanOrEqual(20);
});

test("keepalive 0: no pings, and silence is no end [MQTT-3.1.2-24 binds the server only]", () => {
  const { world, broker, events } = scene({ keepalive: 0 });
  broker.auto.clear();
  world.tick(24 * 3600000);
  expect(broker.take().map((p) => p.cmd)).toEqual(["connect"]);
  expect(events).toEqual(["connect"]);
});

test("pings wait for the link like everything else: a peer that does not read is found too", () => {
  const { world, broker, client, events } = scene({ keepalive: 10 });
  broker.wire!.hold(true);
  for (let i = 0; i < 5; i++) client.publish("t", "x", { qos: 1 });
  world.tick(15100);
  expect(events.slice(1, 3)).toEqual(["error timeout", "close"]);
  world.tick(60000);
  expect(client.connected).toBe(true);
  expect(broker.all("publish").length).toBe(5);
  expect(client.status().queued).toBe(0);
});

test("one timer, whatever happens", () => {
  const { world, broker, client } = scene({ keepalive: 10 });
  for (let i = 0; i < 50; i++) {
    expect(world.timers()).toBe(1);
    if (i % 7 === 3) broker.drop();
    if (i % 11 === 5) client.reconnect();
    if (i % 5 === 2 && client.connected) broker.publish("t", "", { qos: 2, messageId: i });
    world.tick(3000);
  }
  client.end(true);
  world.tick(1000);
  expect(world.timers()).toBe(0);
  expect(world.links()).toBe(0);
});
