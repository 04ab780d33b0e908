import type { Timer } from "../host";
import { after, cancel, random, restart, storeErase, storeMark, storeView, storeWrite } from "#host";
import { backoff } from "../core/backoff";
import { emitter } from "../core/emitter";
import { error, type CloudError } from "../core/errors";
import { activate, prepare } from "./activate";
import { clear, whole, written } from "./files";
import { HEAD, headSize, open, read, type Entry, type Manifest } from "./manifest";
import { keyOf, type Options, type Ota, type Source } from "./options";
import { CONFIRMED, TOLD } from "./record";
import { hindrance, slots } from "./slots";

/** What the timer is for: what comes next; the end of patience with the source or a writer; or to tell what the source has given. */
const IDLE = 0;
const WAITING = 1;
const HEARD = 2;

/** Milliseconds for a link to go, before what needs memory most. */
const REST = 50;

export function create(o: Options): Ota {
  const key = keyOf(o);
  const chunk = o.chunk || 1024;
  const self = {} as Ota;
  // What is fetched: the head as number -1, then the files; from `count` on each is handed to its writer; after those comes the switch.
  // The manifest itself is read when it is needed: it may be longer than all else that is in memory.
  let index = -1;
  let count = 0;
  let slot = "";
  // Where that goes, how long it is, how far it is, up to where flash holds bytes of it from before; the bytes in front of it, and all.
  let file = "";
  let size = 0;
  let at = 0;
  let edge = 0;
  let base = 0;
  let total = 0;
  let lengths = "";
  let resumed = false;
  // The source, the call that counts, and what ends it.
  let source: Source | undefined;
  let turn = 0;
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
    const over = err || m;
    pause(over ? undefined : 0);
    if (!err || !o.keep || (err.code !== "network" && err.code !== "timeout")) clear(o, m);
    index = -1;
    at = base = 0;
    resumed = false;
    if (!over) return;
    source = callback = undefined;
    self.emit(err ? "error" : "ready", over);
    if (done) self.emit(done, err, m && m.version);
  }

  /** The source has failed, or is silent: it is asked again, if not too often. A writer is not. */
  function lost(e?: Error) {
    const err = (e as CloudError) || error("timeout", "the " + (index < count ? "source" : "writer") + " is silent");
    if (err.code === "refused" || index >= count || attempts >= (o.retries === undefined ? 8 : o.retries)) finish(err);
    else pause(backoff(attempts++, o.retryPeriod || 1000, o.maxRetryPeriod || 60000, random()));
  }

  /** Asks for the rest of the file, or for the lengths, and takes what comes. */
  function ask(mine: number) {
    let left = size ? size - at : 8;
    state = WAITING;
    source!.read(base + at, left, function (err, bytes) {
      if (mine === turn && !bytes) lost(err);
      while (bytes && mine === turn) {
        const n = Math.min(chunk, at < edge ? edge - at : left);
        // No copy of what is written whole: it is a quarter of the memory that all of this takes.
        let part = bytes;
        bytes = bytes.substr(n);
        if (bytes) part = part.substr(0, n);
        attempts = 0;
        if (state === WAITING) {
          state = HEARD;
          if (timer) cancel(timer);
          timer = after(go, 0);
        }
        left -= part.length;
        if (at < edge && storeView(file, at, part.length) !== part) {
          // What a cut left is not what is sent now.
          storeErase(file);
          at = edge = 0;
          pause(REST);
        } else if (at >= edge && size && !storeWrite(file, at, part, size)) finish(error("storage", "no room for " + file));
        else {
          if (!size) lengths += part;
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

    function next(err?: Error) {
      if (mine === turn) {
        if (err) finish(err as CloudError);
        else pause(0);
      }
    }

    state = WAITING;
    if (writer && !edge) {
      edge = 1;
      writer.open(f, next);
    } else if (writer && at < f.size) {
      // A copy: a view ends with the file.
      const part = "" + storeView("o." + f.name, at, chunk);
      at += part.length;
      writer.write(part, next);
    } else {
      edge = at = 0;
      index++;
      if (writer) writer.close(next);
      else next();
    }
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

  /** Asks for the next file that is not yet whole, or delivers the next one when all are. */
  function step(): void {
    let m: Manifest | undefined = index < 0 ? undefined : JSON.parse(read());
    const f = m && m.files[index % count];
    if (index >= count) return deliver(f!);
    if (at && at < size) return ask(turn);
    file = f ? (f.to || f.packed ? "o." : slot) + f.name : HEAD;
    const head = f ? "" : storeView(HEAD);
    if (head === undefined) {
      // How long it is stands in its first bytes.
      size = at < 8 ? 0 : headSize(lengths);
      if (at === 8 && !size) throw error("verify", "this is no update package");
      if (!size) at = 0;
      else if (!storeWrite(HEAD, 0, lengths, size)) throw error("storage", "no room for " + HEAD);
      lengths = "";
      return ask(turn);
    }
    size = f ? (f.packed || f).size : head.length;
    if (f ? whole(f, file, slot, chunk) : (m = open(o, key))) {
      if (!f) begin(m!);
      base += size;
      at = edge = 0;
      index++;
    } else if (at) throw error("verify", file + " is not what was signed");
    else {
      edge = written(file, size, chunk);
      at = Math.max(0, edge - chunk);
      if (edge) resumed = true;
      else storeErase(file);
      ask(turn);
    }
  }

  /** From a timer. What listens to it may need memory: nothing of the source is held here. */
  function go() {
    const mine = turn;
    timer = undefined;
    try {
      if (state === WAITING) return lost();
      if (index >= 0 && index < count) self.emit("progress", base + at, total);
      if (!state && mine === turn) {
        // The switch has the memory for itself.
        if (index === 2 * count) finish(undefined, activate(o, key, self));
        else step();
      }
      if (mine !== turn) return;
      timer = after(go, state ? o.timeout || 30000 : 0);
      if (state) state = WAITING;
    } catch (e) {
      const err = (e as CloudError).code ? (e as CloudError) : error("verify", "the manifest is malformed: " + e);
      // What was found from before a restart is a reason to begin anew, once.
      if (mine === turn) finish(resumed && (index < 0 || err.code === "verify") ? undefined : err);
    }
  }

  self.update = function (from, done) {
    const err = source ? error("conflict", "an update is under way") : hindrance(slots(o));
    if (err) return self.emit(done || "error", err);
    source = from;
    callback = done;
    attempts = 0;
    resumed = storeView(HEAD) !== undefined;
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
  self.restart = function () {
    restart();
  };
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
