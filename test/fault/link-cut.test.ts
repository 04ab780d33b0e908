/**
 * A session of everything, with the link cut at every byte of either direction: nothing that was acknowledged to the application is
 * lost, QoS 2 comes exactly once, subscriptions are back, no timer is left. Runs on "thincloud/mqtt".
 */
import { MemBroker } from "../rig/membroker";
import { openWorld, type Wire } from "../rig/world";

type Way = "up" | "down" | "none";

/** How the cut shows: the client is told, is told with a reason, or is told nothing and has to find out. */
type Manner = "end" | "reset" | "silence";

interface Outcome {
  up: number;
  down: number;
  acknowledged: Set<string>;
  heard: string[];
  broker: MemBroker;
  events: string[];
  left: number[];
  links: number;
  status: any;
}

function run(way: Way, at: number, manner: Manner, clean: boolean): Outcome {
  const world = openWorld();
  world.chunk = 65536;
  const broker = new MemBroker(world);
  const accept = world.answer;
  const passed = { up: 0, down: 0 };
  let cut = false;

  world.answer = (wire: Wire) => {
    accept(wire);
    const { onData } = wire;
    const write = wire.write.bind(wire);
    let dead = false;
    const pass = (direction: "up" | "down", bytes: string, on: (bytes: string) => void) => {
      if (dead) return;
      const room = way === direction && !cut ? at - passed[direction] : Infinity;
      const part = bytes.slice(0, room);
      passed[direction] += part.length;
      if (part) on(part);
      if (part.length < bytes.length) {
        dead = cut = true;
        if (manner !== "silence") wire.end(manner === "reset" ? "connection reset" : undefined);
      }
    };
    wire.onData = (bytes) => pass("up", bytes, onData);
    wire.write = (bytes) => pass("down", bytes, write);
  };

  const acknowledged = new Set<string>();
  const heard: string[] = [];
  const events: string[] = [];
  const client = world.mqtt.connect({ clientId: "device", clean, keepalive: 10, connectTimeout: 5000 });
  const note = (name: string) => (e: unknown) => (e ? undefined : acknowledged.add(name));
  for (const name of ["connect", "close", "end"]) client.on(name, () => events.push(name));
  client.on("error", (e: any) => events.push("error " + e.code));
  client.on("message", (topic: string, payload: string, packet: any) => heard.push(`${topic} ${payload} ${packet.qos}`));

  client.subscribe({ zero: { qos: 0 }, one: { qos: 1 }, two: { qos: 2 } }, note("subscribed"));
  client.subscribe("gone", note("subscribed gone"));
  for (let i = 0; i < 3; i++) for (const qos of [0, 1, 2]) client.publish("up", "" + i, { qos }, note(`up ${i} ${qos}`));
  world.tick(20000);
  client.unsubscribe("gone", note("unsubscribed"));
  for (const topic of ["zero", "one", "two", "one", "two"]) broker.publish(topic, "d" + broker.owed.length);
  world.tick(30000);
  for (const qos of [1, 2]) client.publish("up", "late", { qos }, note(`up late ${qos}`));
  world.tick(120000);
  broker.publish("two", "last");
  world.tick(60000);
  const status = { ...client.status() };
  client.end();
  world.tick(30000);
  expect(world.faults).toEqual([]);
  return { ...passed, acknowledged, heard, broker, events, status, left: [world.timers(), world.links()], links: world.wires.length };
}

/** What must hold however often the link broke. */
function check(o: Outcome, what: unknown): void {
  const fail = (...more: unknown[]) => ({ what, events: o.events, more });
  const names = ["up 0", "up 1", "up 2", "up late"].flatMap((name) => [1, 2].map((qos) => `${name} ${qos}`));
  const count = (list: string[], name: string) => list.filter((one) => one === name).length;
  // All that was published is acknowledged in the end, so all of it must be with the broker.
  for (const name of [...names, "subscribed", "subscribed gone", "unsubscribed"])
    expect(fail(name, o.acknowledged.has(name))).toEqual(fail(name, true));
  for (const name of names) {
    const n = count(o.broker.received, name);
    expect(fail(name, name.endsWith("2") ? n === 1 : n >= 1)).toEqual(fail(name, true));
  }
  // Order within a QoS: the first arrivals are in the order of the calls [MQTT-4.6.0-1].
  for (const qos of [1, 2]) {
    const first = [...new Set(o.broker.received.filter((one) => one.endsWith(" " + qos)))];
    expect(fail(first)).toEqual(fail(names.filter((one) => one.endsWith(" " + qos))));
  }
  // The broker owes nothing, and the client heard QoS 2 exactly once, QoS 1 at least once.
  expect(fail(o.broker.owed, [...o.broker.held])).toEqual(fail([], []));
  const two = o.heard.filter((one) => one.startsWith("two"));
  expect(fail(two, new Set(two).size)).toEqual(fail(two, two.length));
  expect(fail(two.length, o.heard.includes("two last 2"))).toEqual(fail(3, true));
  expect(fail(new Set(o.heard.filter((one) => one.startsWith("one"))).size)).toEqual(fail(2));
  expect(fail([...o.broker.subscriptions].sort())).toEqual(fail([["one", 1], ["two", 2], ["zero", 0]])); // prettier-ignore
  expect(fail(o.broker.faults)).toEqual(fail([]));
  expect(fail(o.status)).toEqual(fail({ ...o.status, connected: true, queued: 0, bytes: 0, inflight: 0, dropped: 0 }));
  expect(fail(o.left, o.events[o.events.length - 1])).toEqual(fail([0, 0], "end"));
}

const whole = () => run("none", 0, "end", false);

test("without a cut", () => {
  const o = whole();
  check(o, "no cut");
  expect(o.events).toEqual(["connect", "close", "end"]);
  expect(o.broker.received.length).toBe(11);
  expect(o.heard.length).toBe(6);
});

test.each(["end", "reset", "silence"] as const)(
  "link cut at every byte, seen as %s",
  (manner) => {
    const o = whole();
    let points = 0;
    for (const way of ["up", "down"] as const)
      for (let at = 0; at < o[way]; at++, points++) {
        const cut = run(way, at, manner, false);
        // A cut in the farewell is the end already.
        if (manner !== "silence" && at < o[way] - 2) expect([way, at, cut.links]).toEqual([way, at, 2]);
        check(cut, { way, at, manner });
      }
    process.stdout.write(`link cut (${manner}): ${points} points\n`);
    expect(points).toBeGreaterThan(400);
  },
  120000,
);
