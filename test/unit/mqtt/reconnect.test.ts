import fc from "../../rig/properties";
import { callback, scene, type Scene } from "../../rig/scene";

// Runs on "thincloud/mqtt".

/** The pauses before the next `n` attempts, each of which fails. */
function pauses(s: Scene, n: number): number[] {
  const out: number[] = [];
  let last = s.world.now();
  for (let i = 0; i < 400000 && out.length < n; i++) {
    const before = s.events.length;
    s.world.tick(50);
    if (s.events.slice(before).includes("reconnect")) {
      out.push(s.world.now() - last);
      last = s.world.now();
    }
  }
  return out;
}

const refused = (random: () => number, options: object = {}) =>
  scene(options, (w) => {
    w.refuse = "Unable to locate host";
    w.random = random;
  });

test("the pause grows from floor to ceiling, and jitter spreads it over all that lies between", () => {
  const most = pauses(
    refused(() => 0.9999),
    9,
  ).map((ms) => Math.round(ms / 1000));
  expect(most).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60]);
  const least = pauses(
    refused(() => 0),
    5,
  ).map((ms) => Math.round(ms / 100) / 10);
  expect(least).toEqual([1, 1, 1, 1, 1]);
});

test("reconnectPeriod is the floor, maxReconnectPeriod the ceiling, in milliseconds", () => {
  const options = { reconnectPeriod: 500, maxReconnectPeriod: 3000 };
  expect(
    pauses(
      refused(() => 0.9999, options),
      5,
    ).map((ms) => Math.round(ms / 500) / 2),
  ).toEqual([1, 2, 3, 3, 3]);
  expect(
    pauses(
      refused(() => 0, options),
      3,
    ).map((ms) => Math.round(ms / 500) / 2),
  ).toEqual([0.5, 0.5, 0.5]);
});

test("a reconnectPeriod above maxReconnectPeriod is kept: a floor is a floor", () => {
  for (const n of [0, 0.5, 0.9999])
    expect(
      pauses(
        refused(() => n, { reconnectPeriod: 120000 }),
        3,
      ).map((ms) => Math.round(ms / 1000)),
    ).toEqual([120, 120, 120]);
});

test("many devices that lose a broker at once come back spread over time", () => {
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const buckets = new Array(10).fill(0);
  const s = refused(() => 0);
  s.client.end(true);
  s.world.tick(10);
  // One pause of the fifth attempt each: 1 to 32 s.
  s.world.random = random;
  for (let i = 0; i < (s.world.minified ? 30 : 300); i++) {
    const client = s.world.mqtt.connect({ clientId: "d" + i });
    let attempts = 0;
    let last = 0;
    client.on("error", () => {});
    client.on("reconnect", () => {
      if (++attempts === 5) buckets[Math.min(9, Math.floor((s.world.now() - last - 1000) / 3100))]++;
      last = s.world.now();
    });
    for (let k = 0; k < 100 && attempts < 5; k++) s.world.tick(1000);
    client.end(true);
    s.world.tick(1);
  }
  const total = buckets.reduce((a, b) => a + b);
  if (!s.world.minified) for (const n of buckets) expect(n / total).toBeGreaterThan(0.04);
  for (const n of buckets) expect(n / total).toBeLessThan(0.3);
});

describe("the pause is short again", () => {
  const unstable = (ms: number) => {
    const s = scene({ keepalive: 60 }, (w) => (w.random = () => 0.9999));
    for (let i = 0; i < 5; i++) {
      s.world.tick(ms);
      s.broker.drop();
      s.world.tick(61000);
      expect(s.client.connected).toBe(true);
    }
    s.world.tick(ms);
    s.world.refuse = "Unable to locate host";
    s.broker.drop();
    return pauses(s, 1)[0]!;
  };

  test("after a connection that lasted", () => {
    const s = scene({ keepalive: 60 }, (w) => (w.random = () => 0.9999));
    s.broker.drop();
    s.world.tick(1900);
    s.world.tick(35000);
    s.broker.drop();
    expect(Math.round(pauses(s, 1)[0]! / 1000)).toBe(2);
  });

  test("and not after one that did not", () => {
    const s = scene({ keepalive: 60 }, (w) => (w.random = () => 0.9999));
    const seen: number[] = [];
    for (let i = 0; i < 6; i++) {
      s.broker.drop();
      seen.push(Math.round(pauses(s, 1)[0]! / 1000));
      s.world.tick(20);
      expect(s.client.connected).toBe(true);
    }
    expect(seen).toEqual([2, 4, 8, 16, 32, 60]);
    expect(unstable(40000)).toBeLessThan(2500);
  });
});

