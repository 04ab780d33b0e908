import type { Bytes, Timer } from "../host";
import { after, cancel, random, restart, storeErase, storeMark, storeRead, storeSize, storeView, storeWrite } from "#host";
import { backoff } from "../core/backoff";
import { unhex } from "../core/bytes";
import { emitter } from "../core/emitter";
import { error, type CloudError } from "../core/errors";
import { fastSha256 } from "../core/sha256";
import { activate, prepare, whole } from "./activate";
import { HEAD, headSize, open, read, type Entry, type Manifest } from "./manifest";
import { FLAG, type Options, type Ota, type Source } from "./options";
import { CONFIRMED, TOLD } from "./record";
import { slots } from "./slots";

/** What is under way: nothing is read; the source is, and has given nothing since the timer was set; or it has. */
const IDLE = 0;
const SILENT = 1;
const HEARD = 2;

export function create(o: Options): Ota {
  const key = unhex(o.key || o.hmacKey || "") || "";
  const chunk = o.chunk || 1024;
  const self = {} as Ota;
  // The file of the package that is fetched, the head as the one before all, how far it is, and up to where flash holds bytes of it from before.
  let manifest: Manifest | undefined;
  let slot = "";
  let index = -1;
  let file = "";
  let size = 0;
  let base = 0;
  let at = 0;
  let edge = 0;
  let total = 0;
  let input = "";
  let resumed = false;
  // The source, the call that counts, and what ends it.
  let source: Source | undefined;
  let turn = 0;
  let left = 0;
  let state = IDLE;
  let timer: Timer | undefined;
  let attempts = 0;
  let callback: ((err?: Error, version?: string) => void) | undefined;

  if (
    !(o.key ? key.length === 60 && !o.hmacKey : o.hmacKey ? key.length > 15 && key.length < 65 : o.unsigned === FLAG) ||
    (o.unsigned && key)
  )
    throw error("config", "wanted: key (60 bytes in hexadecimal), hmacKey (16 to 64) or unsigned");
  if (!o.target || !o.model) throw error("config", "target and model are wanted");
  if (!fastSha256("-")) throw error("config", "this host has no SHA-256");

  /** Lets go of the source; `ms` later it goes on, never from within the source's own call. */
  function pause(ms?: number) {
    turn++;
    state = IDLE;
    if (timer) cancel(timer);
    source!.stop();
    timer = ms === undefined ? undefined : after(go, ms);
  }

  /** Ends the update, or begins it `anew`; what was fetched goes, unless the options keep it for the next one. */
  function finish(err?: CloudError, anew?: boolean) {
    const done = callback;
    const m = manifest;
    pause(anew ? 0 : undefined);
    if (anew || !err || !o.keep || (err.code !== "network" && err.code !== "timeout")) {
      try {
        // Of a slot only what is on its way in.
        const now = slots(o);
        JSON.parse(read()).files.map(function (f: Entry) {
          storeErase("o." + f.name);
          if (err) storeErase(now._slot + f.name);
        });
      } catch (e) {
        // Not whole: nothing was begun under it.
      }
      storeErase(HEAD);
    }
    manifest = undefined;
    index = -1;
    at = 0;
    input = "";
    resumed = false;
    if (anew) return;
    source = callback = undefined;
    self.emit(err ? "error" : "ready", err || m);
    if (done) self.emit(done, err, m && m.version);
  }

  /** What the source gives. */
  function take(err?: CloudError, bytes?: Bytes) {
    const mine = turn;
    if (!bytes) {
      err = err || error("network", "the source gave nothing");
      if (err.code === "refused" || attempts >= (o.retries === undefined ? 8 : o.retries)) finish(err);
      else pause(backoff(attempts++, o.retryPeriod || 1000, o.maxRetryPeriod || 60000, random()));
      return;
    }
    state = HEARD;
    attempts = 0;
    while (bytes && mine === turn) {
      const n = Math.min(chunk, left);
      // No copy of what is written whole: it is a quarter of the memory that all of this takes.
      let part: Bytes = bytes;
      bytes = bytes.substr(n);
      if (bytes) part = part.substr(0, n);
      left -= part.length;
      if (!size) {
        part = input += part;
        if (left) return;
        size = headSize(part);
        input = "";
      }
      const had = Math.max(0, Math.min(edge - at, part.length));
      if (!size) finish(error("verify", "this is no update package"));
      else if (had && storeRead(file, at, had) !== part.substr(0, had)) {
        // What a cut left is not what is sent now.
        storeErase(file);
        at = 0;
        pause(0);
      } else if (had < part.length && !storeWrite(file, at + had, had ? part.substr(had) : part, size))
        finish(error("storage", "no room for " + file));
      else {
        at += part.length;
        if (!left) pause(0);
        if (manifest) self.emit("progress", base + at, total);
      }
    }
  }

  /** Hands the files that go elsewhere to their writers, one step for each call of `next`, and ends with the switch. */
  function deliver(m: Manifest, mine: number) {
    const f = m.files[index - m.files.length];
    const part = edge ? storeRead("o." + (f && f.name), at, chunk) : "";

    function next(err?: Error) {
      if (mine === turn) {
        if (err) finish(err as CloudError);
        else pause(0);
      }
    }

    if (!f) {
      manifest = undefined;
      manifest = activate(o, key, self);
      finish();
    } else if (!f.to) {
      index++;
      pause(0);
    } else if (!edge) {
      edge = 1;
      o.writers![f.to].open(f, next);
    } else if (part) {
      at += part.length;
      o.writers![f.to].write(part, next);
    } else {
      edge = at = 0;
      index++;
      o.writers![f.to].close(next);
    }
  }

  /** From a timer: says that the source is silent, or finds the next file that is not yet whole and asks for it, from where that is. */
  function go() {
    const mine = turn;
    timer = undefined;
    try {
      if (state === SILENT) return take(error("timeout", "the source is silent"));
      while (!state) {
        const f = manifest && manifest.files[index];
        if (manifest && !f) return deliver(manifest, mine);
        if (!at || at === size) {
          file = f ? (f.to || f.packed ? "o." : slot) + f.name : HEAD;
          size = f ? (f.packed ? f.packed.size : f.size) : Math.max(0, storeSize(HEAD));
          if (size && (f ? whole(f, slot, file, chunk) : (manifest = open(o, key)))) {
            if (!f) {
              slot = prepare(manifest!, o);
              base = 0;
              total = size;
              manifest!.files.map(function (f) {
                total += f.packed ? f.packed.size : f.size;
              });
              self.emit("begin", manifest);
              if (mine !== turn) return;
            }
            base += size;
            at = 0;
            index++;
            continue;
          }
          if (at) {
            // What was found from before a restart is a reason to begin anew, once.
            if (resumed) index = -1;
            throw error("verify", file + " is not what was signed");
          }
          edge = 0;
          if (size && storeSize(file) === size) {
            resumed = true;
            // Bytes are written in order: what is blank behind the last one was not. Of the last piece only a part may be there.
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
          if (!edge) storeErase(file);
        }
        left = size ? size - at : 8 - input.length;
        state = HEARD;
        source!.read((f ? base : 0) + at + input.length, left, function (err, bytes) {
          if (mine === turn) take(err as CloudError, bytes);
          return mine === turn;
        });
      }
      state = SILENT;
      timer = after(go, o.timeout || 30000);
    } catch (e) {
      if (mine === turn)
        finish((e as CloudError).code ? (e as CloudError) : error("verify", "the manifest is malformed: " + e), resumed && index < 0);
    }
  }

  self.update = function (from, done) {
    const now = slots(o);
    const busy = source
      ? error("conflict", "an update is under way")
      : now._ready
        ? error("refused", "restart first: " + now._last.ver + " is ready")
        : now._run._kept
          ? undefined
          : error("refused", "confirm first: " + now._run.ver + " is on trial");
    if (busy) return self.emit(done || "error", busy);
    source = from;
    callback = done;
    attempts = 0;
    resumed = storeSize(HEAD) > 0;
    pause(0);
  };
  self.cancel = function () {
    if (source) finish(error("refused", "cancelled"));
  };
  self.confirm = function () {
    const run = slots(o)._run;
    if (!run._kept) {
      try {
        storeMark(run._file, "\0", CONFIRMED);
      } catch (e) {
        return false;
      }
      self.emit("applied", { version: run.ver, seq: run.seq });
    }
    return true;
  };
  self.status = function () {
    const now = slots(o);
    return { version: now._run.ver, seq: now._run.seq, trial: !now._run._kept, ready: now._ready, busy: !!source };
  };
  self.restart = restart;
  emitter(self);

  after(function () {
    const now = slots(o);
    const last = now._last;
    if (last !== now._run && !now._ready && storeView(last._file, TOLD, 1) === "\xff") {
      storeMark(last._file, "\0", TOLD);
      self.emit("reverted", { version: last.ver, seq: last.seq });
    }
  }, 0);
  return self;
}
