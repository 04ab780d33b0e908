import { chr, u16 } from "../core/bytes";
import type { Bytes } from "../host";
import { ack, packet, PUBLISH, PUBREC, PUBREL, word } from "./packet";

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
export function enqueue(s: Session, head: number, before: Bytes, after: Bytes, done?: Done, first?: boolean): void {
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
  s._size += e._bytes.length;
  if (s._store && id && head >> 4 === PUBLISH) e._key = s._store.put(u16(id) + e._bytes);
  queue.splice(first ? 0 : queue.length, 0, e);
}

/** Takes the next packet to send [MQTT-4.6.0-1], or undefined. What is done with being sent leaves the queue. */
export function next(s: Session): Entry | undefined {
  const e = s._queue[s._at];
  if (e) {
    if (e._id) s._at++;
    else {
      s._queue.splice(s._at, 1);
      s._size -= e._bytes.length;
    }
  }
  return e;
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
        e._bytes = ack(PUBREL, id);
        s._size += 4;
        e._key = s._store && s._store.put(u16(id) + e._bytes);
      } else {
        s._queue.splice(i, 1);
        s._at--;
      }
      if (key) s._store!.drop(key);
      return e;
    }
  }
}

/** The bytes of an entry; a PUBLISH that may have gone before carries DUP [MQTT-3.3.1-1]. */
export function outgoing(e: Entry): Bytes {
  const head = e._bytes.charCodeAt(0);
  const b = e._sent && head >> 4 === PUBLISH ? chr(head | 8) + e._bytes.substr(1) : e._bytes;
  e._sent = true;
  return b;
}
