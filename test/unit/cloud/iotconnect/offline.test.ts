import { createDevice } from "thincloud/mock";
import { offline } from "../../../../src/cloud/iotconnect/offline";

/* The mock's flash behind the port, whose power fails where a test says so. */
let mockFlash: any;
jest.mock("#host", () => ({
  storeSize: (name: string) => mockFlash.read(name)?.length ?? -1,
  storeRead: (name: string, offset: number, length: number) => mockFlash.read(name, offset, length) ?? "",
  storeWrite: (name: string, offset: number, bytes: string, size?: number) =>
    mockFlash.write(name, bytes, offset, offset ? undefined : size) === undefined,
  storeErase: (name: string) => mockFlash.erase(name),
}));

const begin = (size = 1 << 20) => (mockFlash = (createDevice({ flash: size }) as any).storage);
const record = (n: number) => `r{"n":${n},"pad":"${"x".repeat(n % 90)}"}`;
const number = (text: string) => Number(/"n":(\d+)/.exec(text)![1]);

function all(store: ReturnType<typeof offline>): number[] {
  const out: number[] = [];
  for (let r; (r = store.first()) !== undefined; store.shift()) out.push(number(r));
  return out;
}

/** Whether it is what follows from `puts` records of which the newest are kept. */
function consecutive(list: number[]): boolean {
  return list.every((n, i) => !i || n === list[i - 1]! + 1);
}

test.each([
  [1, 65536],
  [2, 65536],
  [5, 65536],
  [30, 200000],
])("10,000 records in %i files of together %i bytes: the newest are kept, in order, within the limit", (files, space) => {
  begin();
  let store = offline(space, files);
  for (let n = 0; n < 10000; n++) {
    expect(store.put(record(n))).toBe(true);
    if (n % 1111 === 0) {
      const { count, bytes } = store;
      store = offline(space, files);
      expect([store.count, store.bytes]).toEqual([count, bytes]);
    }
    expect(store.bytes).toBeLessThanOrEqual(space + (files > 1 ? files * 200 : 0));
  }
  const { count, bytes } = store;
  // With whole files one share may just have gone.
  expect(bytes).toBeGreaterThan(space * (files > 1 ? 1 - 1 / files : 1) - 400);
  const list = all(store);
  expect(list).toHaveLength(count);
  expect(list[list.length - 1]).toBe(9999);
  expect(consecutive(list)).toBe(true);
  expect(mockFlash.list()).toEqual([]);
});

test.each([1, 3])("power cut at every operation, while records come and go; %i files", (files) => {
  let cuts = 0;
  for (const how of ["before", "inside", "after"] as const) {
    for (let cut = 1; ; cut++) {
      begin();
      let store = offline(2048, files);
      let put = 0;
      let gone = -1;
      let over = false;
      mockFlash.cutAt(cut, how);
      try {
        for (; put < 60; put++) {
          store.put(record(put));
          if (put % 3 === 2) {
            const first = number(store.first()!);
            store.shift();
            gone = first;
          }
        }
      } catch {
        over = true;
      }
      mockFlash.cutAt(0);
      store = offline(2048, files);
      const list = all(store);
      expect(consecutive(list)).toBe(true);
      // The newest whole one is there; what a cut interrupted being put is there or not.
      if (list.length) expect([put, put - 1]).toContain(list[list.length - 1]);
      else expect(put - 1).toBeLessThanOrEqual(Math.max(gone, 0));
      // What was interrupted being deleted may be back, nothing that was deleted before.
      if (list.length) expect(list[0]!).toBeGreaterThanOrEqual(gone);
      // It goes on working.
      expect(store.put(record(777))).toBe(true);
      expect(all(store)).toEqual([777]);
      cuts++;
      if (!over) break;
    }
  }
  expect(cuts).toBeGreaterThan(300);
});

test.each([1, 3])("4,000 records, the power cut in the middle of most, each put again after the restart; %i files", (files) => {
  begin(1 << 14);
  let store = offline(900, files);
  let seed = 11;
  let next = 0;
  let least = 0;
  for (let n = 0; n < 4000; n++) {
    seed = (seed * 16807) % 2147483647;
    mockFlash.cutAt(1 + (seed % 7), (["before", "inside", "after"] as const)[seed % 3]);
    let whole = false;
    try {
      expect(store.put(record(n))).toBe(true);
      whole = true;
      if (seed % 4 === 0) store.shift();
    } catch {
      // Cut.
    }
    mockFlash.cutAt(0);
    store = offline(900, files);
    const first = store.first();
    if (!whole && (first === undefined || !lastIs(n))) store.put(record(n));
    const oldest = number(store.first()!);
    expect(oldest).toBeGreaterThanOrEqual(least);
    least = oldest;
    expect(store.count).toBeLessThanOrEqual(n + 1 - oldest);
    next = n;
    // What a cut inside its header leaves without a name is the host's affair; and the mock is quicker without erased files.
    for (const file of [...mockFlash.files()]) if (!/^iotc\.\d+$/.test(file.name)) mockFlash.bytes.fill(0, file.at + 4, file.at + 8);
    if (n % 20 === 0) mockFlash.compact();
  }
  const list = all(store);
  expect(consecutive(list)).toBe(true);
  expect(list[list.length - 1]).toBe(next);
  expect(list.length).toBeGreaterThan(files > 1 ? 1 : 3);

  /** Whether the newest stored record is that one. */
  function lastIs(n: number): boolean {
    return mockFlash.list().some((name: string) => new RegExp(`r\\{"n":${n},"pad":"x*"\\}\\0\\xff`).test(mockFlash.read(name)));
  }
});

