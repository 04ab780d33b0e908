import fc from "../../rig/properties";
import { journal } from "../../../src/core/journal";
import { queue as makeQueue, type Queue } from "../../../src/core/queue";

const files = new Map<string, string>();

jest.mock("#host", () => ({
  storeSize: (name: string) => files.get(name)?.length ?? -1,
  storeRead: (name: string, offset: number, length: number) => (files.get(name) ?? "").substr(offset, length),
  storeWrite(name: string, offset: number, bytes: string, size?: number) {
    const file = offset ? files.get(name)! : "\xff".repeat(size!);
    files.set(name, file.substr(0, offset) + bytes + file.substr(offset + bytes.length));
    return offset + bytes.length <= file.length;
  },
  storeErase: (name: string) => files.delete(name),
}));

beforeEach(() => files.clear());

test("storage that does not keep what is written is found out by the write, and loses nothing that was kept", () => {
  const store = jest.requireMock("#host");
  const { storeWrite } = store;
  journal("q", 200).put("first");
  let kept = 1;
  // Only records; then their marks; then the turn of a copy, which is made when dropped ones have filled the file.
  for (const wear of [/[a-z]/g, /^\0$/g, /^[\x03\x05\x06]$/g]) {
    store.storeWrite = (name: string, at: number, bytes: string, size?: number) =>
      storeWrite(name, at, at ? bytes.replace(wear, "\xff") : bytes, size);
    const worn = journal("q", 200);
    for (let i = 0; i < 24; i++) {
      const key = worn.put("second");
      if (i % 4) worn.drop(key);
      else if (key) kept++;
    }
    store.storeWrite = storeWrite;
    const found: string[] = [];
    journal("q", 200).each((record) => found.push(record));
    expect(found).toEqual(found.map((_, i) => (i ? "second" : "first")));
    expect(found.length).toBeGreaterThanOrEqual(kept);
  }
  expect(kept).toBeGreaterThan(1);
});

test("a copy whose turn was written although storage says no does not count", () => {
  const store = jest.requireMock("#host");
  const { storeWrite } = store;
  const full = journal("q", 200);
  full.put("first");
  for (let i = 0; i < 18; i++) {
    const key = full.put("second");
    expect(key).toBeGreaterThan(0);
    if (i % 3) full.drop(key);
  }
  store.storeWrite = (name: string, at: number, bytes: string, size?: number) => storeWrite(name, at, bytes, size) && at !== 1;
  expect(full.put("second")).toBe(0);
  store.storeWrite = storeWrite;
  // There is room for this one.
  expect(full.put("")).toBeGreaterThan(0);
  const found: string[] = [];
  journal("q", 200).each((record) => found.push(record));
  expect(found).toEqual(["first", ...Array(6).fill("second"), ""]);
});

describe.each([false, true])("on storage: %p", (durable) => {
  const SIZE = 200;
  const make = (items: number, bytes: number, oldest: boolean): Queue =>
    makeQueue(items, bytes, oldest, durable ? journal("q", SIZE) : undefined);

  test("first in, first out", () => {
    const queue = make(10, 100, true);
    expect(queue.first()).toBeUndefined();
    queue.shift();
    expect(queue.count).toBe(0);
    ["a", "", "c"].forEach((item) => expect(queue.push(item)).toBe(true));
    for (const item of ["a", "", "c"]) {
      expect(queue.first()).toBe(item);
      queue.shift();
    }
    expect([queue.count, queue.dropped]).toEqual([0, 0]);
  });

  test.each([true, false])("as a model does, oldest dropped: %p", (oldest) => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(160)), { maxLength: 60 }), fc.nat(6), (steps, max) => {
        files.clear();
        const room = durable ? 146 : 100;
        const cost = durable ? 4 : 0;
        const queue = make(max, 100, oldest);
        const model: string[] = [];
        let dropped = 0;
        const used = (): number => model.reduce((sum, item) => sum + item.length + cost, 0);
        steps.forEach((step, i) => {
          if (step === null) {
            model.shift();
            queue.shift();
          } else {
            const item = String.fromCharCode(97 + (i % 26)).repeat(step);
            let ok = max > 0 && item.length <= room;
            while (ok && (model.length >= max || used() + item.length > room)) {
              ok = oldest;
              if (ok) {
                model.shift();
                dropped++;
              }
            }
            if (ok) {
              model.push(item);
            } else {
              dropped++;
            }
            expect(queue.push(item)).toBe(ok);
          }
          expect([queue.count, queue.first(), queue.dropped]).toEqual([model.length, model[0], dropped]);
        });
        if (durable) {
          const again = make(100, 0, false);
          for (const item of model) {
            expect(again.first()).toBe(item);
            again.shift();
          }
          expect(again.count).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });
});
