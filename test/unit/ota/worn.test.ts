/** Flash that does not take what the loader or the installer marks in it. */
import { boot, flash, HMAC, host, installer, pack, type Release, runs, settle, source, stored, update, wipe } from "../../rig/ota";

jest.mock("#host", () => (globalThis as any).otaHost);

const release = (seq: number): Release => ({
  version: "1." + seq,
  seq,
  files: [
    { name: "net", data: Buffer.alloc(60, seq) },
    { name: "main", data: Buffer.alloc(90, seq + 9) },
  ],
});
const [one, two, three] = [1, 2, 3].map(release) as [Release, Release, Release];
const all = [one, two, three];
const blobs = new Map(all.map((r) => [r, pack(r, "hmacKey")]));
const device = () => installer({ key: undefined, hmacKey: HMAC });

const mark = host.storeMark;
afterEach(() => (host.storeMark = mark));

const byte = (name: string, offset: number, value: number): number => (flash.files.get(name)![offset] = value);
/** What a write may do instead of what it should. */
const FAILURES = {
  throws: () => {
    throw new Error("worn");
  },
  "does nothing": () => {},
  "clears some bits": (name: string, _: string, offset: number) => void byte(name, offset, 0xf0),
  "clears some bits and throws": (name: string, _: string, offset: number) => {
    byte(name, offset, 0x7f);
    throw new Error("worn");
  },
};
type Failure = keyof typeof FAILURES;

const start = new Map<boolean, typeof flash.files>();

/** A device that runs `one`, confirmed, when `first`, else what it came with; and has `two` ready. */
function prepared(first: boolean): void {
  wipe();
  const had = start.get(first);
  if (had) return void (flash.files = new Map(Array.from(had, ([name, file]) => [name, file.slice()])));
  boot(true);
  if (first) {
    update(device(), source(blobs.get(one)!));
    boot(true);
    expect(device().confirm()).toBe(true);
  }
  expect(update(device(), source(blobs.get(two)!)).err).toBeUndefined();
  start.set(first, new Map(Array.from(flash.files, ([name, file]) => [name, file.slice()])));
}

/**
 * Seven boots. The old program confirms itself as it always does, the new one in its boot number `when`; 0 for never. `fails(n, offset)` says of
 * the loader's write number n, or of one that the program makes (0), whether it fails. The number of the loader's writes.
 */
function lives(first: boolean, when: number, failure: Failure, fails: (n: number, offset: number) => boolean): number {
  const old = first ? one : "factory";
  let writes = 0;
  let trials = 0;
  let kept: Release | "factory" | undefined;
  prepared(first);
  for (let i = 0; i < 7; i++) {
    let loading = true;
    host.storeMark = (name, bytes, offset) => (fails(loading ? ++writes : 0, offset) ? FAILURES[failure] : mark)(name, bytes, offset);
    boot(true);
    loading = false;
    const now = runs(all);
    expect([old, two]).toContain(now);
    if (kept) expect(now).toBe(kept);
    if (now === two && !kept) trials++;
    expect(trials).toBeLessThanOrEqual(3);
    const ota = device();
    settle();
    // It knows who it is, and confirms nobody else.
    const { version, trial } = ota.status();
    expect([version, trial]).toEqual([now === "factory" ? undefined : now.version, now === two && !kept]);
    const record = stored("ota" + +first)!;
    if (now === old) {
      expect(ota.confirm()).toBe(true);
      expect(stored("ota" + +first)).toBe(record);
    } else if (trials === when && ota.confirm()) kept = two;
    expect(device().status().trial).toBe(now === two && !kept);
  }
  if (when === 0) expect(runs(all)).toBe(old);
  // With flash that works the next version arrives, whatever was before.
  host.storeMark = mark;
  boot(true);
  const ota = device();
  const now = runs(all);
  if (now === two) expect(ota.confirm()).toBe(true);
  expect(update(ota, source(blobs.get(three)!)).err).toBeUndefined();
  boot(true);
  expect(runs(all)).toBe(three);
  expect(device().status()).toMatchObject({ version: "1.3", trial: true });
  return writes;
}

