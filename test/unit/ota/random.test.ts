/**
 * Whole lives of a device, at random: boots, checks, good and hostile packages, servers that fail, power cuts, confirmations at odd times.
 * `SEED=7 npx jest test/unit/ota/random` repeats one session, `RUNS=5000` makes more.
 */
import {
  boot,
  CUTS,
  device,
  flash,
  HMAC,
  host,
  installer,
  pack,
  PowerCut,
  type Release,
  runs,
  settle,
  stored,
  timers,
  wipe,
} from "../../rig/ota";
// After the rig, which is its host.
import { source as http } from "../../../src/ota/http";

jest.mock("#host", () => (globalThis as any).otaHost);

const { generator, sessions } = require("../../rig/random");

let random: () => number;
const below = (n: number): number => Math.floor(random() * n);
const chance = (p: number): boolean => random() < p;
const one = <T>(list: readonly T[]): T => list[below(list.length)]!;

const CHUNK = 64;
const OPTIONS = { key: undefined, hmacKey: HMAC, chunk: CHUNK, timeout: 500, retries: 3, limit: 6000 };
const UNUSED = { open: () => {}, write: () => {}, close: () => {} };
const data = (n: number): Buffer => {
  const bytes = Buffer.from(Array.from({ length: n }, () => below(256)));
  // What looks like flash that was not written.
  return chance(0.3) ? bytes.fill(255, below(n)) : bytes;
};

/** All that was ever signed for this device; the greatest number that it has had; what runs for good; what else may be found to run. */
let releases: Release[];
let floor: number;
let kept: Release | "factory";
let maybe: Set<Release>;
/** Whether an update is under way. */
let began = false;

function release(seq: number): Release {
  const before = releases[releases.length - 1];
  const files = Array.from({ length: below(3) }, (_, i) => ({ name: "m" + i, data: data(1 + below(300)) }));
  // Some files stay what they were.
  if (before && files[0] && chance(0.4)) files[0].data = before.files[0]!.data;
  const display = chance(0.2) ? [{ name: "font", data: data(1 + below(200)), to: "display" }] : [];
  const made = { version: `v${seq}.${releases.length}`, seq, files: [...display, ...files, { name: "main", data: data(1 + below(400)) }] };
  releases.push(made);
  return made;
}

/** A package, and the release that a device may come to have by it. */
function offer(): { bytes: Buffer; good?: Release } {
  const kind = one(["good", "good", "good", "good", "again", "flip", "flip", "old", "model", "nobody", "short", "more", "late", "large"]);
  const made = kind === "again" && releases.length ? one(releases) : release(kind === "old" && floor ? floor : floor + 1 + below(3));
  if (kind === "model") return { bytes: pack({ ...made, model: "other" }, "hmacKey") };
  if (kind === "late") return { bytes: pack({ ...made, expires: 1.7e9 }, "hmacKey") };
  if (kind === "nobody") return { bytes: pack(made, "unsigned") };
  if (kind === "large") return { bytes: pack({ ...made, files: [{ name: "main", data: Buffer.alloc(6000, 1) }] }, "hmacKey") };
  const bytes = pack(made, "hmacKey");
  if (kind === "flip") bytes[below(bytes.length)]! ^= 1 << below(8);
  if (kind === "short") return { bytes: bytes.subarray(0, below(bytes.length)), good: made };
  return { bytes: kind === "more" ? Buffer.concat([bytes, data(50)]) : bytes, good: made };
}

/** The server: what it gives, and what it may do instead. */
const server = { bytes: Buffer.alloc(0), faults: 0, sent: 0, losses: 0, tampered: false, links: 0 };

host.connect = ((name: string, port: number, tls: unknown, heard: (what: unknown) => void) => {
  server.links++;
  return { heard, open: true };
}) as never;
host.end = ((link: any) => {
  if (link.open) server.links--;
  link.open = false;
}) as never;
host.write = ((link: any, request: string) => {
  const [, from, to] = /Range: bytes=(\d+)-(\d+)/.exec(request)!.map(Number) as [number, number, number];
  const body = server.bytes.toString("latin1", from, to + 1);
  const say = (what: unknown) => link.open && link.heard.call(link, what);
  const fault = chance(server.faults)
    ? one(["silent", "busy", "cut", "cut", "stall", "whole", "other", "flip", "long", "none", "garbage"])
    : "";
  let answer = `HTTP/1.1 206 P\r\nContent-Range: bytes ${from}-${to}/*\r\n\r\n`;
  let sent = body;
  if (fault) server.losses++;
  if (fault === "silent") return;
  if (!body) answer = "HTTP/1.1 416 No\r\n\r\n";
  if (fault === "busy") answer = "HTTP/1.1 503 Busy\r\n\r\n";
  if (fault === "none") answer = "HTTP/1.1 404 None\r\n\r\n";
  if (fault === "whole") answer = "HTTP/1.1 200 OK\r\n\r\n";
  if (fault === "other") answer = answer.replace(`bytes ${from}`, `bytes ${from + 1}`);
  if (fault === "garbage") answer = data(200).toString("latin1");
  if (fault === "cut" || fault === "stall") sent = body.slice(0, below(body.length));
  if (fault === "long") sent += data(300).toString("latin1");
  if (fault === "flip" && body) {
    const at = below(body.length);
    sent = body.slice(0, at) + String.fromCharCode(body.charCodeAt(at) ^ (1 << below(8))) + body.slice(at + 1);
    server.tampered = true;
  }
  const whole = answer + sent;
  const step = one([7, 50, 536, 5000]);
  let ms = 1;
  for (let at = 0; at < whole.length; at += step, ms += below(4))
    host.after(() => {
      if (link.open) server.sent += Math.max(0, Math.min(whole.length, at + step) - Math.max(at, answer.length));
      say(whole.substr(at, step));
    }, ms);
  if (fault !== "stall") host.after(() => say(true), ms + 1);
}) as never;

