/** What the application gives to an update or a service, and what it throws there. */
import { createHash } from "node:crypto";
import { AliIotOTA } from "thincloud/aliiotota";
import { emitter } from "../../../../src/core/emitter";
import { clear, connected, device, later, PK, PRODUCT, rest, until, world } from "./bench";

afterEach(clear);

const BLOCK = "x".repeat(300);
const hex = (text: string) => createHash("md5").update(text).digest("hex");
const JOB = {
  module: "app",
  version: "2",
  size: 900,
  sign: hex(BLOCK.repeat(3)),
  signMethod: "md5",
  dProtocol: "mqtt",
  streamId: 1,
  streamFileId: 1,
};
const WRITER = {
  open: (_file: unknown, next: () => void) => next(),
  write: (_bytes: unknown, next: () => void) => next(),
  close: (next: () => void) => next(),
};
const thrower = (what: unknown) => () => {
  throw what;
};

/** An update from a platform that answers each question for a block. */
function scene(options: any, job: any = JOB) {
  const told: any[] = [];
  const steps: number[] = [];
  const errors: any[] = [];
  const server: any = {
    otaDeviceProgress: (step: number) => steps.push(step),
    request: (_method: string, { fileBlock }: any, done: any) =>
      setTimeout(() => server.emit(done, undefined, { data: { block: BLOCK, bOffset: fileBlock.offset } })),
  };
  emitter(server);
  server.on("error", (e: any) => errors.push(e));
  const ota = AliIotOTA("app", "MCU", options);
  ota.setServer(server);
  ota.setOtaData(job);
  return { told, steps, errors, server, start: () => ota.start((e: any) => told.push(e ? e.message : "")) };
}

const CASES: [string, any, any][] = [
  ["open of the writer", { writer: { ...WRITER, open: 0 } }, JOB],
  ["write of the writer", { writer: { ...WRITER, write: 0 } }, JOB],
  ["close of the writer", { writer: { ...WRITER, close: 0 } }, JOB],
  ["update of the installer", { installer: { update: 0 } }, JOB],
  ["option http", { writer: WRITER, http: 0 }, { ...JOB, dProtocol: "https", url: "u" }],
];

/** The same options, in which what is 0 throws. */
const throwing = (options: any, what: unknown): any =>
  options === 0
    ? thrower(what)
    : typeof options === "object"
      ? Object.fromEntries(Object.entries(options).map(([name, value]) => [name, throwing(value, what)]))
      : options;

test.each(CASES)("%s throws: the update has failed, once, the platform hears it, and another may begin", async (_name, options, job) => {
  for (const what of [new Error("of the application"), null]) {
    const s = scene(throwing(options, what), job);
    for (let n = 1; n < 3; n++) {
      expect(s.start()).toBe(true);
      await until(() => s.told.length === n, "the end");
      expect(s.told[n - 1]).toMatch(what ? /^of the application$/ : /threw/);
      expect(s.steps.pop()).toBe(-1);
    }
    expect(s.errors).toEqual([]);
  }
});

test("a writer that says twice that it is ready opens and closes each file once", async () => {
  const calls: string[] = [];
  const twice = (next: () => void) =>
    setTimeout(() => {
      next();
      next();
    });
  const writer = {
    open: ({ name }: { name: string }, next: () => void) => (calls.push("open " + name), twice(next)),
    write: (bytes: string, next: () => void) => (calls.push(bytes), twice(next)),
    close: (next: () => void) => (calls.push("close"), twice(next)),
  };
  const files = ["a", "b"].map((name) => ({ fileName: name, fileUrl: name, fileSize: 300, fileSign: hex(BLOCK) }));
  const http = () => ({ stop: () => undefined, read: (_at: number, _n: number, take: any) => setTimeout(take, 0, undefined, BLOCK) });
  const s = scene({ writer, http }, { ...JOB, dProtocol: "https", files });
  s.start();
  await until(() => s.told.length > 0, "the end");
  expect([calls, s.told]).toEqual([["open a", BLOCK, "close", "open b", BLOCK, "close"], [""]]);
});

test("an installer that ends twice has ended once", async () => {
  const installer = {
    update: (_source: unknown, done: (err?: Error) => void) => {
      done();
      done(new Error("late"));
    },
  };
  const s = scene({ installer });
  s.start();
  expect([s.told, s.steps]).toEqual([[""], [1, 100]]);
});

test("what the callback of `start` throws is an error of the device", () => {
  for (const options of [{ installer: { update: (_source: unknown, done: () => void) => done() } }, {}]) {
    const s = scene(options);
    s.told.push = thrower("of the application");
    s.start();
    expect(s.errors).toEqual(["of the application"]);
  }
});

test("a list of files that holds nothing is refused", () => {
  const s = scene({ writer: WRITER }, { ...JOB, files: [null] });
  expect(s.start()).toBe(false);
  expect([s.told, s.steps]).toEqual([["the package says no size"], [-1]]);
});

