import { chr, u16 } from "../core/bytes";
import type { Bytes } from "../host";
import { packet, PUBLISH, PUBREC, word } from "./packet";

export type Done = (err?: Error, result?: any) => void;

/** Something the application handed over that the broker has not settled yet. */
export interface Entry {
  /** Packet identifier; 0 for QoS 0. */
  _id: number;
  _bytes: Bytes;
  _done?: Done;
  /** It may have reached the broker before: a PUBLISH goes out again with DUP. */
  _sent?: boolean;
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
  /** Oldest first; the first `_at` of them are with the broker. */
  _queue: Entry[];
  _at: number;
  /** Sum of the bytes in `_queue`. */
  _size: number;
  /** The identifier given last. */
  _last: number;
  /** Identifiers received at QoS 2 and not yet released, with their store key. */
  _held: { [id: number]: number };
  _store?: Store;
}

/** Takes what a store has kept: publications and releases under way (identifier and packet), and held identifiers. */
export function restore(s: Session, record: Bytes, key: number): void {
  const id = word(record, 0);
  if (record.length > 2) {
    s._queue.push({ _id: id, _bytes: record.substr(2), _sent: true, _key: key });
    s._size += record.length - 2;
    s._last = id;
  } else s._held[id] = key;
}

/**
 * Queues a packet, whose identifier (for all but QoS 0) comes between `before` and `after`.
 * Identifiers are never 0 and never alike in flight [MQTT-2.3.1-1], [MQTT-2.3.1-4].
 */
export function enqueue(s: Session, head: number, before: Bytes, after: Bytes, done?: Done): void {
  const queue = s._queue;
  let id = 0;
  if (head >> 4 !== PUBLISH || head & 6) {
    let i = 0;
    for (id = s._last; i >= 0; ) {
      id = (id % 65535) + 1;
      for (i = queue.length - 1; i >= 0 && queue[i]._id !== id; ) i--;
    }
    s._last = id;
    before += u16(id);
  }
  const e: Entry = { _id: id, _bytes: packet(head, before + after), _done: done };
  if (s._store && id && head >> 4 === PUBLISH) e._key = s._store.put(u16(id) + e._bytes);
  s._size += e._bytes.length;
  queue.push(e);
}

/**
 * The next packet to send [MQTT-4.6.0-1], or undefined. One that goes a second time carries DUP if it is a PUBLISH
 * [MQTT-3.3.1-1]; one of QoS 0 leaves the queue, and its callback moves to `written`.
 */
export function next(s: Session, written: (Done | undefined)[]): Bytes | undefined {
  const e = s._queue[s._at];
  if (e) {
    const head = e._bytes.charCodeAt(0);
    const b = e._sent && head >> 4 === PUBLISH ? chr(head | 8) + e._bytes.substr(1) : e._bytes;
    if (e._id) {
      e._sent = true;
      s._at++;
    } else {
      s._queue.splice(s._at, 1);
      s._size -= b.length;
      written.push(e._done);
    }
    return b;
  }
}

/** The answer of type `type` to packet `id`: the entry it settles, now gone from the queue; PUBREC only turns it into its PUBREL. */
export function settle(s: Session, type: number, id: number): Entry | undefined {
  for (let i = 0; i < s._at; i++) {
    const e = s._queue[i];
    const head = e._bytes.charCodeAt(0) >> 1;
    const key = e._key;
    if (e._id === id && type === (head >> 3 === PUBLISH ? 3 + (head & 3) : (head >> 3) + 1)) {
      s._size -= e._bytes.length;
      if (type === PUBREC) {
        // PUBREL with the flags of [MQTT-3.6.1-1].
        e._bytes = packet(98, u16(id));
        s._size += 4;
        e._key = s._store && s._store.put(u16(id) + e._bytes);
        // A store that is full: rather the PUBLISH once more than nothing after a restart.
        if (key && !e._key) {
          e._key = key;
          return e;
        }
      } else {
        s._queue.splice(i, 1);
        s._at--;
      }
      if (key) s._store!.drop(key);
      return e;
    }
  }
}

/** Lets go of a QoS 2 identifier. */
export function release(s: Session, id: number): void {
  if (s._store && s._held[id] > 0) s._store.drop(s._held[id]);
  delete s._held[id];
}
