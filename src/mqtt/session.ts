import { chr } from "../core/bytes";
import type { Bytes } from "../host";
import { PUBLISH, PUBREC } from "./packet";
import type { Failure } from "../core/errors";

/** Hears how a call ended: without an error, well. */
export type Done = (err?: Failure, result?: any) => void;

/** A packet identifier as its two bytes; empty for QoS 0. */
export type Id = Bytes;

/** Something the application handed over that the broker has not settled yet. */
export interface Entry {
  /** What its answer begins with: the first byte, the second (0 where that is a length like any), and the identifier; empty for QoS 0. */
  _want: Bytes;
  _bytes: Bytes;
  _done?: Done;
  /** Where it lies in the store. */
  _key?: number;
}

/** What keeps a session over a reboot: records in order, each under a key that is never 0. */
export interface Store {
  put(record: Bytes): number;
  drop(key: number): void;
  each(visit: (record: Bytes, key: number) => void): void;
}

/** QoS state and nothing else: what is under way in both directions. */
export interface Session {
  options: { store?: Store; maxInflight?: number };
  /** Oldest first; the first `_at` of them are with the broker. */
  _queue: Entry[];
  _at: number;
  /** Sum of the bytes in `_queue`. */
  _size: number;
  /** The identifier given last, as a number, and so many after it are known to be free. */
  _last: number;
  _free?: number;
  /** Identifiers received at QoS 2 and not yet released, with their store key. */
  _held?: { [id: string]: number };
  /** Packets of QoS 0 taken from the queue and not yet written, and the callbacks that some of them have. */
  _fresh?: number;
  _calls?: Done[];
  /** What waits for the link: answers, pings, and packets on their way. */
  _out: Bytes;
}

/** Takes what a store has kept: publications and releases under way (identifier and packet), and held identifiers. */
export function restore(s: Session): void {
  const store = s.options.store;
  const known: { [id: string]: Entry } = {};
  if (store)
    store.each(function (record, key) {
      const id = record.substr(0, 2);
      const bytes = record.substr(2);
      if (bytes) {
        const head = bytes.charCodeAt(0);
        let e = known[id];
        // It may have reached the broker.
        if (!e) s._at = s._queue.push((e = known[id] = { _want: "", _bytes: "" }));
        // The power went between keeping a PUBREL and dropping its PUBLISH, which must not go again [MQTT-4.3.3-1].
        else store.drop(e._key!);
        s._size += bytes.length - e._bytes.length;
        e._want = chr(head === 98 ? 112 : 48 + ((head & 6) << 3), 2) + id;
        e._bytes = bytes;
        e._key = key;
        s._last = id.charCodeAt(0) * 256 + id.charCodeAt(1);
      } else (s._held = s._held || {})[id] = key;
    });
}

/** The next identifier: never 0 and never alike in flight [MQTT-2.3.1-1], [MQTT-2.3.1-4]. */
function identifier(s: Session): Id {
  let free = s._free;
  do {
    s._last = (s._last % 65535) + 1;
    if (!free) {
      // So many are up to the nearest in flight; NaN where there is no identifier.
      free = 65535;
      for (let i = 0; i < s._queue.length; i++) {
        const other = s._queue[i]._want;
        const ahead = (other.charCodeAt(2) * 256 + other.charCodeAt(3) - s._last + 65535) % 65535;
        if (ahead < free) free = ahead;
      }
    }
  } while (!free);
  s._free = free - 1;
  return chr(s._last >> 8, s._last & 255);
}

/**
 * Queues a packet, as the last or the first, whose identifier (for all but QoS 0) comes between `before` and `after`.
 */
export function enqueue(s: Session, head: number, before: Bytes, after: Bytes, done?: Done, first?: unknown): Entry {
  const store = s.options.store;
  const publication = head >> 4 === PUBLISH;
  const id = publication && !(head & 6) ? "" : identifier(s);
  let bytes = chr(head);
  let n = before.length + id.length + after.length;
  // The length of what follows [MQTT-2.2.3].
  for (; n > 127; n >>= 7) bytes += chr((n & 127) | 128);
  const e: Entry = {
    _want: id && chr(publication ? 48 + ((head & 6) << 3) : head + 14, publication ? 2 : 0) + id,
    _bytes: bytes + chr(n) + before + id + after,
    _done: done,
  };
  if (store && id && publication) e._key = store.put(id + e._bytes);
  s._size += e._bytes.length;
  if (first) s._queue.unshift(e);
  else s._queue.push(e);
  return e;
}

/** Appends to `_out` the next packets to send [MQTT-4.6.0-1], about `room` bytes. One of QoS 0 leaves the queue. */
export function next(s: Session, room: number): void {
  for (let e; room > 0 && s._at < (s.options.maxInflight || 20) && (e = s._queue[s._at]);) {
    const n = e._bytes.length;
    s._out += e._bytes;
    room -= n;
    if (e._want) s._at++;
    else {
      s._queue.splice(s._at, 1);
      s._size -= n;
      s._fresh = ~~s._fresh! + 1;
      if (e._done) (s._calls = s._calls || []).push(e._done);
    }
  }
}

/** What was with the broker goes again, before all else: a PUBLISH with DUP [MQTT-3.3.1-1]. */
export function rewind(s: Session): void {
  while (s._at) {
    const e = s._queue[--s._at];
    const head = e._bytes.charCodeAt(0);
    if (head >> 4 === PUBLISH) e._bytes = chr(head | 8) + e._bytes.substr(1);
  }
}

/** The entry that an answer settles, now gone from the queue; PUBREC only turns it into its PUBREL. */
export function settle(s: Session, answer: Bytes): Entry | undefined {
  const store = s.options.store;
  let i = 0;
  while (i < s._at && s._queue[i]._want !== answer) i++;
  if (i < s._at) {
    const e = s._queue[i];
    const key = e._key;
    s._size -= e._bytes.length;
    if (answer.charCodeAt(0) >> 4 === PUBREC) {
      const id = answer.substr(2);
      // PUBREL with the flags of [MQTT-3.6.1-1].
      e._want = "p\x02" + id;
      e._bytes = "b\x02" + id;
      s._size += 4;
      e._key = store && store.put(id + e._bytes);
      // A store that is full: rather the PUBLISH once more than nothing after a restart.
      if (key && !e._key) {
        e._key = key;
        return e;
      }
    } else {
      s._queue.splice(i, 1);
      s._at--;
    }
    if (key) store!.drop(key);
    return e;
  }
}

/** The broker has released a QoS 2 identifier. */
export function release(s: Session, id: Id): void {
  const key = s._held && s._held[id];
  if (key) {
    if (key > 0) s.options.store!.drop(key);
    delete s._held![id];
  }
}

/** The broker has forgotten the session: what it held back at QoS 2 will not be released. */
export function forget(s: Session): void {
  for (const id in s._held) if (s._held[id] > 0) s.options.store!.drop(s._held[id]);
  delete s._held;
}