test("events of a loss and a return: close, offline, reconnect, connect", () => {
  const { world, broker, client, news } = scene();
  news();
  expect(client.status().reconnects).toBe(0);
  broker.drop();
  expect(news()).toEqual(["close", "offline"]);
  world.refuse = "Unable to locate host";
  world.tick(2000);
  expect(news()).toEqual(["reconnect", "error network", "close"]);
  world.refuse = undefined;
  world.tick(10000);
  expect(news()).toEqual(["reconnect", "connect"]);
  expect(client.status()).toMatchObject({ connected: true, reconnects: 2 });
});

test("a reset is told with its reason", () => {
  const { broker, news, errors } = scene();
  news();
  broker.drop("connection reset");
  expect(news()).toEqual(["error network", "close", "offline"]);
  expect(errors[0].message).toContain("reset");
});

test("status before the first attempt", () => {
  const { world } = scene();
  expect(world.mqtt.connect({ clientId: "x" }).status()).toMatchObject({ connected: false, queued: 0, reconnects: 0 });
});

describe("reconnectPeriod: 0", () => {
  test("no second attempt, no timer left", () => {
    const { world, broker, client, events } = scene({ reconnectPeriod: 0 });
    broker.drop();
    expect(events.slice(0, 2)).toEqual(["connect", "close"]);
    world.tick(1000000);
    expect(world.wires.length).toBe(1);
    expect(world.timers()).toBe(0);
    expect(client.connected).toBe(false);
  });

  test("reconnect() makes one", () => {
    const { world, broker, client, news } = scene({ reconnectPeriod: 0 });
    broker.drop();
    client.publish("t", "later", { qos: 1 });
    client.reconnect();
    news();
    world.tick(10);
    expect(news().slice(-2)).toEqual(["reconnect", "connect"]);
    expect(broker.all("publish").length).toBe(1);
  });

  test("end after the loss", () => {
    const { world, broker, client, events } = scene({ reconnectPeriod: 0 });
    broker.drop();
    const done = callback();
    client.end(done);
    world.tick(10);
    expect(done.calls.length).toBe(1);
    expect(events.filter((e) => e === "end").length).toBe(1);
    expect(world.timers()).toBe(0);
  });
});

describe("reconnect()", () => {
  test("while waiting: at once", () => {
    const { world, broker, client, news } = scene();
    broker.drop();
    news();
    client.reconnect();
    world.tick(10);
    expect(news()).toEqual(["reconnect", "connect"]);
    expect(world.timers()).toBe(1);
  });

  test("while connected: a new link, with DISCONNECT on the old one", () => {
    const { world, broker, client, news } = scene();
    news();
    client.reconnect().reconnect();
    world.tick(10);
    expect(news()).toEqual(["close", "offline", "reconnect", "connect"]);
    expect(broker.all("disconnect").length).toBe(1);
    expect(world.wires.map((w) => w.over)).toEqual([true, false]);
  });

  test("while connecting: a new link", () => {
    const { world, broker, client, events } = scene({}, (_w, b) => b.auto.delete("connack"));
    broker.auto.add("connack");
    client.reconnect();
    world.tick(10);
    expect(events).toEqual(["close", "offline", "reconnect", "connect"]);
    expect(world.links()).toBe(1);
  });

  test("after end: the client lives again", () => {
    const { world, broker, client, news } = scene();
    client.subscribe("a");
    world.settle();
    client.end();
    world.tick(100);
    news();
    broker.take();
    client.reconnect();
    world.tick(100);
    expect(news().slice(-2)).toEqual(["reconnect", "connect"]);
    expect(broker.take().map((p) => p.cmd)).toEqual(["connect", "subscribe"]);
    client.publish("t", "x");
    world.settle();
    expect(broker.take().map((p) => p.cmd)).toEqual(["publish"]);
  });

  test.each(["error", "close", "offline", "end"])("in a handler of %s", (name) => {
    const { world, broker, client, events } = scene();
    let times = 0;
    client.on(name, () => {
      if (!times++) client.reconnect();
    });
    if (name === "end") client.end();
    else broker.drop("reset");
    world.tick(100);
    expect(events[events.length - 1]).toBe("connect");
    expect(client.connected).toBe(true);
    expect(world.timers()).toBe(1);
    expect(world.links()).toBe(1);
  });
});

