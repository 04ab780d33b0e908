/** Power cuts at every operation on flash of a complete update, and at five random ones in sequence. */
import { boot, CUTS, device, flash, installer, pack, PowerCut, random, type Release, runs, settle, source, update, wipe } from "../rig/ota";

jest.mock("#host", () => (globalThis as any).otaHost);

const noise = (n: number, salt: number): Buffer => Buffer.from(Array.from({ length: n }, (_, i) => ((i * 7 + salt * 31) ^ (i >> 3)) & 255));
// Bytes of 0xFF look like flash that was not written: at the end, in the middle, a whole piece of them.
const tailed = (n: number, salt: number): Buffer => Buffer.concat([noise(n - 70, salt).fill(255, 20, 90), Buffer.alloc(70, 255)]);

const release = (seq: number, extra: Release["files"] = []): Release => ({
  version: "1." + seq,
  seq,
  files: [
    { name: "net", data: noise(150 + seq, seq) },
    { name: "util-" + seq, data: tailed(200, seq) },
    ...extra,
    { name: "main", data: noise(333, seq + 9) },
  ],
});

const one = release(1);
const two = release(2);
const three = release(3);
const all = [one, two, three];
const blobs = new Map(all.map((r) => [r, pack(r)]));

const snapshot = () => new Map(Array.from(flash.files, ([name, file]) => [name, file.slice()]));

/** One power-up of a device whose application confirms itself and installs `next` when it is newer. */
function life(next: Release): Release | "factory" | "cut" {
  try {
    boot();
    const now = runs(all);
    const ota = installer();
    settle();
    if (!ota.confirm()) throw new Error("not confirmed");
    if (now === "factory" || now.seq < next.seq) {
      const { err } = update(ota, source(blobs.get(next)!));
      if (err && !flash.dead) throw err;
    }
    return flash.dead ? "cut" : now;
  } catch (e) {
    if (e instanceof PowerCut || flash.dead) return "cut";
    throw e;
  }
}

/** Lives until `next` runs confirmed; every life in between ran something whole. */
function until(next: Release, ready: (Release | "factory")[]): void {
  for (let i = 0; i < 12; i++) {
    const now = life(next);
    if (now === "cut") {
      // What a reboot finds is old or new and whole: `runs` throws otherwise.
      flash.dead = false;
      continue;
    }
    expect(ready).toContain(now);
    if (now === next) return;
  }
  throw new Error("the update never came to an end");
}

function prepared(first?: Release) {
  wipe();
  if (first) until(first, ["factory", first]);
  flash.ops = 0;
  return snapshot();
}

function restore(files: Map<string, number[]>): void {
  flash.files = new Map(Array.from(files, ([name, file]) => [name, file.slice()]));
  Object.assign(flash, { ops: 0, cutAt: -1, dead: false });
}

test.each([
  ["from what came with the device", undefined, one],
  ["from one version to the next", one, two],
] as const)("a cut at every operation, %s", (_, from, to) => {
  const start = prepared(from);
  const old = from || "factory";
  until(to, [old, to]);
  const total = flash.ops;
  let points = 0;
  for (let cutAt = 0; cutAt < total; cutAt++) {
    for (const how of CUTS) {
      restore(start);
      Object.assign(flash, { cutAt, how });
      until(to, [old, to]);
      expect(flash.cutAt).toBeLessThan(flash.ops);
      // And the next one succeeds, with nothing left of what was interrupted.
      flash.cutAt = -1;
      until(three, [to, three]);
      const program = (r: Release, slot: string) => r.files.map((file) => slot + file.name);
      const names = [...flash.files.keys()].sort();
      const [a, b] = device.launched!.slot === "a." ? [three, to] : [to, three];
      expect(["ota0", "ota1", ...program(a, "a."), ...program(b, "b.")].sort()).toEqual(names);
      points++;
    }
  }
  process.stdout.write(`ota: ${points} cut points ${_} (${total} operations)\n`);
});

test("five cuts at random points in sequence", () => {
  const start = prepared(one);
  let cuts = 0;
  for (let run = 0; run < 300; run++) {
    restore(start);
    let left = 5;
    let lives = 0;
    for (let now: Release | "factory" | "cut" = "cut"; now !== three; lives++) {
      if (lives > 40) throw new Error("never came to an end");
      Object.assign(flash, {
        dead: false,
        cutAt: left > 0 ? flash.ops + Math.floor(random() * 60) : -1,
        how: CUTS[Math.floor(random() * 5)],
      });
      // First to two; when the cuts are over, on to three from whatever runs.
      now = life(left > 0 ? two : three);
      if (now === "cut") {
        left--;
        cuts++;
      } else if (now === two) left = 0;
    }
  }
  process.stdout.write(`ota: ${cuts} cuts in 300 sequences\n`);
});

test("a trial that is never confirmed goes back, whatever is cut", () => {
  const start = prepared(one);
  let points = 0;
  for (let cutAt = -1; cutAt < 8; cutAt++) {
    for (const how of CUTS) {
      restore(start);
      boot();
      expect(update(installer(), source(blobs.get(two)!)).err).toBeUndefined();
      Object.assign(flash, { ops: 0, cutAt, how });
      const seen: unknown[] = [];
      for (let i = 0; i < 8; i++) {
        // A loader that could not set its mark runs the one that is good.
        flash.dead = false;
        boot();
        seen.push(device.launched && runs(all));
      }
      expect(seen.filter((r) => r === two).length).toBeLessThanOrEqual(3);
      expect(seen.slice(5)).toEqual([one, one, one]);
      flash.cutAt = -1;
      until(three, [one, three]);
      points++;
    }
  }
  process.stdout.write(`ota: ${points} cut points of a trial that is given up\n`);
});
