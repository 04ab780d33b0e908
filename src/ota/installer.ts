import type { Bytes, Timer } from "../host";
import { after, cancel, random, restart, storeErase, storeView, storeWrite } from "#host";
import { backoff } from "../core/backoff";
import { emitter } from "../core/emitter";
import { error, type CloudError } from "../core/errors";
import { activate, prepare } from "./activate";
import { clear, whole, written } from "./files";
import { check, FIRST, HEAD, headSize, open, read, type Entry, type Manifest } from "./manifest";
import { keyOf, type Options, type Ota, type Source } from "./options";
import { slots } from "./slots";
import { confirm, hindrance, tell } from "./trial";

/** What the timer is for: what comes next; the end of patience with the source or a writer; or to tell what the source has given. */
const IDLE = 0;
const WAITING = 1;
const HEARD = 2;

/** Milliseconds for a link to go, before what needs memory most. */
const REST = 50;

/** Whether an update is under way: there is one slot for it, whoever asks. */
let busy = false;

/**
 * What installs updates, and tells of the running program. Nothing is fetched before `update`; of several only one updates at a time.
 * Throws `config` for wrong options: correct the program. What `update` finds is told to its callback and as `error`, by a code that
 * docs/ota.md explains; whatever it is, what ran goes on running.
 *
 *     var ota = require("ota").create({ key: "00000001…", target: "espruino", model: "pump" });
 *     ota.on("ready", ota.restart);
 *     if (works()) ota.confirm();
 */
export function create(o: Options): Ota {
  const key = keyOf(o || {});
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

  /** Lets go of the source; it goes on `ms` later, if that is not negative, never from within the source's own call. */
  function pause(ms: number) {
    turn++;
    state = IDLE;
    if (timer) cancel(timer);
    try {
      source!.stop();
    } catch (e) {
      // It may be the application's own; what it still brings is not taken.
    }
    timer = ms >= 0 ? after(go, ms) : 0;
  }

  /** Ends the update, or without an error and a manifest begins it anew; what was fetched goes, unless the options keep it for the next one. */
  function finish(err?: CloudError, m?: Manifest) {
    const done = callback;
    const over = err || m;
    pause(over ? -1 : 0);
    if (!err || !o.keep || (err.code !== "network" && err.code !== "timeout")) clear(o, m);
    index = -1;
    at = base = edge = 0;
    lengths = "";
    resumed = false;
    if (!over) return;
    busy = false;
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

  /** Stores a piece, or compares it with what flash holds from before. */
  function put(part: Bytes) {
    if (!size) lengths += part;
    else if (at >= edge) {
      if (!storeWrite(file, at, part, size)) return finish(error("storage", "no room for " + file));
    } else if (storeView(file, at, part.length) !== part) {
      // What a cut left is not what is sent now.
      storeErase(file);
      at = edge = 0;
      return pause(REST);
    }
    at += part.length;
  }

  /** Asks for the rest of the file, or for the lengths, and takes what comes. */
  function ask(mine: number) {
    let left = (size || FIRST) - at;
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
        put(part);
        if (!left && mine === turn) pause(REST);
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
      onward(f);
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
  }

  /** What is fetched is there, and `right`, or goes on where flash has it up to. */
  function onward(right: unknown) {
    if (right) {
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

  /** Throws what the first bytes say against it. Nobody has signed for them yet, but flash need not be worn to refuse what is not new, or not meant. */
  function glance() {
    const end = /,"main":/.exec(lengths);
    if (end) check(JSON.parse(lengths.substr(8, end.index - 8) + "}"), o, slots(o)._floor);
  }

  /** The head: how long it is stands in its first bytes. */
  function head() {
    const stored = storeView(HEAD);
    file = HEAD;
    if (stored) {
      size = stored.length;
      const m = open(o, key);
      if (m) begin(m);
      onward(m);
      // The last thing, as that may end the update, or begin another one.
      if (m) self.emit("begin", m);
    } else {
      const mine = turn;
      // What is no package may be shorter than what is looked at.
      const n = at > 7 ? headSize(lengths) : 0;
      size = 0;
      if (at === FIRST) {
        size = n;
        glance();
        at = 0;
        put(lengths);
        lengths = "";
      }
      if (mine === turn) ask(mine);
    }
  }

  /** Asks for what is not yet whole, or delivers what is. */
  function step() {
    if (index < count && at && at < size) return ask(turn);
    if (index < 0) return head();
    const f: Entry = JSON.parse(read()).files[index % count];
    if (index >= count) return deliver(f);
    file = (f.to || f.packed ? "o." : slot) + f.name;
    size = (f.packed || f).size;
    onward(whole(f, file, slot, chunk));
  }

  /** What was found from before a restart is a reason to begin anew, once. What a writer or a source throws is told as it is, if it is an error. */
  function wrong(e: any) {
    if (!e || !e.message) e = new Error(e);
    if (!e.code && !state) e = error("verify", "the manifest is malformed: " + e);
    finish(resumed && (index < 0 || e.code === "verify") ? undefined : e);
  }

  /** Goes on when patience ends, or at once when nothing is waited for. */
  function wait() {
    timer = after(go, state && (o.timeout || 30000));
    state = state && WAITING;
  }

  /** From a timer. What listens to it may need memory: nothing of the source is held here. */
  function go() {
    const mine = turn;
    timer = 0;
    try {
      if (state === WAITING) return lost();
      if (index >= 0 && index < count) self.emit("progress", base + at, total);
      // The switch has the memory for itself.
      if (index === 2 * count) return finish(undefined, activate(o, key, self));
      if (!state && mine === turn) step();
      if (mine === turn) wait();
    } catch (e) {
      if (mine === turn) wrong(e);
    }
  }

  self.update = function (from, done) {
    const first = hindrance(slots(o));
    const err = busy
      ? error("conflict", "an update is under way")
      : from && (from.read as unknown) && (from.stop as unknown)
        ? first && error("refused", first)
        : error("config", "source: an object with read and stop is wanted");
    if (err) return self.emit(done || "error", err);
    busy = true;
    source = from;
    callback = done;
    attempts = 0;
    resumed = !!storeView(HEAD);
    pause(0);
  };
  self.cancel = function () {
    if (source) finish(error("refused", "cancelled"));
  };
  self.confirm = function () {
    return confirm(o, self);
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
    tell(o, self);
  }, 0);
  return self;
}