describe("two clients with one id", () => {
  test("are recognised by links that break soon after CONNACK, and slowed down", () => {
    const s = scene({}, (w) => (w.random = () => 0.9999));
    for (let i = 0; i < 8; i++) {
      s.broker.drop();
      pauses(s, 1);
      s.world.tick(100);
    }
    expect(s.errors.length).toBeGreaterThanOrEqual(5);
    for (const e of s.errors) expect(e).toMatchObject({ code: "conflict", message: expect.stringContaining("device") });
    s.broker.drop();
    expect(pauses(s, 1)[0]).toBeGreaterThan(50000);
  });

  test("are not seen in links that last, in refusals or in links that never came about", () => {
    const s = scene();
    for (let i = 0; i < 8; i++) {
      s.world.tick(40000);
      s.broker.drop();
      s.world.refuse = i % 2 ? "no" : undefined;
      s.world.tick(10000);
      s.world.refuse = undefined;
      s.world.tick(70000);
    }
    expect(s.errors.filter((e) => e.code === "conflict")).toEqual([]);
  });

  test("a link that lasted forgets the suspicion", () => {
    const s = scene();
    for (let i = 0; i < 2; i++) {
      s.broker.drop();
      s.world.tick(10000);
    }
    s.world.tick(60000);
    for (let i = 0; i < 2; i++) {
      s.broker.drop();
      s.world.tick(10000);
    }
    expect(s.errors).toEqual([]);
  });
});

test("whatever order of losses, refusals, silences and calls: it comes back, with one link and one timer", () => {
  const act = fc.constantFrom(
    "drop",
    "reset",
    "refuse",
    "accept",
    "silence",
    "speak",
    "reconnect",
    "publish",
    "subscribe",
    "tick",
    "long",
    "garbage",
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
      const s = scene({ keepalive: 10, connectTimeout: 5000, queueLimit: 100000 });
      for (const name of acts) {
        if (name === "drop") s.broker.drop();
        else if (name === "reset") s.broker.drop("reset");
        else if (name === "refuse") s.world.refuse = "no";
        else if (name === "accept") s.world.refuse = undefined;
        else if (name === "silence") s.broker.auto.clear();
        else if (name === "speak") "connack suback puback pubrec pubcomp pingresp".split(" ").forEach((cmd) => s.broker.auto.add(cmd));
        else if (name === "reconnect") s.client.reconnect();
        else if (name === "publish") s.client.publish("t", "x", { qos: 2 });
        else if (name === "subscribe") s.client.subscribe("t", { qos: 1 });
        else if (name === "garbage") s.broker.say("\0\0");
        else s.world.tick(name === "long" ? 20000 : 700);
        expect(s.world.timers()).toBeLessThanOrEqual(1);
        expect(s.world.links()).toBeLessThanOrEqual(1);
      }
      s.world.refuse = undefined;
      "connack suback puback pubrec pubcomp pingresp".split(" ").forEach((cmd) => s.broker.auto.add(cmd));
      // What a silent broker has swallowed is sent again over the next link only.
      if (s.client.connected) s.broker.drop();
      s.world.tick(200000);
      expect([acts, s.client.connected, s.client.status().queued]).toEqual([acts, true, 0]);
      s.client.end();
      s.world.tick(100);
      expect([s.world.timers(), s.world.links()]).toEqual([0, 0]);
    }),
    { numRuns: 150 },
  );
});

test("reconnect() from rest tells of no `offline`: no link went, and none failed", () => {
  const after = scene();
  after.client.end();
  after.world.tick(100);
  after.news();
  after.client.reconnect();
  after.world.tick(100);
  expect(after.news()).toEqual(["reconnect", "connect"]);

  const manual = scene({ manualConnect: true });
  manual.client.reconnect();
  manual.world.tick(100);
  expect(manual.news()).toEqual(["connect"]);

  const once = scene({ reconnectPeriod: 0 });
  once.broker.drop();
  once.news();
  once.world.refuse = "Unable to locate host";
  once.client.reconnect();
  once.world.tick(100);
  expect(once.news()).toEqual(["reconnect", "error network", "close"]);
});

test("in a handler of reconnect: the attempt that follows is the one, and its link stays", () => {
  const s = scene({ keepalive: 10 });
  s.client.on("reconnect", () => s.client.reconnect());
  s.broker.drop();
  s.world.tick(2000);
  s.news();
  s.world.tick(60000);
  expect(s.news()).toEqual([]);
  expect(s.world.wires.length).toBe(2);
});
