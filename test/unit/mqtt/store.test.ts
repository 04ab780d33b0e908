import { callback, listen, scene, type Scene } from "../../rig/scene";

// The option `store`: a session over a reboot. Runs on "thincloud/mqtt".

/** Keeps records as a journal does: in order, each under a key above 0. */
function store(room = Infinity) {
  const records = new Map<number, string>();
  let last = 0;
  return {
    records,
    room,
    put(record: string) {
      if (records.size >= this.room) return 0;
      records.set(++last, record);
      return last;
    },
    drop: (key: number) => void records.delete(key),
    each: (visit: (record: string, key: number) => void) => [...records].forEach(([key, record]) => visit(record, key)),
  };
}

/** The device loses power; another client object begins on the same store. */
function reboot(s: Scene, options: object, sessionPresent = true): Scene {
  s.broker.connack = { ...s.broker.connack, sessionPresent };
  // Nobody hears of the old one any more.
  s.world.refuse = "dead";
  s.broker.drop();
  const events: string[] = [];
  const errors: any[] = [];
  s.client.end(true);
  s.world.tick(10);
  s.broker.take();
  s.world.refuse = undefined;
  const client = s.world.mqtt.connect({ clientId: "device", clean: false, ...options });
  listen(client, events, errors);
  s.world.tick(10);
  return { ...s, client, events, errors, news: () => events.splice(0) };
}

const silent = (_w: unknown, b: Scene["broker"]) => (b.auto = new Set(["connack"]));
const packets = (s: Scene) =>
  s.broker
    .take()
    .slice(1)
    .map((p) => `${p.cmd} ${p.messageId}${p.payload ? " " + p.payload : ""}${p.dup ? " dup" : ""}`);

test("publications under way go out again with DUP, in order, and leave the store when they are settled [MQTT-4.1.0-1]", () => {
  const kept = store();
  const s = scene({ clean: false, store: kept }, silent);
  for (let i = 1; i < 6; i++) s.client.publish("t", "" + i, { qos: 1 + (i % 2) });
  s.client.publish("t", "zero");
  s.world.settle();
  expect(kept.records.size).toBe(5);
  s.broker.say({ cmd: "puback", messageId: 2 }, { cmd: "pubrec", messageId: 3 });
  expect(kept.records.size).toBe(4);
  const second = reboot(s, { store: kept });
  expect(packets(second).sort()).toEqual(["publish 1 1 dup", "publish 4 4 dup", "publish 5 5 dup", "pubrel 3"]);
  second.broker.say(
    { cmd: "pubrec", messageId: 1 },
    { cmd: "pubcomp", messageId: 1 },
    { cmd: "pubcomp", messageId: 3 },
    { cmd: "puback", messageId: 4 },
  );
  second.broker.say({ cmd: "pubrec", messageId: 5 }, { cmd: "pubcomp", messageId: 5 });
  expect(kept.records.size).toBe(0);
  expect(second.client.status()).toMatchObject({ queued: 0, bytes: 0, inflight: 0 });
  expect(packets(reboot(second, { store: kept }))).toEqual([]);
});

test("what was accepted offline is kept too", () => {
  const kept = store();
  const s = scene({ clean: false, store: kept }, (w) => (w.refuse = "no"));
  s.client.publish("t", "one", { qos: 1 });
  s.client.publish("t", "two", { qos: 2 });
  const second = reboot({ ...s, broker: Object.assign(s.broker, { wire: { end() {} } }) } as any, { store: kept });
  expect(
    packets(second)
      .slice(0, 2)
      .map((line) => line.split(" ")[2]),
  ).toEqual(["one", "two"]);
  expect(kept.records.size).toBe(0);
});

test("new identifiers keep clear of those restored [MQTT-2.3.1-2]", () => {
  const kept = store();
  const s = scene({ clean: false, store: kept }, silent);
  for (let i = 0; i < 3; i++) s.client.publish("t", "" + i, { qos: 1 });
  s.world.settle();
  const second = reboot(s, { store: kept });
  second.client.publish("t", "new", { qos: 1 });
  second.world.settle();
  const ids = second.broker.take("publish").map((p) => p.messageId);
  expect(new Set(ids).size).toBe(4);
});

test("QoS 2 identifiers received stay held: no message twice over a reboot [MQTT-4.3.3-2]", () => {
  const kept = store();
  const s = scene({ clean: false, store: kept }, silent);
  s.broker.publish("t", "x", { qos: 2, messageId: 300 });
  expect(s.events).toContain("message t x 2");
  const second = reboot(s, { store: kept });
  second.broker.publish("t", "x", { qos: 2, messageId: 300, dup: true });
  expect(second.events).toEqual(["connect present"]);
  second.broker.say({ cmd: "pubrel", messageId: 300 });
  expect(kept.records.size).toBe(0);
  second.broker.publish("t", "y", { qos: 2, messageId: 300 });
  expect(second.events.slice(1)).toEqual(["message t y 2"]);
});

