import { after, cancel, now, random } from "#host";
import { findTime, time, UNSET } from "../../core/clock";
import { find } from "../../core/bytes";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import type { Bytes } from "../../host";
import { message1 } from "./message1";
import { message21, topic21 } from "./message21";
import { offline, type Offline } from "./offline";
import type { Done, Session } from "./session";
import { DRAIN } from "./names";

/** So that what another start of the device has noted is not taken for a time of this one. */
let boot = 0;

/**
 * Now, as the wire has it, or what was given. While nobody knows the time: a note of where the host's clock stands, of which the time is made
 * as soon as that is known; one that this start has not noted is the present.
 */
export function stamp(given?: string): string {
  const t = time();
  const note = given ? ("" + given).split("@") : ["", ""];
  if (note.length < 2 || (!t && given)) return given!;
  boot = boot || Math.floor(random() * 1e6) + 1;
  if (!t) return boot + "@" + now();
  const then = +note[0] === boot ? +note[1] + t - now() : t;
  return new Date(then > UNSET && then < t ? then : t).toISOString();
}

/** What is stored; made when it is needed, for it takes a hundred variables. Undefined when nothing is to be stored. */
export function storage(x: Session): Offline | undefined {
  const o = x._o.offlineStorage || {};
  if (!x._store && !o.disabled) x._store = offline((o.availSpaceInMb || 0.0625) * 1048576, o.fileCount || 1);
  return x._store;
}

/**
 * Sends a message, or stores it while there is no connection. `done` gets "sent" when the cloud has it, or "stored". With `stored` it is
 * what lay on storage, and `done` gets what the link said.
 */
export function post(x: Session, kind: string, list: any, done?: Done, stored?: Bytes): boolean {
  const bytes = stored || stringify(x._v21 ? message21(kind, list, stamp()) : message1(x._o, x._info!, kind, list, stamp()));

  function answered(err?: Error): void {
    let how: string | undefined = "sent";
    // Its own queue is full, or it has ended.
    if (err && !stored) {
      const to = x._over === "barred" ? undefined : storage(x);
      how = undefined;
      if (to && to.put(kind + bytes)) {
        how = "stored";
        err = undefined;
        // Refused while connected: no other connection need come for it.
        if (x._up && !x._over && !x._pace && !x._draining) x._pace = after(x._act, 5000, [x, DRAIN]);
      } else if (to) {
        err = error("storage", bytes.length + " bytes are not kept: too long, or the storage is full, worn or missing");
        x.emit("error", err);
      }
    }
    ok = !err;
    // From the event loop: on Espruino what is in use 15 times at once, calls inside calls, is never freed.
    if (done)
      after(function () {
        x.emit(done, err, how);
      }, 0);
  }

  let ok = true;
  const p = x._info!.p;
  // What the hub has kept comes before the application is told of the connection, and may be answered.
  const up = x._link && x._link.connected;
  if (up && time()) x._link!.publish((x._v21 && topic21(p.topics, kind, !!stored)) || p.pub, bytes, { qos: 1, binary: true }, answered);
  else answered(up ? error("clock", "nobody knows the time, and not stored") : error("offline", "not connected, and not stored"));
  return ok;
}

/** Fills in the times of a message that was made while nobody knew them. */
function fill(message: any): void {
  [message].concat(message.d).forEach(function (e) {
    if ("t" in e) e.t = stamp(e.t);
    if ("dt" in e) e.dt = stamp(e.dt);
  });
}

/** Nothing goes without its time: asks for it until somebody tells it. */
function wait(x: Session): void {
  findTime(x._o, function (err) {
    delete x._draining;
    if (x._over) return;
    if (err) x.emit("error", err);
    if (!x._pace) x._pace = after(x._act, err ? 60000 : 0, [x, DRAIN]);
  });
}

/** Sends the oldest stored records in one message; when the cloud has it, they are deleted and the next ones follow. */
export function drain(x: Session): void {
  const o = x._o;
  delete x._pace;
  if (!x._up || x._draining) return;
  x._draining = 1;
  if (!time()) return wait(x);
  const store = storage(x);
  if (!store || store.first() === undefined) {
    delete x._draining;
    if (store) x._lost += store.dropped;
    x._store = undefined;
    x.emit("drained");
    return;
  }
  const most = Math.min(o.flushBytes === undefined ? 1024 : o.flushBytes, (o.queueLimit || 16384) / 2);
  let kind: string | undefined;
  let size = 0;
  let bytes = "";
  let message: any;
  const place = store.each(function (record) {
    let m: any;
    try {
      m = parse(record.substr(1));
      fill(m);
    } catch {
      // It has rotted: it goes alone and as it is.
      m = undefined;
    }
    if (kind === undefined) {
      kind = record.charAt(0);
      size = record.length;
      bytes = record.substr(1);
      message = m;
    } else {
      // What they share is written once.
      size += record.length - find(record, '"d":[');
      if (!message || !m || kind !== record.charAt(0) || !m.d.concat || m.dtg !== message.dtg || m.cpId !== message.cpId || size > most)
        return false;
      message.d = message.d.concat(m.d);
    }
    return true;
  });
  if (message) {
    if (!x._v21) message.od = 1;
    bytes = stringify(message);
  } else if (!x._v21) bytes = '{"od":1,' + bytes.substr(1);
  function answered(err: any): void {
    delete x._draining;
    // An empty queue will not take it later either; those behind it would wait for ever.
    const never = err && err.code === "limit" && !x._link!.status().queued;
    // Some may have gone meanwhile, to make room.
    if (!err || never) store!.pass(place);
    if (never) {
      store!.dropped++;
      x.emit("error", error("limit", "a stored record of " + bytes.length + " bytes is over queueLimit"));
    }
    if (x._over) return;
    if (x._pace) cancel(x._pace);
    // Without the room in the queue that others take now, a little later.
    x._pace = after(x._act, err && !never ? 5000 : o.flushPeriod || 100, [x, DRAIN]);
  }
  post(x, kind!, undefined, answered, bytes);
}

/** How it stands: what the link says, and what is stored and lost. */
export function status(x: Session): any {
  const s: any = x._link ? x._link.status() : { connected: false };
  const store = storage(x);
  s.over = x._over;
  s.stored = store ? store.count : 0;
  s.storedBytes = store ? store.bytes : 0;
  s.lost = x._lost + (store ? store.dropped : 0);
  return s;
}
