import type { Bytes, Timer } from "../host";
import { after, cancel, random, restart, storeErase, storeMark, storeSize, storeView, storeWrite, unpack } from "#host";
import { backoff } from "../core/backoff";
import { emitter } from "../core/emitter";
import { error, type CloudError } from "../core/errors";
import { activate, holds, prepare } from "./activate";
import { HEAD, headSize, open, read, type Entry, type Manifest } from "./manifest";
import { keyOf, type Options, type Ota, type Source, type Writer } from "./options";
import { CONFIRMED, TOLD } from "./record";
import { slots } from "./slots";

/** What the timer is for: what comes next; the end of patience with the source; or to tell what it has given. */
const IDLE = 0;
const SILENT = 1;
const HEARD = 2;

/** Milliseconds for a link to go, before what needs memory most. */
const REST = 50;

export function create(o: Options): Ota {
  const key = keyOf(o);
  const chunk = o.chunk || 1024;
  const self = {} as Ota;
  // The file of the package that is fetched, the head as the one before all, how far it is, and up to where flash holds bytes of it from before.
  // The manifest itself is read when it is needed: it may be longer than all else that is in memory.
  let slot = "";
  let index = -1;
  let file = "";
  let size = 0;
  let base = 0;
  let at = 0;
  let edge = 0;
  let total = 0;
  let count = 0;
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

  /** Lets go of the source; `ms` later it goes on, never from within the source's own call. */
  function pause(ms?: number) {
    turn++;
    state = IDLE;
    if (timer) cancel(timer);
    source!.stop();
    timer = ms === undefined ? undefined : after(go, ms);
  }

  /** Ends the update, or without an error and a manifest begins it anew; what was fetched goes, unless the options keep it for the next one. */
  function finish(err?: CloudError, m?: Manifest) {
    const done = callback;
    const anew = err === undefined && !m;
    pause(anew ? 0 : undefined);
    if (!err || !o.keep || (err.code !== "network" && err.code !== "timeout")) {
      try {
        // Of a slot only what is on its way in.
        const now = slots(o);
        JSON.parse(read()).files.map(function (f: Entry) {
          storeErase("o." + f.name);
          if (!m) storeErase(now._slot + f.name);
        });
      } catch (e) {
        // Not whole: nothing was begun under it.
      }
      storeErase(HEAD);
    }
    index = -1;
    at = base = 0;
    input = "";
    resumed = false;
    if (anew) return;
    source = callback = undefined;
    self.emit(err ? "error" : "ready", err || m);
    if (done) self.emit(done, err, m && m.version);
  }

  function lost(e?: Error) {
    const err = (e as CloudError) || error("network", "the source gave nothing");
    if (err.code === "refused" || attempts >= (o.retries === undefined ? 8 : o.retries)) finish(err);
    else pause(backoff(attempts++, o.retryPeriod || 1000, o.maxRetryPeriod || 60000, random()));
  }

  /** Asks for the rest of the file and takes what comes. */
  function ask(mine: number) {
    state = SILENT;
    left = size ? size - at : 8 - input.length;
    source!.read(base + at + input.length, left, function (err, bytes) {
      if (mine === turn && !bytes) lost(err);
      while (bytes && mine === turn) {
        const n = at < edge ? Math.min(chunk, edge - at) : Math.min(chunk, left);
        // No copy of what is written whole: it is a quarter of the memory that all of this takes.
        let part: Bytes = bytes;
        bytes = bytes.substr(n);
        if (bytes) part = part.substr(0, n);
        attempts = 0;
        if (state === SILENT) {
          state = HEARD;
          if (timer) cancel(timer);
          timer = after(go, 0);
        }
        left -= part.length;
        if (!size) {
          part = input += part;
          if (left) break;
          size = headSize(part);
          input = "";
        }
        if (!size) finish(error("verify", "this is no update package"));
        else if (at < edge && storeView(file, at, part.length) !== part) {
          // What a cut left is not what is sent now.
          storeErase(file);
          at = 0;
          pause(REST);
        } else if (at >= edge && !storeWrite(file, at, part, size)) finish(error("storage", "no room for " + file));
        else {
          at += part.length;
          if (!left) pause(REST);
        }
      }
      return mine === turn;
    });
  }

  /** Hands a file that goes elsewhere to its writer, one step for each call of `next`. */
  function deliver(f: Entry) {
    const mine = turn;
    const writer = f.to && o.writers![f.to];
    // A copy: a view ends with the file.
    const part = edge && at < f.size ? "" + storeView("o." + f.name, at, chunk) : "";

    function next(err?: Error) {
      if (mine === turn) {
        if (err) finish(err as CloudError);
        else pause(0);
      }
    }

    if (writer && !edge) {
      edge = 1;
      writer.open(f, next);
    } else if (part) {
      at += part.length;
      (writer as Writer).write(part, next);
    } else {
      edge = at = 0;
      index++;
      if (writer) writer.close(next);
      else next();
    }
  }

  /** Whether a file is there in the form in which it is run; one that is sent packed is unpacked for that. */
  function whole(f: Entry): boolean {
    const to = f.packed ? slot + f.name : file;
    if (f.packed && !holds(to, f.sha256) && holds(file, f.packed.sha256)) {
      const bytes = unpack(storeView(file)!) || "";
      storeErase(to);
      for (let n = 0; n < bytes.length && storeWrite(to, n, bytes.substr(n, chunk), f.size);) n += chunk;
    }
    return holds(to, f.sha256);
  }

  /** What a verified manifest says is begun, or goes on. */
  function begin(m: Manifest) {
    slot = prepare(m, o);
    total = size;
    count = m.files.length;
    m.files.map(function (f) {
      total += (f.packed || f).size;
    });
    self.emit("begin", m);
  }

  /** Finds where to go on in the file: bytes are written in order, what is blank behind the last one was not. Of the last piece only a part may be there. */
  function resume() {
    let step = chunk;
    let blank = "\xff";
    edge = 0;
    if (size && storeSize(file) === size) {
      resumed = true;
      while (blank.length < chunk) blank += blank;
      for (edge = size; step && edge;) {
        const n = Math.min(step, edge);
        if (storeView(file, edge - n, n) === blank.substr(0, n)) edge -= n;
        else step >>= 1;
      }
      at = Math.max(0, edge - chunk);
    }
    if (!edge) storeErase(file);
  }

  /** Asks for the next file that is not yet whole, or delivers the next one when all are. */
  function step(): void {
    let m: Manifest | undefined = index < 0 ? undefined : JSON.parse(read());
    const f = m && m.files[index % count];
    if (index >= count) return deliver(f!);
    if (at && at < size) return ask(turn);
    file = f ? (f.to || f.packed ? "o." : slot) + f.name : HEAD;
    size = f ? (f.packed || f).size : Math.max(0, storeSize(HEAD));
    if (size && (f ? whole(f) : (m = open(o, key)))) {
      if (!f) begin(m!);
      base += size;
      at = edge = 0;
      index++;
    } else if (at) {
      // What was found from before a restart is a reason to begin anew, once.
      if (resumed) index = -1;
      throw error("verify", file + " is not what was signed");
    } else {
      resume();
      ask(turn);
    }
  }

  /** From a timer. What listens to it may need memory: nothing of the source is held here. */
  function go() {
    const mine = turn;
    timer = undefined;
    try {
      if (state === SILENT) return lost(error("timeout", "the source is silent"));
      if (index >= 0 && index < count) self.emit("progress", base + at, total);
      while (!state && mine === turn) {
        // The switch has the memory for itself.
        if (index >= 0 && index === 2 * count) finish(undefined, activate(o, key, self));
        else step();
      }
      if (mine !== turn) return;
      state = SILENT;
      timer = after(go, o.timeout || 30000);
    } catch (e) {
      if (mine === turn)
        finish(
          resumed && index < 0
            ? undefined
            : (e as CloudError).code
              ? (e as CloudError)
              : error("verify", "the manifest is malformed: " + e),
        );
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
