/** A device made of the port's store over simulated flash, a scheduler, the loader and the installer; and packages to feed it. */
import { createHash } from "node:crypto";
import type { Ota, Options, Source } from "../../src/ota/index";

const lms = require("../../tool/ota/lms.js");
const packages = require("../../tool/ota/package.js");

export class PowerCut extends Error {}
export type Cut = "before" | "half" | "backwards" | "rotted" | "after";
export const CUTS: Cut[] = ["before", "half", "backwards", "rotted", "after"];

const codes = (bytes: string): number[] => Array.from(bytes, (c) => c.charCodeAt(0));
const text = (list: number[]): string => list.map((c) => String.fromCharCode(c)).join("");

export const flash = {
  files: new Map<string, number[]>(),
  /** Operations begun: a directory entry, a write, an erase. The power goes at number `cutAt`. */
  ops: 0,
  cutAt: -1,
  how: "before" as Cut,
  dead: false,
  /** Bytes there are. */
  space: 1e6,
  names: [] as string[],
};

let seed = 1;
export function random(): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 4294967296;
}

/** Does `n` steps of work as far as the power lasts. */
function operate(n: number, step: (i: number, mask: number) => void): void {
  if (flash.dead) throw new PowerCut();
  const cut = flash.ops++ === flash.cutAt;
  const count = !cut || flash.how === "after" || flash.how === "rotted" ? n : flash.how === "before" ? 0 : n >> 1;
  for (let i = 0; i < count; i++) {
    const at = cut && flash.how === "backwards" ? n - 1 - i : i;
    // What the power left undone keeps some of its bits set.
    step(at, cut && flash.how === "rotted" ? Math.floor(random() * 256) : 0);
  }
  if (cut) {
    flash.dead = true;
    throw new PowerCut();
  }
}

let queue: { fn: (arg?: unknown) => void; at: number; id: number; arg: unknown }[] = [];
let clock = 1.8e12;
let ids = 0;
export const device = {
  launched: undefined as { slot: string; main: string; mods: string[] } | undefined,
  restarts: 0,
  now: () => clock,
  setNow: (ms: number) => (clock = ms),
  sha: true,
};

function used(): number {
  let sum = 0;
  for (const file of flash.files.values()) sum += file.length + 40;
  return sum;
}

function write(name: string, offset: number, bytes: string, size?: number): boolean {
  if (name.length > 28) throw new Error("a name of " + name.length + " characters");
  if (flash.dead) throw new PowerCut();
  let file = flash.files.get(name);
  const whole = offset ? file && file.length : size || bytes.length;
  if (!whole || (!offset && file) || offset + bytes.length > whole || (!offset && used() + whole + 40 > flash.space)) return false;
  if (!offset) {
    operate(2, (i) => i && flash.files.set(name, new Array(whole).fill(255)));
    file = flash.files.get(name);
  }
  const data = codes(bytes);
  if (data.some((_, i) => file![offset + i] !== 255)) return false;
  if (data.length) operate(data.length, (i, mask) => (file![offset + i] = data[i]! | mask));
  return true;
}

export const host = {
  hashes: true,
  hash: (algorithm: string, bytes: string): string | undefined =>
    device.sha ? createHash(algorithm).update(bytes, "latin1").digest().toString("latin1") : undefined,
  listeners: undefined,
  log: () => {},
  now: () => clock,
  random,
  after: (fn: () => void, ms: number, arg?: unknown) => {
    queue.push({ fn, at: clock + (ms || 0), id: ++ids, arg });
    return ids;
  },
  cancel: (id: number) => {
    if (!queue.some((one) => one.id === id)) throw new Error("a timer that is none");
    queue = queue.filter((one) => one.id !== id);
  },
  restart: () => {
    device.restarts++;
  },
  storeSize: (name: string) => flash.files.get(name)?.length ?? -1,
  storeRead: (name: string, offset: number, length: number) =>
    text((flash.files.get(name) || []).slice(offset, offset + Math.max(0, length))),
  storeView: (name: string, offset = 0, length = 1e9) =>
    flash.files.has(name) ? text(flash.files.get(name)!.slice(offset, offset + length)) : undefined,
  storeWrite: write,
  storeMark: (name: string, bytes: string, offset: number) => {
    if (!write(name, offset, bytes)) throw new Error("no mark");
  },
  storeErase: (name: string) => {
    if (flash.dead) throw new PowerCut();
    // Half an erase is none: only what is done last makes the name unreadable.
    if (flash.files.has(name)) operate(2, (i) => i && flash.files.delete(name));
  },
  storeFree: () => flash.space - used(),
  unpack: (bytes: string): string | undefined => (bytes ? text(codes(bytes).map((c) => c ^ 1)) : ""),
  launch: (program: { slot: string; main: string; mods: string[] }) => {
    device.launched = program;
  },
  connect: () => ({}),
  write: () => {},
  end: () => {},
};

// A test mocks `#host` by this: each boot loads the sources anew, and all of them want the same device.
(globalThis as any).otaHost = host;

