import type { Bytes, Timer } from "../host";
import {
  after,
  cancel,
  random,
  restart,
  storeErase,
  storeFree,
  storeMark,
  storeRead,
  storeSize,
  storeView,
  storeWrite,
  unpack,
} from "#host";
import { backoff } from "../core/backoff";
import { hex, unhex } from "../core/bytes";
import { emitter, type Emitter } from "../core/emitter";
import { error, type CloudError } from "../core/errors";
import { fastSha256 } from "../core/sha256";
import { check, HEAD, headSize, open, type Entry, type Manifest } from "./manifest";
import { FLAG, type Options, type Source } from "./options";
import { CONFIRMED, GIVEN_UP, records, sealed, TOLD, type Record } from "./record";

export interface Status {
  /** Of the running program; undefined for the one that came with the device. */
  version?: string;
  seq: number;
  /** Whether it is on trial, and whether another one runs after the next restart. */
  trial: boolean;
  ready: boolean;
  /** Whether an update is under way. */
  busy: boolean;
}

export interface Ota extends Emitter {
  /** Installs the package that a source gives. `done` is called once, as `ready` or `error` is emitted. */
  update(source: Source, done?: (err?: Error, version?: string) => void): void;
  /** Ends an update that is under way, and clears away what was fetched. */
  cancel(): void;
  /** The running program is good and stays. False when that could not be written down. */
  confirm(): boolean;
  status(): Status;
  restart(): void;
}

