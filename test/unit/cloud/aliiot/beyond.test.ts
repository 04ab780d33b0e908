/** What none of the official libraries does, and a device needs. */
import { AliIot } from "thincloud/aliiot";
import { clear, connected, device, later, PK, rest, until, world } from "./bench";

afterEach(clear);

const dev = (cloud: any) => cloud.devices.get(`${PK}/dev001`);
const params = (cloud: any) => cloud.messages.map((m: any) => JSON.parse(m.payload).params);

describe("values are held to the model before anything is sent", () => {
  const types = {
    temperature: "float -40 80 0.5",
    level: "int 0 100 5",
    count: "int",
    mode: "enum 0 2 4",
    on: "bool",
    name: "text 4",
    at: "date",
    any: "double",
    low: "int - 9",
    list: ["int 0 9"],
    place: { lon: "double -180 180" },
  };

  test.each([
    ["temperature", 80.5, "value 80.5 of temperature: at most 80"],
    ["temperature", -41, "value -41 of temperature: at least -40"],
    ["temperature", 20.3, "value 20.3 of temperature: in steps of 0.5"],
    ["temperature", "20", "value 20 of temperature: a number"],
    ["level", 7, "value 7 of level: in steps of 5"],
    ["count", 1.5, "value 1.5 of count: a whole number of 32 bits"],
    ["count", 2147483648, "value 2147483648 of count: a whole number of 32 bits"],
    ["mode", 3, "value 3 of mode: one of 0 2 4"],
    ["on", 2, "value 2 of on: 0 or 1"],
    ["name", "Zürr", "value Zürr of name: a text of at most 4 bytes"],
    ["name", 12, "value 12 of name: a text of at most 4 bytes"],
    ["low", 10, "value 10 of low: at most 9"],
    ["any", Infinity, "value Infinity of any: a number"],
    ["list", [1, 12], "value 12 of 1: at most 9"],
    ["place", { lon: 200 }, "value 200 of lon: at most 180"],
  ])("%s = %p", async (id, value, message) => {
    const cloud = await world();
    const d = device(cloud, { types } as any);
    expect(() => d.propertiesReport({ [id]: value })).toThrow(expect.objectContaining({ code: "config", message }));
  });

  test("what fits goes, with its type", async () => {
    const cloud = await world();
    const d = await connected(cloud, { types } as any);
    const given = {
      temperature: 20,
      level: 100,
      count: -5,
      mode: 4,
      on: true,
      name: "Zür",
      at: new Date(5),
      any: 1,
      low: -1e6,
      list: [9, 0],
    };
    await later((done) => d.propertiesReport(given, done));
    expect(cloud.messages[0].payload).toContain('"temperature":{"value":20.0,');
    expect(dev(cloud).properties).toEqual({ ...given, on: 1, at: "5" });
  });

  test("a type that there is not is told when the device is made", () => {
    const o = { productKey: PK, deviceName: "d", deviceSecret: "s" };
    expect(() => AliIot({ ...o, types: { t: "flaot" } })).toThrow("option types: flaot is none");
    expect(() => AliIot({ ...o, types: { t: { u: ["int", "real"] } } } as any)).toThrow("option types: real is none");
    for (const none of [null, 5, true]) expect(() => AliIot({ ...o, types: { t: none } } as any)).toThrow(`option types: ${none} is none`);
    expect(AliIot({ ...o, types: { t: undefined } } as any)).toMatchObject({ status: false });
  });
});

describe("a message that comes twice", () => {
  test("is done once, when it says that it may be one and its id is known", async () => {
    const cloud = await world();
    const d = await connected(cloud, { clean: false });
    const calls: number[] = [];
    d.addService("add", (input: any) => (calls.push(input.x), {}));
    const wire: any = [...cloud.wires][0];
    const say = (id: string, x: number, dup: boolean) =>
      wire.send({
        cmd: "publish",
        topic: `/sys/${PK}/dev001/thing/service/add`,
        payload: JSON.stringify({ id, params: { x }, method: "thing.service.add" }),
        qos: 1,
        dup,
        retain: false,
        messageId: 7,
      });
    say("1", 1, false);
    say("1", 2, true);
    say("2", 3, true);
    say("1", 4, false);
    for (let i = 10; i < 30; i++) say("" + i, i, false);
    say("2", 5, true);
    await until(() => calls.length === 24, "the calls");
    expect(calls.slice(0, 3)).toEqual([1, 3, 4]);
    expect(calls[23]).toBe(5);
    expect(d.dropped).toBeGreaterThanOrEqual(1);
  });
});