describe.each(Object.keys(FAILURES) as Failure[])("a mark that %s", (failure) => {
  it.each([true, false])("each one of the loader by itself, and all from there on (an older update: %s)", (first) => {
    let points = 0;
    for (const when of [0, 1, 2, 3]) {
      const writes = lives(first, when, failure, () => false);
      expect(writes).toBe(when || 4);
      // A boot that was not counted comes again: one more than there are.
      for (let at = 1; at <= writes + 1; at++) {
        lives(first, when, failure, (n) => n === at);
        lives(first, when, failure, (n) => n >= at);
        if (first && failure === "does nothing")
          for (let also = at + 1; also <= writes + 2; also++) lives(first, when, failure, (n) => n === at || n === also);
        points++;
      }
    }
    expect(points).toBe(14);
  });

  it("each place of the record, whoever writes there", () => {
    for (const when of [0, 1, 2, 3]) for (let at = 6; at < 12; at++) lives(when < 2, when, failure, (_, offset) => offset === at);
  });
});

it("a confirmation that flash does not keep is none", () => {
  prepared(true);
  boot(true);
  host.storeMark = FAILURES["does nothing"];
  const ota = device();
  const applied = jest.fn();
  ota.on("applied", applied);
  expect(ota.confirm()).toBe(false);
  host.storeMark = mark;
  expect(ota.status().trial).toBe(true);
  expect(ota.confirm()).toBe(true);
  expect(applied).toHaveBeenCalledTimes(1);
});

it("a record that flash does not keep is no version that is ready", () => {
  wipe();
  const had = host.storeWrite;
  host.storeWrite = (name, offset, bytes, size) => had(name, offset, /^ota\d/.test(name) ? bytes.slice(0, -1) + "\xff" : bytes, size);
  const { err } = update(device(), source(blobs.get(one)!));
  host.storeWrite = had;
  expect(err).toMatchObject({ code: "storage" });
  expect(device().status().ready).toBe(false);
  expect(update(device(), source(blobs.get(one)!)).err).toBeUndefined();
  boot(true);
  expect(runs(all)).toBe(one);
});

/** What the loader launches is there, all of it, and the next version comes. */
function sound(first: Release): void {
  for (let n = 0; n < 5; n++) {
    boot(true);
    expect([first, two]).toContain(runs(all));
  }
  const ota = device();
  ota.confirm();
  expect(update(ota, source(blobs.get(three)!)).err).toBeUndefined();
  boot(true);
  expect(runs(all)).toBe(three);
}

/** A device that runs `one`, confirmed. */
function running(): void {
  wipe();
  boot(true);
  update(device(), source(blobs.get(one)!));
  boot(true);
  expect(device().confirm()).toBe(true);
}

const write = host.storeWrite;
const view = host.storeView;
afterEach(() => Object.assign(host, { storeWrite: write, storeView: view }));

it("a byte that flash does not keep as it was written, at each place of head and files: refused, and nothing left", () => {
  const size = blobs.get(two)!.length;
  for (let at = 0; at < size; at += 9) {
    running();
    const before = JSON.stringify([...flash.files]);
    let n = 0;
    host.storeWrite = (name, offset, bytes, whole) => {
      const from = n;
      n += bytes.length;
      const i = at - from;
      // A bit that is not cleared.
      const wrong =
        i >= 0 && i < bytes.length ? bytes.slice(0, i) + String.fromCharCode(bytes.charCodeAt(i) | 128) + bytes.slice(i + 1) : bytes;
      return write(name, offset, wrong, whole);
    };
    const { err } = update(device(), source(blobs.get(two)!));
    host.storeWrite = write;
    // A bit that was set anyway, or a byte of the record.
    if (err) {
      expect(["verify", "refused", "storage"]).toContain(err.code);
      expect(JSON.stringify([...flash.files])).toBe(before);
    }
    sound(one);
  }
});

it("a read that differs, each one of an update in turn: what boots is whole", () => {
  running();
  let n = 0;
  host.storeView = (...args) => (n++, view(...args));
  expect(update(device(), source(blobs.get(two)!)).err).toBeUndefined();
  const reads = n;
  expect(reads).toBeGreaterThan(50);
  let failed = 0;
  for (let at = 1; at <= reads; at++)
    for (const place of [0, 13, -1]) {
      running();
      n = 0;
      host.storeView = (...args) => {
        const bytes = view(...args);
        if (++n !== at || !bytes) return bytes;
        const i = place < 0 ? bytes.length - 1 : Math.min(place, bytes.length - 1);
        return bytes.slice(0, i) + String.fromCharCode(bytes.charCodeAt(i) ^ 16) + bytes.slice(i + 1);
      };
      const { err } = update(device(), source(blobs.get(two)!));
      host.storeView = view;
      if (err) failed++;
      sound(one);
    }
  process.stdout.write(`ota: ${3 * reads} reads that differ, ${failed} refused\n`);
});