const names = (r: Release, slot: string): string[] => r.files.filter((f) => !f.to).map((f) => slot + f.name);
const title = (r: Release | "factory"): string => (r === "factory" ? r : r.version);
const slotOf = (text: string | undefined): string => (/"slot":"(..)"/.exec(text || "") || ["", ""])[1]!;

/** What is in flash when no update is under way: the records, and what they name. */
function tidy(): void {
  const allowed = new Set(["ota0", "ota1"]);
  for (const record of [stored("ota0"), stored("ota1")]) {
    const version = (/"ver":"([^"]*)"/.exec(record || "") || [])[1];
    for (const r of releases) if (r.version === version) names(r, slotOf(record)).forEach((name) => allowed.add(name));
  }
  expect([...flash.files.keys()].filter((name) => !allowed.has(name))).toEqual([]);
}

/** One power-up, until it is cut or rests. With `wanted` nothing fails, what runs confirms itself, and that release is offered. */
function life(wanted?: Release): void {
  // An installer that was in the middle of an update when the power went is no use to the next boot.
  boot(!began);
  began = false;
  if (flash.dead) return;
  const now = runs(releases);
  if (now !== kept) expect([...maybe].map(title)).toContain(title(now));
  const ota = installer({ ...OPTIONS, boots: 2, writers: { display: chance(0.1) ? UNUSED : WRITER } });
  const other = chance(0.3) ? installer(OPTIONS) : ota;
  const status = ota.status();
  expect([status.version, status.busy]).toEqual([now === "factory" ? undefined : now.version, false]);
  if (now === kept) expect(status.trial).toBe(false);
  // The power may have gone just as it was confirmed.
  else if (!status.trial) kept = now;

  const confirm = () => {
    if (ota.confirm()) kept = now;
    expect(ota.status().trial).toBe(now !== kept);
  };
  const check = () => {
    const { bytes, good } = wanted ? { bytes: pack(wanted, "hmacKey"), good: wanted } : offer();
    Object.assign(server, { bytes, sent: 0, losses: 0, tampered: false, faults: wanted || chance(0.4) ? 0 : random() / 2 });
    const resumed = flash.files.has("ota.new");
    const busy = began;
    let calls = 0;
    if (good && good.seq > floor) maybe.add(good);
    began = true;
    one([ota, other]).update(http("http://host/x.ota"), (err: any, version) => {
      calls++;
      expect(calls).toBe(1);
      if (busy && err && err.code === "conflict") return;
      began = false;
      if (err) expect(["verify", "refused", "clock", "limit", "storage", "network", "timeout"]).toContain(err.code);
      else {
        const got = releases.find((r) => r.version === version)!;
        expect([...maybe].map(title)).toContain(version);
        expect(got.seq).toBeGreaterThan(floor);
        // A trial that was never confirmed counts as well.
        floor = got.seq;
        if (!resumed && !server.tampered && !busy) expect(server.sent).toBeLessThanOrEqual(bytes.length + (server.losses + 1) * 160);
      }
      tidy();
    });
  };

  if (wanted) {
    confirm();
    check();
    settle(1e6);
  } else {
    for (let n = 1 + below(4); n--;)
      host.after(one([check, check, check, confirm, () => began && chance(0.5) && ota.cancel()]), below(3000));
    if (chance(0.4)) Object.assign(flash, { cutAt: flash.ops + below(60), how: one(CUTS) });
    // It may be switched off in the middle as well.
    settle(one([50, 300, 1000, 20000, 1e6, 1e6]));
  }
  if (!flash.dead && timers() === 0) {
    expect(began).toBe(false);
    expect(server.links).toBe(0);
    if (now !== "factory") for (const name of names(now, device.launched!.slot)) expect(stored(name)).toBeDefined();
  }
}
const WRITER = {
  open: (_: unknown, next: () => void) => next(),
  write: (_: unknown, next: () => void) => host.after(next, below(20)),
  close: (next: () => void) => next(),
};

function powered(wanted?: Release): void {
  server.links = 0;
  flash.cutAt = -1;
  try {
    life(wanted);
  } catch (e) {
    if (!(e instanceof PowerCut || flash.dead)) throw e;
  }
}

function session(seed: number): void {
  random = generator(seed * 7919);
  wipe();
  [releases, floor, kept, maybe] = [[], 0, "factory", new Set()];
  flash.space = chance(0.3) ? 4000 + below(4000) : 1e6;
  for (let n = 3 + below(8); n--;) powered();
  // With power, room and an honest server: what is on trial is confirmed or gone, and the next version comes.
  flash.space = 1e6;
  for (let n = 4; n--;) powered(undefined);
  const next = release(Math.max(floor, ...releases.map((r) => r.seq)) + 1);
  // What was on its way in before may come first.
  for (let n = 0; title(kept) !== next.version; powered(next)) expect(++n).toBeLessThan(6);
  for (let n = 4; n--;) boot(true);
  expect(title(runs(releases))).toBe(next.version);
  tidy();
}

it("sessions at random", () => sessions(200, session), 3600000);
