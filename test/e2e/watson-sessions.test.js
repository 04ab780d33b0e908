"use strict";
/**
 * Random sessions of the shipped file on a board at the local platform: calls, messages and faults in random order, then what has to
 * hold whatever happened. `SEED=7 npx jest test/e2e/watson-sessions` repeats one, `RUNS=5000` makes more.
 */
const { expect, test } = require("@jest/globals");
const { ASKED, BOARD, FORMATS, GARBAGE, HERE, ORDERS, OTHER, ROLES, world } = require("./support/watson");
const { generator, sessions } = require("../rig/random");

const CODES = "config auth refused protocol limit timeout conflict network offline storage verify odd".split(" ");

/** One session; throws what did not hold. */
function session(seed) {
  const random = generator(seed);
  const dice = (n) => Math.floor(random() * n);
  const one = (list) => list[dice(list.length)];
  const calm = seed % 4 === 0;
  const it = world({ seed: seed + 1, now: dice(9) ? undefined : 5000, config: "x=1", chunk: one([536, 536, 7, 1]) });
  const { cloud, device, network } = it;
  const accept = cloud.peer;
  let id = 0;
  const published = [];
  const roles = [];
  const left = new Set();
  const said = {};
  const run = (name, ...args) => {
    if (args.at(-1) === id) said[id] = JSON.stringify([name, ...args]);
    if (process.env.SHOW) console.log(device.clock.now() % 1e9, name, JSON.stringify(args));
    return device.run(`${name}(${args.map((arg) => JSON.stringify(arg) || "undefined").join()})`);
  };
  const board = () => device.machine.context;
  const boot = () => {
    roles.length = 0;
    device.run(`var wild = ${!calm}; ${BOARD}`);
    for (let n = 1 + dice(3); n > 0; n--) make();
  };
  const make = () => {
    const free = ROLES.slice(0, calm ? 5 : 8).filter((role) => !roles.includes(role));
    const role = one(free.length && (calm || dice(20) || !roles.length) ? free : roles);
    const [kind, o] = role;
    roles.push(role);
    run("make", kind, { ...o, ...HERE, keepalive: one([60, 60, 60, 5, 0]), cleanSession: kind === "a" || one([true, false]) });
  };
  const some = (kinds) => one([...roles.keys()].filter((i) => kinds.includes(roles[i][0])));
  const odd = () => !calm && !dice(20);

  const doings = {
    publish() {
      const client = some("dga");
      const [kind] = roles[client];
      const token = `#${++id}#`;
      const data = one([{ n: token }, token, [token, null, 1.5]]);
      const name = one({ d: ["publishEvent"], g: ["publishEvent", "publishDeviceEvent"], a: ["publishEvent", "publishCommand"] }[kind]);
      const to =
        kind === "a" || name === "publishDeviceEvent" || odd()
          ? one([
              ["therm", "t-001"],
              ["sensor", "s-1"],
              ["nope", "n"],
            ])
          : [];
      const options = one([
        null,
        dice(3),
        { qos: dice(3), format: one(FORMATS) },
        { envelope: false, qos: 1 },
        odd() ? one(["1", 3, { format: 5 }]) : {},
      ]);
      if (to[0] !== "nope") published.push({ id, client, boot: device.boots });
      run("call", client, name, [...to, odd() ? "a/b" : one(["e", "status"]), data, options], id);
    },
    subscribe() {
      const client = some("ag");
      if (client === undefined) return;
      const target = one([
        {},
        { deviceType: "therm" },
        { deviceId: "t-001", format: "+", qos: 1 },
        [{ format: "+" }, { deviceId: "s-1" }],
        odd() ? { nope: 1 } : {},
      ]);
      const kind = one(["deviceEvent", "deviceEvent", "deviceCommand", "deviceStatus", "appStatus", "ruleTrigger"]);
      if (roles[client][0] === "g")
        run("call", client, one(["subscribeToDeviceCommands", "unsubscribeFromDeviceCommands"]), [target], ++id);
      else run("call", client, one(["subscribeTo", "subscribeTo", "subscribeTo", "unsubscribeFrom"]), [kind, target], ++id);
    },
    manage() {
      const client = some("dg");
      if (client === undefined) return;
      const behind = roles[client][0] === "g" ? one([undefined, { deviceType: "sensor", deviceId: "s-1" }]) : undefined;
      const o = {
        can: !!dice(5),
        lifetime: one([3600, 0, 4000, odd() ? 100 : 1e9]),
        timeout: one([30000, 500]),
        device: behind,
        updateStatus: one([undefined, 0, 4]),
      };
      run("manage", client, o, ++id);
    },
    ask() {
      const [name, ...args] = one(ASKED);
      for (let n = dice(12) ? 1 : 20; n > 0; n--) run("ask", dice(4), name, args, ++id);
    },
    order() {
      const there = one([...cloud.devices.map.values()].filter((one) => one.managed && one.wire));
      if (!there) return;
      const firmware = [{ field: "mgmt.firmware", value: { uri: "x", state: one([0, 0, 0, 2]), version: "2" } }];
      const fields = one([firmware, firmware, [{ field: "metadata", value: { a: 1 } }], ["location"], [{ field: "nope" }]]);
      const path = one(ORDERS);
      const body = { reqId: one(["r" + ++id, "r" + id, undefined]), d: /update$|observe|cancel|own/.test(path) ? { fields } : undefined };
      for (let n = calm || dice(5) ? 1 : 2; n > 0; n--) there.send(path, odd() ? JSON.parse(one(GARBAGE.slice(2, 4))) : body);
    },
    pass: () => it.pass(one([1, 50, 1000, 1000, 20000])),
  };
  const rare = {
    message() {
      const wire = one([...cloud.wires].filter((one) => one.client));
      if (!wire || calm) return;
      const behind = one(["", "type/sensor/id/s-1/", "type/gwtype/id/gw-01/"]);
      const topic = one(["iot-2/type/a/id/b/evt/e/fmt/", "iot-2/type/a/id/b/cmd/c/fmt/", "iot-2/cmd/c/fmt/"]) + one(FORMATS);
      const other = one([...OTHER, `iotdm-1/${behind}${one(ORDERS)}`, `iotdm-1/${behind}response`]);
      wire.deliver(one([topic, topic, other]), Buffer.from(one(GARBAGE), "latin1"), dice(3), !dice(3));
    },
    long: () => it.pass(one([100000, 3600000])),
    client: () => (roles.length < 5 ? make() : undefined),
    leave() {
      const client = some("dga");
      const [name, ...args] = one([["disconnect"], ["end", !!dice(2)], ["connect"], ["connect"]]);
      left.add(client);
      run("call", client, name, args, name === "end" ? ++id : undefined);
    },
  };
  const faults = {
    cut: () => one([...cloud.wires, { close() {} }]).close(one(["lost", "stolen"])),
    link() {
      const link = one(device.links);
      if (link) one([() => link.reset(), () => link.silence(), () => link.fail(one([-1, -3, -9]))])();
    },
    refuse: () =>
      network.serve(
        1883,
        one([
          accept,
          accept,
          (peer) => peer.end(),
          () => undefined,
          (peer) => peer.write(one(["\x20\x02\0\x05", "\x20\x02\0\x03", "\x30\0", "\xff\xff\xff\xff\xff"])),
        ]),
      ),
    line: () => Object.assign(device.faults, one([{ latency: 0, loss: 0 }, { latency: 400 }, { loss: 0.3 }, { chunk: one([1, 30, 536]) }])),
    wifi: () => device.offline(one([true, false, false])),
    clock: () => run("setTime", one([0, 1e9, 2e9])),
    answers() {
      // Answers of the platform that do not come, come twice, or late.
      for (const there of cloud.devices.map.values()) {
        const send = Object.getPrototypeOf(there).send.bind(there);
        const late = (...args) => it.clock.after(() => send(...args), 40000);
        there.send = one([send, send, () => true, (...args) => send(...args) && send(...args), late]);
      }
    },
    power() {
      settled();
      device.powerCut({ reset: one([true, false]) });
      it.pass(one([0, 3000]));
      device.restart();
      boot();
    },
  };

  /** What holds at any time. */
  const settled = (over) => {
    const { calls, threw, faults, errors, heard } = board();
    expect([...faults]).toEqual([]);
    expect(device.errors).toEqual([]);
    for (const key of Object.keys(calls)) {
      const times = calls[key].length + (threw[key] === undefined ? 0 : 1);
      if (times > 1 || (over && !times)) throw new Error(`callback of ${said[key]}: ${times} times (${[...calls[key]]}; ${threw[key]})`);
      for (const code of [...calls[key], threw[key] || ""]) if (code && !/^of the/.test(code)) expect(CODES).toContain(code);
    }
    for (const { code } of errors) if (!/^of the/.test(code)) expect(CODES).toContain(code);
    const broken = cloud.closed.filter(({ clientId, why }) => clientId && !/lost|silent|stolen/.test(why));
    expect(broken).toEqual([]);
    // What the platform has acknowledged it has, and what a client sends keeps its order.
    const there = cloud.events.map(({ payload }) => +(/#(\d+)#/.exec(payload.toString("latin1")) || [])[1]).filter(Boolean);
    const first = there.filter((n, i) => there.indexOf(n) === i);
    const mine = (client) => first.filter((n) => published.some((p) => p.id === n && p.client === client && p.boot === device.boots));
    for (let i = 0; i < roles.length; i++) expect(mine(i)).toEqual([...mine(i)].sort((a, b) => a - b));
    if (!calm) return;
    for (const { id, boot } of published)
      if (boot === device.boots && calls[id] && calls[id][0] === "") expect([id, there.filter((n) => n === id).length]).toEqual([id, 1]);
    // What came was told once; what was asked, answered once.
    for (const [i, [kind, { org = "abc123", type, id, instanceId }]] of roles.entries()) {
      const names = [kind === "a" && type ? "A" : kind, org, kind === "a" ? [] : type, id, instanceId || []].flat().join(":");
      const packets = cloud.packets.filter(({ clientId, packet }) => clientId === names && packet.cmd === "publish");
      const [down, up] = ["server->client", "client->server"].map((way) =>
        packets.filter(({ dir }) => dir === way).map(({ packet }) => packet),
      );
      const told =
        [...heard].filter((m) => m.client === i).length + [...errors].filter((e) => e.client === i && /^iot-2/.test(e.topic)).length;
      if (!left.has(i)) expect([names, told]).toEqual([names, down.filter(({ topic }) => /^iot-2/.test(topic)).length]);
      const asked = (list) =>
        list
          .map(({ payload }) => JSON.parse(payload).reqId)
          .filter(Boolean)
          .sort();
      const orders = asked(down.filter(({ topic }) => /^iotdm-1/.test(topic) && !/response$/.test(topic)));
      if (!left.has(i)) expect(asked(up.filter(({ topic }) => /response$/.test(topic)))).toEqual(orders);
    }
  };

  boot();
  for (let n = 20 + dice(60); n > 0; n--) {
    const wanted = !calm && !dice(6) ? faults : dice(8) ? doings : rare;
    wanted[one(Object.keys(wanted))]();
    if (dice(2)) it.pass(dice(200));
  }
  device.run("wild = false");
  if (!calm) network.serve(1883, accept);
  it.pass(one([0, 1000, 120000]));
  settled();
  for (let i = 0; i < roles.length; i++) left.add(i);
  for (let i = 0; i < roles.length; i++) run("call", i, "end", [!!dice(2)], ++id);
  // A polite end waits for a link that is silent until the keep alive, an hour where 0 was asked for, has found it.
  it.pass(7200000);
  settled(true);
  expect(device.alive).toEqual({ timers: 0, sockets: 0 });
  for (const client of board().clients)
    expect(
      Object.keys(client)
        .filter((key) => /^#on(end|connect)/.test(key))
        .map((key) => client[key].length || 1)
        .every((n) => n < 8),
    ).toBe(true);
}

test("random sessions", () => sessions(100, session), 3600000);