export function create(o: Options): Ota {
  const key = unhex(o.key || o.hmacKey || "");
  if ((o.key ? 1 : 0) + (o.hmacKey ? 1 : 0) + (o.unsigned === FLAG ? 1 : 0) !== 1)
    throw error("config", "one of key, hmacKey, unsigned is wanted");
  if (o.unsigned ? o.unsigned !== FLAG : !key || (o.key ? key.length !== 60 : key.length < 16 || key.length > 64))
    throw error("config", "key: 60 bytes, hmacKey: 16 to 64 bytes, in hexadecimal");
  if (!o.target || !o.model) throw error("config", "target and model are wanted");
  if (!fastSha256("-")) throw error("config", "this host has no SHA-256");
  const chunk = o.chunk || 1024;
  const self = {} as Ota;
  // Who runs, and the later record, which may be another one: on its way in, or given up.
  let last: Record | undefined;
  let running: Record | undefined;
  let ready = false;
  let slot = "";
  // What is being fetched: a file of the package, how far it is, and up to where flash may hold bytes of it from before.
  let manifest: Manifest | undefined;
  let index = 0;
  let file = "";
  let size = 0;
  let base = 0;
  let at = 0;
  let edge = 0;
  let total = 0;
  let input = "";
  let resumed = false;
  // The source, the read that counts, and what ends it.
  let source: Source | undefined;
  let turn = 0;
  let left = 0;
  let silent = false;
  let timer: Timer | undefined;
  let attempts = 0;
  let callback: ((err?: Error, version?: string) => void) | undefined;

  /** Finds that out; the highest sequence number there is. */
  function look() {
    const found = records();
    last = found[0];
    ready = !!last && !last._kept && last._next === GIVEN_UP - last.lim;
    running = !last || last._kept || (!ready && last._next <= GIVEN_UP) ? last : found[1] && found[1]._kept ? found[1] : undefined;
    slot = running && running.slot === "a." ? "b." : "a.";
    return Math.max(o.seq || 0, last ? last.seq : 0, found[1] ? found[1].seq : 0);
  }

  /** Where a file is stored as it is sent: what is not a program file, or packed, has no place in the slot. */
  function sent(f: Entry): string {
    return (f.to || f.packed ? "o." : slot) + f.name;
  }

  function holds(name: string, length: number, digest: string): boolean {
    return storeSize(name) === length && hex(fastSha256(storeView(name)!)) === digest;
  }

  /** Erases what was fetched; `all`: and what it would have become. Never what a restart may run. */
  function clear(all: boolean) {
    try {
      const m = open(o, true);
      for (let i = 0; m && i < m.files.length; i++) {
        storeErase("o." + m.files[i].name);
        if (all && !ready) storeErase(slot + m.files[i].name);
      }
    } catch (e) {
      // Not whole: nothing was begun under it.
    }
    storeErase(HEAD);
  }

  function halt() {
    turn++;
    if (timer) cancel(timer);
    timer = undefined;
    if (source) source.stop();
  }

  function finish(err?: CloudError) {
    const done = callback;
    const m = manifest;
    halt();
    source = callback = manifest = undefined;
    if (err && !(o.keep && (err.code === "network" || err.code === "timeout"))) clear(true);
    self.emit(err ? "error" : "ready", err || m);
    if (done) self.emit(done, err, m && m.version);
  }

  /** Runs one step; what it throws ends the update. */
  function guard<T>(step: (value: T) => void, value: T) {
    try {
      step(value);
    } catch (e) {
      finish((e as CloudError).code ? (e as CloudError) : error("verify", "the manifest is malformed"));
    }
  }

  function again(err: CloudError) {
    if (err.code === "refused" || attempts >= (o.retries === undefined ? 8 : o.retries)) finish(err);
    else later(backoff(attempts++, o.retryPeriod || 1000, o.maxRetryPeriod || 60000, random()));
  }

  function watch() {
    timer = undefined;
    if (silent) again(error("timeout", "the source is silent"));
    else {
      silent = true;
      timer = after(watch, o.timeout || 30000);
    }
  }

  function fetch() {
    const mine = ++turn;
    // First the lengths, then the head, then all the files: between them nothing of the source need be held.
    left = index >= 0 ? total - base - at : size ? size - at : 8 - input.length;
    silent = false;
    watch();
    source!.read(base + at + input.length, left, function (err, bytes) {
      if (mine === turn) {
        silent = false;
        if (!bytes) again((err as CloudError) || error("network", "the source gave nothing"));
        else {
          attempts = 0;
          left -= bytes.length;
          guard(take, left < 0 ? bytes.substr(0, bytes.length + left) : bytes);
          if (mine === turn && left <= 0) later(0);
        }
      }
      return mine === turn;
    });
  }

  /** What is to be done when nothing else is in memory. */
  function next() {
    timer = undefined;
    if (manifest && !manifest.files[index]) guard(deliver, 0);
    else if (index < 0 && size && at === size) {
      guard(proceed, true);
      if (source && !timer) later(0);
    } else guard(fetch, 0);
  }

  /** Never from within the source's own call. */
  function later(ms: number) {
    halt();
    timer = after(next, ms);
  }

  function write(offset: number, part: Bytes) {
    if (!storeWrite(file, offset, part, size)) throw error("storage", "no room for " + file);
  }

  /** Writes what is not yet there: behind `edge` everything. False when flash holds something else. */
  function put(bytes: Bytes): boolean {
    const had = at < edge ? storeRead(file, at, bytes.length) : "";
    let from = at;
    if (!had) write(at, bytes);
    for (let i = 0; i < had.length; i++) {
      if (had[i] !== "\xff" && had[i] !== bytes[i]) return false;
      // A run of what is missing begins, or goes on; the first byte is written by who creates the file, or never.
      if (had[i] !== bytes[i] && !(at + i)) return false;
      if (had[i] === bytes[i]) {
        if (from < at + i) write(from, bytes.substring(from - at, i));
        from = at + i + 1;
      }
    }
    if (had && from < at + bytes.length) write(from, bytes.substr(from - at));
    at += bytes.length;
    return true;
  }

  /** Received bytes, in the order of the package. */
  function take(bytes: Bytes) {
    const mine = turn;
    if (index < 0 && !size) {
      input += bytes;
      if (input.length < 8) return;
      size = headSize(input);
      if (!size) throw error("verify", "this is no update package");
      bytes = input;
      input = "";
    }
    while (bytes && mine === turn) {
      const n = Math.min(chunk, size - at, bytes.length);
      const position = base + at + n;
      // No copy of what is written whole: a piece is a quarter of the memory that all of this takes.
      const rest = bytes.substr(n);
      const right = put(rest ? bytes.substr(0, n) : bytes);
      bytes = rest;
      if (!right) {
        // What a cut left is not what is sent now.
        storeErase(file);
        edge = at = 0;
      }
      if (manifest) self.emit("progress", base + at, total);
      if (at === size && index >= 0) proceed(true);
      if (mine === turn && base + at !== position) later(0);
    }
  }

  function whole(): boolean {
    if (index < 0) return storeSize(HEAD) === size && !!(manifest = open(o));
    const f = manifest!.files[index];
    if (!f.packed) return holds(file, size, f.sha256);
    const to = slot + f.name;
    if (!holds(to, f.size, f.sha256) && holds(file, size, f.packed.sha256)) {
      const bytes = unpack(storeView(file)!) || "";
      storeErase(to);
      for (let n = 0; n < bytes.length && storeWrite(to, n, bytes.substr(n, chunk), f.size);) n += chunk;
      if (!holds(to, f.size, f.sha256)) throw error("verify", f.name + " does not unpack to what was signed");
    }
    return holds(to, f.size, f.sha256);
  }

  /** Chooses the next file that is not yet whole and where to go on in it, or ends the installation. */
  function proceed(fetched: boolean) {
    for (;;) {
      if (size && whole()) {
        if (index < 0) {
          try {
            accept();
          } catch (e) {
            if (resumed) return begin();
            throw e;
          }
        }
        base += size;
        at = edge = 0;
        fetched = false;
        const f = manifest!.files[++index];
        if (!f) return later(0);
        file = sent(f);
        size = f.packed ? f.packed.size : f.size;
      } else if (fetched) {
        if (resumed) return begin();
        throw error("verify", file + " is not what was signed");
      } else {
        if (size && storeSize(file) === size) {
          resumed = true;
          scan();
        }
        if (!edge) storeErase(file);
        return;
      }
    }
  }

  /** Bytes are written in order: what is blank behind the last one was not. Of the last piece only a part may be there. */
  function scan() {
    let blank = "\xff";
    while (blank.length < chunk) blank += blank;
    let step = chunk;
    for (edge = size; step && edge;) {
      const n = Math.min(step, edge);
      if (storeView(file, edge - n, n) === blank.substr(0, n)) edge -= n;
      else step >>= 1;
    }
    at = Math.max(0, edge - chunk);
  }

  /** A verified manifest: whether it may be installed here, and room for it. */
  function accept() {
    const m = manifest!;
    const need = check(m, o, look()) + 3072;
    const found = records();
    let old: string[] = [];
    for (let i = 0; i < found.length; i++) if (found[i].slot === slot) old = old.concat(found[i].mods, found[i].main);
    total = size;
    for (let i = 0; i < m.files.length; i++) {
      const f = m.files[i];
      total += f.packed ? f.packed.size : f.size;
      for (let n; (n = old.indexOf(f.name)) >= 0;) old.splice(n, 1);
    }
    for (let i = 0; i < old.length; i++) storeErase(slot + old[i]);
    if (storeFree(need) < need) throw error("storage", "the update needs " + need + " bytes");
    self.emit("begin", m);
  }

  /** Begins anew, with nothing from before. */
  function begin() {
    clear(true);
    resumed = false;
    start();
  }

  function start() {
    manifest = undefined;
    index = -1;
    file = HEAD;
    input = "";
    base = at = edge = 0;
    size = Math.max(0, storeSize(HEAD));
    proceed(false);
    if (source) later(0);
  }

  /** Hands the files that go elsewhere to their writers, one after the other, then activates. */
  function deliver(i: number) {
    halt();
    while (manifest!.files[i] && !manifest!.files[i].to) i++;
    const f = manifest!.files[i];
    if (!f) return activate();
    const writer = o.writers![f.to!];
    const mine = turn;
    let from = 0;
    function step(err?: CloudError) {
      if (mine !== turn) return;
      if (err) throw err;
      const part = storeRead("o." + f.name, from, chunk);
      if (part) writer.write(part, done);
      else if (from >= 0) writer.close(done);
      else deliver(i + 1);
      from = part ? from + part.length : -1;
    }
    function done(err?: Error) {
      after(function () {
        guard(step, err as CloudError);
      }, 0);
    }
    writer.open(f, done);
  }

  /** Nothing that was found before counts here: what the record will stand for is read from flash and verified once more. */
  function activate() {
    manifest = undefined;
    const m = open(o);
    const mods: string[] = [];
    if (!m) throw error("verify", "the signature is wrong");
    check(m, o, look());
    self.emit("verify", m);
    for (let i = 0; i < m.files.length; i++) {
      const f = m.files[i];
      if (!f.to && !holds(slot + f.name, f.size, f.sha256)) throw error("verify", f.name + " is not what was signed");
      if (!f.to && f.name !== m.main) mods.push(f.name);
    }
    const boots = Math.min(8, o.boots || 3);
    const body = JSON.stringify({
      ctr: last ? last.ctr + 1 : 1,
      seq: m.seq,
      ver: m.version,
      lim: boots,
      ms: (o.confirmTimeout || 300) * 1000,
      slot: slot,
      main: m.main,
      mods: mods,
    });
    const name = running && running._file === "ota0" ? "ota1" : "ota0";
    storeErase(name);
    if (!storeWrite(name, 0, sealed(body, boots))) throw error("storage", "no room for the record");
    manifest = m;
    look();
    clear(false);
    finish();
  }

  self.update = function (from, done) {
    look();
    const busy = source
      ? error("conflict", "an update is under way")
      : ready
        ? error("refused", "restart first: " + last!.ver + " is ready")
        : running && !running._kept
          ? error("refused", "confirm first: " + running.ver + " is on trial")
          : undefined;
    if (busy) {
      if (done) self.emit(done, busy);
      else self.emit("error", busy);
      return;
    }
    source = from;
    callback = done;
    attempts = 0;
    resumed = storeSize(HEAD) > 0;
    guard(start, 0);
  };
  self.cancel = function () {
    if (source) finish(error("refused", "cancelled"));
  };
  self.confirm = function () {
    look();
    if (running && !running._kept) {
      try {
        storeMark(running._file, "\0", CONFIRMED);
      } catch (e) {
        return false;
      }
      self.emit("applied", { version: running.ver, seq: running.seq });
    }
    return true;
  };
  self.status = function () {
    look();
    return {
      version: running && running.ver,
      seq: running ? running.seq : o.seq || 0,
      trial: !!running && !running._kept,
      ready: ready,
      busy: !!source,
    };
  };
  self.restart = restart;
  emitter(self);

  after(function () {
    look();
    if (last && last !== running && !ready && storeRead(last._file, TOLD, 1) === "\xff") {
      storeMark(last._file, "\0", TOLD);
      self.emit("reverted", { version: last.ver, seq: last.seq });
    }
  }, 0);
  return self;
}