test("a PUBLISH whose PUBREL is kept, too, since the power went between the two, does not go again [MQTT-4.3.3-1]", () => {
  const kept = store();
  const s = scene({ clean: false, store: kept }, silent);
  s.client.publish("t", "b", { qos: 2 });
  s.client.publish("t", "c", { qos: 2 });
  s.world.settle();
  const drop = kept.drop;
  kept.drop = () => undefined;
  s.broker.say({ cmd: "pubrec", messageId: 1 });
  kept.drop = drop;
  expect(kept.records.size).toBe(3);
  const second = reboot(s, { store: kept });
  expect(packets(second)).toEqual(["pubrel 1", "publish 2 c dup"]);
  expect(kept.records.size).toBe(2);
  expect(second.client.status()).toMatchObject({ queued: 2, inflight: 2, bytes: 12 });
  second.broker.say({ cmd: "pubcomp", messageId: 1 }, { cmd: "pubrec", messageId: 2 }, { cmd: "pubcomp", messageId: 2 });
  expect(kept.records.size).toBe(0);
  expect(second.client.status()).toMatchObject({ queued: 0, inflight: 0, bytes: 0 });
});

test("held identifiers are forgotten, in the store too, when the broker has no session [MQTT-3.1.2-6]", () => {
  const kept = store();
  const s = scene({ clean: false, store: kept }, silent);
  s.broker.publish("t", "x", { qos: 2, messageId: 300 });
  const second = reboot(s, { store: kept }, false);
  expect(kept.records.size).toBe(0);
  second.broker.publish("t", "x", { qos: 2, messageId: 300 });
  expect(second.events.slice(1)).toEqual(["message t x 2"]);
});

test("a store that is full: the session goes on from memory, and no duplicate gets through", () => {
  const kept = store(0);
  const s = scene({ clean: false, store: kept }, (_w, b) => b.auto.delete("pubrel"));
  const done = callback();
  s.client.publish("t", "a", { qos: 1 }, done);
  s.client.publish("t", "b", { qos: 2 }, done);
  s.world.settle();
  expect(done.calls.map(([e]) => e || "ok")).toEqual(["ok", "ok"]);
  expect(s.errors.map((e) => (e as Error & { code: string }).code)).toEqual(["storage", "storage"]);
  for (let i = 0; i < 2; i++) s.broker.publish("t", "x", { qos: 2, messageId: 1, dup: i > 0 });
  expect(s.events.slice(3)).toEqual(["message t x 2"]);
  s.broker.say({ cmd: "pubrel", messageId: 1 });
  s.broker.publish("t", "y", { qos: 2, messageId: 1 });
  expect(s.events.slice(4)).toEqual(["message t y 2"]);
});

test("a store with room for the publication and not for its release keeps the publication", () => {
  const kept = store(1);
  const s = scene({ clean: false, store: kept }, silent);
  s.client.publish("t", "b", { qos: 2 });
  s.world.settle();
  s.broker.say({ cmd: "pubrec", messageId: 1 });
  expect(s.broker.all("pubrel").length).toBe(1);
  expect(kept.records.size).toBe(1);
  const second = reboot(s, { store: kept });
  expect(packets(second)).toEqual(["publish 1 b dup"]);
  second.broker.say({ cmd: "pubrec", messageId: 1 }, { cmd: "pubcomp", messageId: 1 });
  expect(kept.records.size).toBe(0);
});

test("a store that throws: an error at once to who publishes, an error event and a new link for what comes", () => {
  const kept = store();
  const s = scene({ clean: false, store: kept });
  kept.put = () => {
    throw new Error("broken flash");
  };
  let message = "";
  try {
    s.client.publish("t", "x", { qos: 1 });
  } catch (e) {
    message = (e as Error).message;
  }
  expect(message).toBe("broken flash");
  expect(s.client.status()).toMatchObject({ queued: 0, bytes: 0 });
  s.broker.publish("t", "x", { qos: 2, messageId: 1 });
  expect(s.errors.map((e) => e.message)).toEqual(["broken flash"]);
  s.world.tick(60000);
  expect(s.client.connected).toBe(true);
});

test("the queue's limit counts what was restored", () => {
  const kept = store();
  const s = scene({ clean: false, store: kept }, silent);
  for (let i = 0; i < 5; i++) s.client.publish("t", "x".repeat(100), { qos: 1 });
  const second = reboot(s, { store: kept, queueLimit: 600 });
  const done = callback();
  second.client.publish("t", "x".repeat(100), { qos: 1 }, done);
  expect(done.err).toMatchObject({ code: "limit" });
});