describe("a session that the platform kept", () => {
  test("is not subscribed again; what was asked for meanwhile is", async () => {
    const cloud = await world();
    const d = await connected(cloud, { clean: false });
    await later((done) => d.subscribe("user/a", done));
    const asked = () => cloud.packets.filter((p: any) => p.cmd === "subscribe").map((p: any) => p.filters);
    expect(asked()).toHaveLength(2);
    [...cloud.wires].forEach((wire: any) => wire.destroy());
    await until(() => !d.status);
    d.subscribe("user/b");
    await until(() => d.status, "the second connection");
    await rest(20);
    expect(asked().slice(2)).toEqual([[`/${PK}/dev001/user/b`]]);
    expect(await cloud.set(dev(cloud), { Power: 1 })).toMatchObject({ code: 400 });
  });
});

describe("reports that outlive a restart", () => {
  /** As the module `store` makes one. */
  function outbox() {
    const kept = new Map<number, string>();
    let n = 0;
    return {
      kept,
      room: 1000,
      free: 1000,
      put: (record: string) => (kept.size < 30 ? (kept.set(++n, record), n) : 0),
      get: (key: number) => kept.get(key)!,
      drop: (key: number) => void kept.delete(key),
      each: (visit: (record: string, key: number) => void) => kept.forEach(visit),
    };
  }

  test("are sent after it with their old time, once; and new ones after them", async () => {
    const cloud = await world();
    const box = outbox();
    const first = device(cloud, { outbox: box, queueLimit: 50 } as any);
    cloud.countConnect = () => false;
    first.connect();
    first.addEvent("alarm");
    first.propertiesReport({ n: 1, place: "Zürich" });
    first.eventReport("alarm", { n: 2 });
    first.propertiesReport({ n: 3 });
    expect(box.kept.size).toBe(3);
    const before = Date.now();
    await rest(30);
    await later((done) => first.disconnect(done));
    expect(box.kept.size).toBe(3);
    cloud.countConnect = () => true;
    const second = await connected(cloud, { outbox: box, queueLimit: 2 } as any);
    await later((done) => second.propertiesReport({ n: 4 }, done));
    await until(() => cloud.messages.length === 4, "four messages");
    expect(params(cloud).map((p: any) => (p.n || p).value)).toMatchObject([1, { n: 2 }, 3, 4]);
    expect(params(cloud)[0].n.time).toBeLessThanOrEqual(before);
    expect(dev(cloud).properties.place).toBe("Zürich");
    expect(box.kept.size).toBe(0);
    expect([cloud.refused, cloud.lost, second.errors]).toEqual([[], [], []]);
  });

  test("a report of many values gets its answer after a restart, too", async () => {
    const cloud = await world();
    const box = outbox();
    const first = device(cloud, { outbox: box } as any);
    cloud.countConnect = () => false;
    first.connect();
    first.request("thing.event.property.batch.post", { properties: { n: [{ value: 1, time: 5 }] } });
    await later((done) => first.disconnect(done));
    cloud.countConnect = () => true;
    const second = await connected(cloud, { outbox: box } as any);
    await until(() => !box.kept.size, "the report");
    // Answers come in their order.
    await later((done) => second.propertiesReport({ n: 2 }, done));
    expect([box.kept.size, second.errors, second.dropped, cloud.refused]).toEqual([0, [], 0, []]);
  });

  test("what does not fit on storage is refused with `storage`; services and the like are not kept", async () => {
    const cloud = await world();
    const box = outbox();
    const d = await connected(cloud, { outbox: box } as any);
    await later((done) => d.request("tags", { a: 1 }, done));
    expect(box.kept.size).toBe(0);
    box.put = () => 0;
    await expect(later((done) => d.propertiesReport({ n: 1 }, done))).rejects.toMatchObject({ code: "storage" });
    expect(() => device(cloud, { outbox: 5 } as any)).toThrow("option outbox");
  });
});
