import { chr, u16 } from "../core/bytes";
import type { Bytes } from "../host";
import { ack, PUBLISH, PUBREC, PUBREL, word } from "./packet";

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
  _last: number;
  /** Identifiers received at QoS 2 and not yet released, with their store key. */
  _held: { [id: number]: number };
  _count: number;
  _store?: Store;
  _newId(): number;
  _add(entry: Entry, first?: boolean): void;
  _next(limit: number, inflight: number, done: Done[]): Bytes;
  _settle(type: number, id: number): Entry | undefined;
  _hold(id: number): boolean;
  _release(id: number): void;
  _resume(kept: boolean): void;
}

/** What answers a packet: the low nibble of PUBLISH tells QoS 1 from QoS 2, the others are answered by the next type. */
function answer(head: number): number {
  return head >> 4 === PUBLISH ? (head & 2 ? 4 : 5) : (head >> 4) + 1;
}

export const Session = function (this: Session, store?: Store) {
  const self = this;
  self._queue = [];
  self._at = self._size = self._last = self._count = 0;
  self._held = {};
  self._store = store;
  if (store)
    store.each(function (record, key) {
      const id = word(record, 0);
      if (record.length > 2) {
        self._queue.push({ _id: id, _bytes: record.substr(2), _sent: true, _key: key });
        self._size += record.length;
        self._last = id;
      } else {
        self._held[id] = key;
        self._count++;
      }
    });
} as unknown as { new (store?: Store): Session };

Session.prototype = {
  /** Never 0 and never one in flight [MQTT-2.3.1-1], [MQTT-2.3.1-2]. */
  _newId() {
    let id = this._last;
    let i = 0;
    while (i >= 0) {
      id = (id % 65535) + 1;
      for (i = this._queue.length - 1; i >= 0 && this._queue[i]._id !== id; ) i--;
    }
    return (this._last = id);
  },

  _add(entry, first) {
    this._size += entry._bytes.length;
    if (first) this._queue.splice(0, 0, entry);
    else this._queue.push(entry);
    if (this._store && entry._id && entry._bytes.charCodeAt(0) >> 4 === PUBLISH) entry._key = this._store.put(u16(entry._id) + entry._bytes);
  },

  /** Bytes of what may go now, in order [MQTT-4.6.0-1]; QoS 0 leaves the queue and its callback moves to `done`. */
  _next(limit, inflight, done) {
    let out = "";
    let e;
    while (out.length < limit && this._at < inflight && (e = this._queue[this._at])) {
      // [MQTT-3.3.1-1]
      if (e._sent && e._bytes.charCodeAt(0) >> 4 === PUBLISH) out += chr(e._bytes.charCodeAt(0) | 8) + e._bytes.substr(1);
      else out += e._bytes;
      e._sent = true;
      if (e._id) this._at++;
      else {
        this._queue.splice(this._at, 1);
        this._size -= e._bytes.length;
        if (e._done) done.push(e._done);
      }
    }
    return out;
  },

  /** An answer from the broker: the entry it settles, gone from the queue; PUBREC only turns it into its PUBREL. */
  _settle(type, id) {
    for (let i = 0; i < this._at; i++) {
      const e = this._queue[i];
      if (e._id === id && answer(e._bytes.charCodeAt(0)) === type) {
        const key = e._key;
        this._size -= e._bytes.length;
        if (type === PUBREC) {
          e._bytes = ack(PUBREL, id);
          this._size += 4;
          e._key = this._store && this._store.put(u16(id) + e._bytes);
        } else {
          this._queue.splice(i, 1);
          this._at--;
        }
        if (key) this._store!.drop(key);
        return e;
      }
    }
  },

  /** Notes a QoS 2 identifier; false when it is held already, and the message was delivered before. */
  _hold(id) {
    if (this._held[id]) return false;
    this._held[id] = this._store ? this._store.put(u16(id)) : 1;
    this._count++;
    return true;
  },

  _release(id) {
    if (this._held[id]) {
      if (this._store) this._store.drop(this._held[id]);
      delete this._held[id];
      this._count--;
    }
  },

  /** A new link: all that is not settled goes again. `kept`: the broker remembers the session. */
  _resume(kept) {
    this._at = 0;
    if (!kept) for (const id in this._held) this._release(+id);
  },
} as Session;
