import { callback, scene } from "../../rig/scene";

// A long life on the virtual clock. Runs on "thincloud/mqtt".

const DAY = 24 * 3600000;

/** How many functions and array members hang on an object: listeners that pile up show here. */
const listeners = (client: any) => Object.keys(client).reduce((n, key) => n + [].concat(client[key]).length, 0);

test("10,000 reconnects: handlers, timers, links and queue stay as they were", () => {
  const s = scene({ keepalive: 60, clean: true });
  const n = s.world.minified ? 1000 : 10000;
  s.client.subscribe({ "a/+": { qos: 1 }, b: { qos: 2 } });
  s.world.settle();
  let before = 0;
  for (let i = 0; i < n; i++) {
    s.client.publish("t", "" + i, { qos: i % 3 });
    if (i % 2) s.world.tick(40000);
    if (i % 5 === 0) s.broker.publish("a/x", "", { qos: 2, messageId: 1 + (i % 65535) });
    if (i % 7 === 0) s.broker.say("\0\0");
    else if (i % 11 === 0) s.client.reconnect();
    else s.broker.drop();
    s.world.tick(61000);
    s.events.length = s.errors.length = 0;
    s.broker.got.length = 0;
    if (i % 100 === 0) expect([s.client.connected, s.world.timers(), s.world.links(), s.client.status().queued]).toEqual([true, 1, 1, 0]);
    if (i === 100) before = listeners(s.client);
    s.world.wires.splice(0, s.world.wires.length - 1);
  }
  // What the client notes for the moment may come and go.
  expect(Math.abs(listeners(s.client) - before)).toBeLessThan(5);
  expect(s.client.status()).toMatchObject({ connected: true, queued: 0, bytes: 0, inflight: 0, dropped: 0 });
  expect(s.client.status().reconnects).toBeGreaterThanOrEqual(n);
});

test("eight weeks of telemetry and commands: none lost, none twice", () => {
  const s = scene({ keepalive: 300 });
  const days = s.world.minified ? 2 : 56;
  let settled = 0;
  let heard = 0;
  let sent = 0;
  s.client.subscribe("cmd/#", { qos: 1, handler: () => heard++ });
  s.world.settle();
  for (let minute = 0; minute < days * 24 * 60; minute += 10) {
    s.client.publish("telemetry", "t=" + minute, { qos: 1 + (minute % 20) / 10 }, (e: unknown) => {
      if (!e) settled++;
    });
    sent++;
    s.world.tick(600000);
    if (minute % 60 === 0) s.broker.publish("cmd/x", "", { qos: 1, messageId: 1 + ((minute / 60) % 65535) });
    s.broker.got.length = s.events.length = 0;
    s.broker.wire!.sent = "";
  }
  expect(settled).toBe(sent);
  expect(heard).toBe(days * 24);
  expect(s.client.status()).toMatchObject({ queued: 0, bytes: 0, reconnects: 0, sent });
  expect(s.world.now()).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 1) + days * DAY);
  expect([s.world.timers(), s.world.links()]).toEqual([1, 1]);
});

test("65,535 identifiers in use: a publication more is refused, not waited for [MQTT-2.3.1-2]", () => {
  const s = scene({ queueLimit: 2000000000 }, (_w, b) => b.auto.clear());
  const done = callback();
  for (let i = 0; i < 65535; i++) s.client.publish("t", "", { qos: 1 }, done);
  expect(done.calls).toEqual([]);
  s.client.publish("t", "", { qos: 1 }, done);
  expect(done.err).toMatchObject({ code: "limit" });
  expect(s.client.status().dropped).toBe(1);
});