test.each([5, "x", [], { ...JOB, files: [{ ...JOB, size: -300 }, JOB] }, { ...JOB, files: [{ ...JOB, size: 0 }, JOB] }])(
  "a job that is none (%j) is refused",
  (job) => {
    const s = scene(
      { writer: WRITER },
      typeof job === "object" && !Array.isArray(job) ? { ...job, module: "app", signMethod: "md5" } : job,
    );
    expect(s.start()).toBe(false);
    expect([s.told.length, s.steps, s.errors]).toEqual([1, [-1], []]);
  },
);

test("files that are no list are not counted, however many they say they are", () => {
  const files = Object.defineProperty({ length: 1 }, "0", { get: thrower(new Error("was read")) });
  const s = scene({ writer: WRITER }, { ...JOB, size: undefined, files });
  expect(s.start()).toBe(false);
  expect([s.told, s.steps]).toEqual([["the package says no size"], [-1]]);
});

test("a block of a file that is answered without data is asked for again, then told", async () => {
  const s = scene({ writer: WRITER });
  s.server.request = (_method: string, _params: unknown, done: any) => setTimeout(() => s.server.emit(done, undefined, { code: 200 }));
  s.start();
  await until(() => s.told.length, "the end");
  expect([s.told, s.errors]).toEqual([["another block of the file than was asked for"], []]);
});

test("a service that throws nothing at all is answered with 400 all the same", async () => {
  const cloud = await world();
  const d = await connected(cloud);
  d.addService("odd", thrower(null));
  expect((await cloud.call(cloud.devices.get(`${PK}/dev001`), "odd", {})).code).toBe(400);
});

const REGISTERING = { deviceSecret: undefined, productSecret: PRODUCT };

test.each([null, undefined, 0, "", "full", new Error("full")])(
  "a `keep` that throws %p when it writes: the registration has failed, and is not tried again",
  async (what) => {
    const cloud = await world({ devices: [{ productKey: PK, deviceName: "dev001" }] });
    const d = device(cloud, { ...REGISTERING, keep: { read: () => undefined, write: thrower(what) } });
    await expect(later((done) => d.connect(done))).rejects.toBeInstanceOf(Error);
    await rest(150);
    expect([d.status, cloud.packets.filter((p: any) => p.cmd === "connect").length, d.errors]).toEqual([false, 1, []]);
  },
);

test.each([null, undefined, "none", new Error("none")])(
  "a `keep` that throws %p when it is read has nothing: the device registers",
  async (what) => {
    const cloud = await world({ devices: [{ productKey: PK, deviceName: "dev001" }] });
    const kept: string[] = [];
    const d = await connected(cloud, { ...REGISTERING, keep: { read: thrower(what), write: (text: string) => void kept.push(text) } });
    expect([d.status, kept.length, d.errors]).toEqual([true, 1, []]);
  },
);

/** An outbox in memory, in which what is named throws. */
function outbox(name: string, what: unknown): any {
  const kept = new Map<number, string>();
  let n = 0;
  const box: any = {
    kept,
    put: (record: string) => (kept.set(++n, record), n),
    get: (key: number) => kept.get(key),
    drop: (key: number) => kept.delete(key),
    each: (visit: any) => kept.forEach(visit),
  };
  box[name] = thrower(what);
  return box;
}

describe.each([null, undefined, "broken", new Error("broken")])("an outbox that throws %p", (what) => {
  test("when it puts: the report is not taken", async () => {
    const d = await connected(await world(), { outbox: outbox("put", what) });
    await expect(later((done) => expect(d.propertiesReport({ a: 1 }, done)).toBe(false))).rejects.toBeInstanceOf(Error);
    d.propertiesReport({ a: 1 });
    expect([d.errors.length, d.errors[0] instanceof Error, d.dropped]).toEqual([1, true, 2]);
  });

  test("when it gets: the report has failed, and what follows goes", async () => {
    const cloud = await world();
    const d = device(cloud, { outbox: outbox("get", what) });
    d.connect();
    const told = Promise.allSettled([1, 2, 3, 4, 5, 6].map((a) => later((done) => d.propertiesReport({ a }, done))));
    await later((done) => d.request("tags", { a: 1 }, done));
    expect((await told).map((one: any) => one.reason instanceof Error)).toEqual(Array(6).fill(true));
    expect(d.errors).toEqual([]);
  });

  test("when it drops: the report is there, and an error is told", async () => {
    const cloud = await world();
    const d = await connected(cloud, { outbox: outbox("drop", what) });
    for (const a of [1, 2]) expect((await later((done) => d.propertiesReport({ a }, done))).code).toBe(200);
    await until(() => d.errors.length === 2, "both errors");
    expect(d.errors.every((e: any) => e instanceof Error)).toBe(true);
  });

  test("when it is read: an error is told, and the device connects", async () => {
    const cloud = await world();
    const d = await connected(cloud, { outbox: outbox("each", what) });
    expect([d.status, d.errors.length, d.errors[0] instanceof Error]).toEqual([true, 1, true]);
  });
});