test("what can never fit is refused and empties nothing; storage that is full gives up the oldest", () => {
  begin(32768);
  const store = offline(1024, 1);
  expect(store.put(record(1))).toBe(true);
  expect(store.put("x".repeat(2000))).toBe(false);
  expect([store.count, store.dropped]).toEqual([1, 1]);
  store.clear();
  const large = offline(200000, 1);
  for (let n = 2; n < 1000; n++) large.put(record(n));
  const list = all(large);
  expect(list[list.length - 1]).toBe(999);
  expect(large.dropped).toBeGreaterThan(0);
});

/** Bytes of a file become others, whatever flash allows. */
function rot(name: string, at: number, bytes: string): void {
  mockFlash.bytes.write(bytes, mockFlash.find(name).data + at, "latin1");
}

/** The sizes of all files together. */
const taken = () => mockFlash.list().reduce((sum: number, name: string) => sum + mockFlash.read(name).length, 0);

test.each([
  ["the file that is read", "iotc.1"],
  ["all of them", ""],
])("somebody erases %s: the storage goes on, and says what is lost", (_what, name) => {
  begin();
  const store = offline(2000, 1);
  let n = 0;
  for (; n < 20; n++) store.put(record(n));
  for (const file of mockFlash.list()) if (!name || file === name) mockFlash.erase(file);
  for (; n < 60; n++) store.put(record(n));
  const list = all(store);
  expect(consecutive(list)).toBe(true);
  expect(list[list.length - 1]).toBe(59);
  expect([store.count, store.bytes, list.length + store.dropped]).toEqual([0, 0, 60]);
});

test("a record that rots while it waits: those of its file are lost and counted, the others come", () => {
  begin();
  const store = offline(2000, 1);
  let n = 0;
  for (; n < 20; n++) store.put(record(n));
  rot("iotc.1", 5, "\xff\xff");
  for (; n < 60; n++) store.put(record(n));
  const list = all(store);
  expect(consecutive(list)).toBe(true);
  expect([list[list.length - 1], store.count, store.bytes, list.length + store.dropped]).toEqual([59, 0, 0, 60]);
});

test("flash that takes no more where the next record goes: it goes to another file", () => {
  begin();
  let store = offline(65536, 1);
  for (let n = 0; n < 3; n++) store.put(record(n));
  const used = 5 + record(0).length + record(1).length + record(2).length + 12;
  rot("iotc.1", used + 6, "\0");
  expect(store.put(record(3))).toBe(true);
  store = offline(65536, 1);
  expect(store.count).toBe(4);
  expect(all(store)).toEqual([0, 1, 2, 3]);
});

test.each([1, 2, 30])(
  "a power cut inside a record at each of 40 restarts: the newest are kept, the files stay within bounds; %i files",
  (files) => {
    begin();
    let store = offline(20000, files);
    for (let n = 0; n < 40; n++) {
      store.put(record(n));
      mockFlash.cutAt(2, "inside");
      try {
        store.put("x".repeat(50));
      } catch {
        // Cut.
      }
      mockFlash.cutAt(0);
      store = offline(20000, files);
      const { count } = store;
      const list: number[] = [];
      const copy = mockFlash.list().map((name: string) => [name, mockFlash.read(name)]);
      for (let r; (r = store.first()) !== undefined; store.shift()) list.push(number(r));
      for (const [name, bytes] of copy) {
        mockFlash.erase(name);
        mockFlash.write(name, bytes);
      }
      store = offline(20000, files);
      expect(list).toHaveLength(count);
      expect(consecutive(list)).toBe(true);
      expect(list[list.length - 1]).toBe(n);
      expect(mockFlash.list().length).toBeLessThanOrEqual(31);
    }
  },
);

test.each([1, 2])("the number of a file rots: nothing hangs, the records of the others come; %i", (files) => {
  for (const number of ["\0\x7f\x00\x02", "\0\x00\x01\x02", "\0\0\0\x22"]) {
    begin();
    let store = offline(1200, files + 2);
    for (let n = 0; n < 40; n++) store.put(record(n));
    const before = store.count;
    const name = mockFlash.list().sort()[0];
    const at = +name.split(".")[1];
    rot(name, 0, number.slice(0, 3) + String.fromCharCode((number.charCodeAt(3) & 0xe0) | at));
    store = offline(1200, files + 2);
    expect(store.count).toBeLessThanOrEqual(before);
    expect(store.put(record(40))).toBe(true);
    const list = all(store);
    expect(consecutive(list)).toBe(true);
    expect(list.length).toBeGreaterThan(before / 4);
    expect([list[list.length - 1], store.count, store.bytes]).toEqual([40, 0, 0]);
  }
});

