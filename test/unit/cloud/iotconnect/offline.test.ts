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

test("files that are none of ours, and torn ones, are cleared away", () => {
  begin();
  mockFlash.write("iotc.3", "garbage");
  mockFlash.write("iotc.4", "\0\0\0\x04", 0, 100);
  const store = offline(1024, 2);
  expect([store.count, mockFlash.list()]).toEqual([0, []]);
});
