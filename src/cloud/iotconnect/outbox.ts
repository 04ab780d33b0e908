import { after, cancel } from "#host";
import { time } from "../../core/clock";
import { find } from "../../core/bytes";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import type { Bytes } from "../../host";
import { message1 } from "./message1";
import { message21, topic21 } from "./message21";
import { offline, type Offline } from "./offline";
import type { Done, Session } from "./session";
import { DRAIN } from "./names";

/** Now, as the wire has it; empty while nobody knows the time: it is filled in when the record is sent. */
export function stamp(): string {
  const t = time();
  return t ? new Date(t).toISOString() : "";
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
      how = to && to.put(kind + bytes) ? "stored" : undefined;
      err = how ? undefined : error("offline", "not connected, and not stored");
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
  if (x._up) x._link!.publish(x._v21 ? topic21(p.topics, kind, !!stored) : p.pub, bytes, { qos: 1, binary: true }, answered);
  else answered(error("offline", ""));
  return ok;
}

/** Sends the oldest stored record; when the cloud has it, it is deleted and the next one follows. */
export function drain(x: Session): void {
  delete x._pace;
  if (!x._up || x._draining) return;
  const store = storage(x);
  const record = (store && store.first())!;
  if (record === undefined) {
    if (store) x._lost += store.dropped;
    x._store = undefined;
    x.emit("drained");
    return;
  }
  let bytes = record.substr(1);
  x._draining = 1;
  // Made while nobody knew the time, or what was measured is written so.
  if (find(bytes, 't":""') > 0) {
    try {
      const message = parse(bytes);
      [message].concat(message.d).forEach(function (e) {
        if (e.t === "") e.t = stamp();
        if (e.dt === "") e.dt = stamp();
      });
      bytes = stringify(message);
    } catch {
      // It has rotted: as it is, like any other that has.
    }
  }
  if (!x._v21) bytes = '{"od":1,' + bytes.substr(1);
  function answered(err: any): void {
    delete x._draining;
    // An empty queue will not take it later either; those behind it would wait for ever.
    const never = err && err.code === "limit" && !x._link!.status().queued;
    // It may have gone meanwhile, to make room.
    if ((!err || never) && store!.first() === record) store!.shift();
    if (never) {
      store!.dropped++;
      x.emit("error", error("limit", "a stored record of " + record.length + " bytes is over queueLimit"));
    }
    if (x._over) return;
    if (x._pace) cancel(x._pace);
    // Without the room in the queue that others take now, a little later.
    x._pace = after(x._act, err && !never ? 5000 : x._o.flushPeriod || 100, [x, DRAIN]);
  }
  post(x, record.charAt(0), undefined, answered, bytes);
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