test.each([
  [0.0001 * 1048576, 1],
  [0.0001 * 1048576, 30],
  [1, 1],
  [1, 2],
  [300, 1],
  [4000, 3],
  [65536, 1],
])("odd sizes in %d bytes, %i files: in order, the newest last, not more files than there are names", (space, files) => {
  begin(1 << 22);
  let store = offline(space, files);
  let seed = 7;
  let last = -1;
  let largest = 0;
  for (let n = 0; n < 400; n++) {
    seed = (seed * 16807) % 2147483647;
    const size = seed % 7 ? seed % 40 : seed % 3 ? space / 12 : seed % Math.min(space, 3000);
    const text = `r{"n":${n}}` + "x".repeat(size);
    largest = Math.max(largest, text.length + 4);
    if (store.put(text)) last = n;
    if (seed % 5 === 0) store.shift();
    if (seed % 50 === 0) store = offline(space, files);
    expect(mockFlash.list().length).toBeLessThan(32);
    if (files === 1) expect(store.bytes).toBeLessThanOrEqual(space);
  }
  expect(taken()).toBeLessThanOrEqual(Math.max(1.5 * space, largest + 1100 + space));
  const list = all(store);
  expect(list.every((n, i) => !i || n > list[i - 1]!)).toBe(true);
  if (list.length) expect(list[list.length - 1]).toBe(last);
  expect([store.count, store.bytes]).toEqual([0, 0]);
});

test.each([
  [65536, 1],
  [8192, 1],
  [65536, 4],
  [20000, 30],
])("long records behind short ones: the files of %i bytes in %i take half more at most", (space, files) => {
  begin(1 << 22);
  const store = offline(space, files);
  let most = 0;
  for (let n = 0; n < 300; n++) {
    const length = n % 2 ? Math.ceil(space / (files > 1 ? files : 12)) + 20 : 10;
    expect(store.put(`r{"n":${n}}` + "x".repeat(length))).toBe(true);
    most = Math.max(most, taken());
  }
  expect(most).toBeLessThanOrEqual(1.5 * space);
  const list = all(store);
  expect(consecutive(list)).toBe(true);
  expect([list[list.length - 1], list.length + store.dropped]).toEqual([299, 300]);
});

test("what is put while the records before it are on their way stays when those go", () => {
  for (const files of [1, 3]) {
    begin();
    const store = offline(2000, files);
    for (let n = 0; n < 3; n++) store.put(record(n));
    const place = store.each(() => true);
    for (let n = 3; n < 12; n++) store.put(record(n));
    store.pass(place);
    store.pass(place);
    expect(store.count).toBe(9);
    let seen = 0;
    const next = store.each(() => seen++ < 5);
    store.clear();
    for (let n = 12; n < 15; n++) store.put(record(n));
    store.pass(next);
    expect(all(store)).toEqual([12, 13, 14]);
  }
});

test("a file that does not keep what is written: the record goes to the next one, or is refused, and none is found later", () => {
  for (const worn of [1, 2, 9]) {
    for (const damage of [/[@-~]/g, /^\0$/, /^\0./, /^r/]) {
      begin();
      let store = offline(2000, 1);
      const { write } = mockFlash;
      const name = (n: string) => +n.split(".")[1]! <= worn;
      mockFlash.write = (n: string, bytes: string, at: number, size?: number) =>
        write.call(mockFlash, n, at > 4 && name(n) ? bytes.replace(damage, (m) => "\xff".repeat(m.length)) : bytes, at, size);
      const kept: number[] = [];
      for (let n = 0; n < 20; n++) if (store.put(record(n))) kept.push(n);
      mockFlash.write = write;
      expect([store.count, store.dropped]).toEqual([kept.length, 20 - kept.length]);
      store = offline(2000, 1);
      const list = all(store);
      expect(list).toEqual(kept);
    }
  }
});

test.each([1, 3])("flash that is full of other files: what is left of it is used; %i files", (files) => {
  begin(16384);
  mockFlash.write("program", "x".repeat(13000));
  const store = offline(65536, files);
  for (let n = 0; n < 100; n++) expect(store.put(record(n))).toBe(true);
  const list = all(store);
  expect(list.length).toBeGreaterThan(10);
  expect(consecutive(list)).toBe(true);
  expect([list[list.length - 1], list.length + store.dropped]).toEqual([99, 100]);
});

test("files that are none of ours, and torn ones, are cleared away", () => {
  begin();
  mockFlash.write("iotc.3", "garbage");
  mockFlash.write("iotc.4", "\0\0\0\x04", 0, 100);
  const store = offline(1024, 2);
  expect([store.count, mockFlash.list()]).toEqual([0, []]);
});