/** Runs what is due within `ms`. */
export function settle(ms = 0): void {
  const end = clock + ms;
  for (let turns = 0; ; turns++) {
    if (turns > 100000) throw new Error("no rest");
    const next = queue.filter((one) => one.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
    if (!next) break;
    queue = queue.filter((one) => one !== next);
    clock = Math.max(clock, next.at);
    if (!flash.dead) next.fn(next.arg);
  }
  clock = end;
}

/** How many timers there are. */
export const timers = (): number => queue.length;

/** What the application of this run has required. */
let required: typeof import("../../src/ota/index") | undefined;

export function wipe(): void {
  flash.files.clear();
  Object.assign(flash, { ops: 0, cutAt: -1, dead: false, space: 1e6 });
  clock = 1.8e12;
  queue = [];
  required = undefined;
  delete (globalThis as any).otaOld;
}

/** Power on: the loader runs; what it launched. `still`: no installer is under way, the loaded one will do. */
export function boot(still?: boolean): typeof device.launched {
  queue = [];
  if (!still) required = undefined;
  flash.dead = false;
  device.launched = undefined;
  delete (globalThis as any).otaOld;
  const had = globalThis.setTimeout;
  (globalThis as any).setTimeout = host.after;
  jest.isolateModules(() => require("../../src/ota/boot"));
  globalThis.setTimeout = had;
  return device.launched;
}

// One tree of 32 keys, W4: each leaf signs one manifest.
const tree = { lmsType: 5, otsType: 3, id: Buffer.alloc(16, 7), seed: Buffer.alloc(32, 9) };
const nodes: Buffer[] = lms.buildTree(tree);
export const KEY = Buffer.concat([lms.u32(1), lms.publicKey(tree, nodes[1])]).toString("hex");
export const HMAC = "00112233445566778899aabbccddeeff";
let leaf = 0;

export interface Release {
  version: string;
  seq: number;
  target?: string;
  model?: string;
  device?: string;
  expires?: number;
  main?: string;
  files: { name: string; data: Buffer; to?: string }[];
}

/** A package; `scheme` as the option's name. Leaves are used again here: these keys protect nothing. */
export function pack(release: Release, scheme: "key" | "hmacKey" | "unsigned" = "key", edit?: (manifest: any) => void): Buffer {
  const made = packages.build({ target: "espruino", model: "board", main: "main", ...release });
  if (edit) {
    const manifest = JSON.parse(made.manifest.toString());
    edit(manifest);
    made.manifest = Buffer.from(JSON.stringify(manifest));
  }
  const signature =
    scheme === "key"
      ? Buffer.concat([lms.u32(0), lms.sign(tree, nodes, leaf++ % 32, Buffer.alloc(32, leaf), packages.message(made.manifest))])
      : scheme === "hmacKey"
        ? packages.hmac(Buffer.from(HMAC, "hex"), made.manifest)
        : Buffer.alloc(0);
  return packages.assemble(made, signature);
}

/** Serves a package in pieces; `loss(offset)` true breaks off before the piece at that offset. */
export function source(
  data: Buffer,
  piece = 100,
  loss: (offset: number) => boolean = () => false,
): Source & { fetched: number; reads: number[] } {
  let turn = 0;
  const self = {
    fetched: 0,
    reads: [] as number[],
    stop() {
      turn++;
    },
    read(offset: number, length: number, take: (err?: Error, bytes?: string) => boolean) {
      const mine = ++turn;
      self.reads.push(offset);
      const give = (at: number): void => {
        if (mine !== turn) return;
        if (loss(at)) return void take(Object.assign(new Error("lost"), { code: "network" }));
        const part = data.subarray(at, Math.min(at + piece, offset + length));
        if (!part.length) return void take(Object.assign(new Error("no more"), { code: "refused" }));
        self.fetched += part.length;
        if (take(undefined, part.toString("latin1"))) host.after(() => give(at + part.length), 1);
      };
      host.after(() => give(offset), 1);
    },
  };
  return self;
}

export const OPTIONS: Options = { key: KEY, target: "espruino", model: "board", chunk: 64, retryPeriod: 10, maxRetryPeriod: 20 };

/** An application's installer in the run that `boot` began. */
export function installer(options: Partial<Options> = {}): Ota {
  if (!required) jest.isolateModules(() => (required = require("../../src/ota/index")));
  return required!.create({ ...OPTIONS, ...options });
}

export const stored = (name: string): string | undefined => (flash.files.has(name) ? text(flash.files.get(name)!) : undefined);

/** The release whose files, all of them and whole, are what the loader launched; "factory", or an error. */
export function runs(releases: Release[]): Release | "factory" {
  const { slot, main, mods } = device.launched!;
  if (!slot) return "factory";
  const of = (release: Release) => release.files.filter((file) => !file.to);
  const found = releases.find(
    (release) =>
      (release.main || "main") === main &&
      of(release).length === mods.length + 1 &&
      of(release).every(
        (file) => stored(slot + file.name) === file.data.toString("latin1") && (file.name === main || mods.includes(file.name)),
      ),
  );
  if (!found) throw new Error("what was launched is no release: " + JSON.stringify(device.launched));
  return found;
}

export function update(ota: Ota, from: Source, ms = 60000): { err?: any; version?: string } {
  let result: { err?: any; version?: string } | undefined;
  ota.update(from, (err, version) => (result = { err, version }));
  settle(ms);
  if (!result && !flash.dead) throw new Error("update has no end");
  return result || {};
}
