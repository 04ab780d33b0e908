import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { md5 } from "thincloud/md5";
import { open } from "thincloud/store";

const config = (name: string) => expect.objectContaining({ code: "config", message: expect.stringContaining(name) });
let dir: string;

beforeEach(() => (process.env.THINCLOUD_STORE = dir = mkdtempSync(join(tmpdir(), "store-"))));
afterEach(() => {
  delete process.env.THINCLOUD_STORE;
  rmSync(dir, { recursive: true });
});

test("what was put is there for the next one", () => {
  const key = open("session", 512).put("record");
  const found: unknown[] = [];
  open("session", 512).each((record, k) => found.push(record, k));
  expect(found).toEqual(["record", key]);
});

test.each([
  [undefined, undefined],
  [null, 512],
  [5, 512],
  ["", 512],
  ["x".repeat(28), 512],
  ["s", undefined],
  ["s", null],
  ["s", "512"],
  ["s", 0],
  ["s", -1],
  ["s", 15],
  ["s", 512.5],
  ["s", NaN],
  ["s", 65536],
])("open(%p, %p) is refused", (name: any, size: any) => {
  expect(() => open(name, size)).toThrow(config("open: "));
});

test("names of 27 characters, sizes from 16 to 65,535", () => {
  expect(open("x".repeat(27), 16).room).toBe(8);
  expect(open("s", 65535).room).toBe(49147);
});

test("md5 takes bytes in a string", () => {
  expect(md5("abc")).toBe("900150983cd24fb0d6963f7d28e17f72");
  for (const wrong of [undefined, null, 5, {}, Buffer.from("abc")] as any[]) expect(() => md5(wrong)).toThrow(config("md5: "));
});
