import { storeErase, storeRead, storeSize } from "#host";
import type { Bytes } from "../../host";
import { FRAME, length, strike, walk, write } from "./record";
import { BEGIN, make, row, slot, SLOTS } from "./slots";

/** The number of a file, and where in it. */
export type Place = [number, number];

export interface Offline {
  count: number;
  /** Live records, with what each takes besides its own bytes. */
  bytes: number;
  /** Lost for want of room. */
  dropped: number;
  /** Whether it is stored now. */
  put(record: Bytes): boolean;
  /** The oldest one, which stays until `shift`. */
  first(): Bytes | undefined;
  /** Shows the oldest ones until `take` wants no more; gives the place behind the last one it took. */
  each(take: (record: Bytes) => boolean): Place;
  /** Whether there was one. */
  shift(): boolean;
  /** All up to a place go, but for those that have already gone. */
  pass(place: Place): void;
  clear(): void;
}

/**
 * Records in order on storage that behaves like flash, safe against a power cut at any write. Files (slots.ts) follow each other by number:
 * the highest is written, the lowest is read. From BEGIN on they have records (record.ts).
 *
 * `space` bytes of records in all; their files take more, half more at most: when long ones find no room behind short ones, the oldest go
 * sooner. With several `files` the oldest file goes as a whole, and a file is full when its share is reached; with one, records go one by
 * one, oldest first.
 */
export function offline(space: number, files: number): Offline {
  const whole = files > 1;
  const part = Math.ceil(space / (whole ? files : 12));
  const most = whole ? files : SLOTS - 1;
  // The first and the last file, the first live record, where the next one goes, and where the last file ends.
  const ends = row();
  let head = ends[0];
  let tail = ends[1];
  let from = BEGIN;
  let to = 0;
  let size = 0;

  /** A record of that length comes (1) or goes (-1). */
  function tally(by: number, l: number): void {
    self.count += by;
    self.bytes += by * (l + FRAME);
  }

  /** The first file goes, with what is in it. */
  function drop(): void {
    walk(slot(head), from, function (_at, l) {
      tally(-1, l);
      self.dropped++;
    });
    storeErase(slot(head++));
    from = BEGIN;
  }

  /** Begins the next file, with room for a record of that length. */
  function begin(need: number): boolean {
    // A file may be exceeded by the record that reaches its share.
    const room = BEGIN + Math.max(part + Math.min(need, 1024), need);
    let taken = room;
    for (let n = head; n <= tail; n++) taken += Math.max(storeSize(slot(n)), 0);
    // Each restart behind a torn record begins a file: never more than have a name.
    while (head <= tail && (tail - head + 1 >= most || taken > space * 1.5)) {
      taken -= Math.max(storeSize(slot(head)), 0);
      drop();
    }
    size = room;
    while (!make(tail + 1, size)) {
      // Storage that is full of other files may have room for a smaller one.
      if (size > need + BEGIN) size = Math.max(need + BEGIN, size >> 1);
      else if (tail < head) return false;
      else {
        drop();
        size = room;
      }
    }
    if (++tail === head) from = BEGIN;
    to = BEGIN;
    return true;
  }

  const self: Offline = {
    count: 0,
    bytes: 0,
    dropped: 0,

    put: function (record) {
      const need = record.length + FRAME;
      let ok = need < 65535 && need <= (whole ? part + 1024 : space);
      // Nothing may be left of what was counted: then `first` has emptied it.
      while (ok && !whole && self.count && self.bytes + need > space) if (self.shift()) self.dropped++;
      // What refuses a write where nothing is written has rotted: another file may take it.
      for (let tries = 2; ok && tries; tries--) {
        if (tail < head || to - BEGIN >= part || to + need > size) ok = begin(need);
        if (ok && write(slot(tail), to, record)) {
          tally(1, record.length);
          to += need;
          return true;
        }
        to = size;
      }
      self.dropped++;
      return false;
    },

    first: function () {
      while (head <= tail) {
        const l = length(slot(head), from);
        if (l >= 0) return storeRead(slot(head), from + 2, l);
        drop();
      }
      // What was counted and is not there has rotted, or somebody has erased it.
      self.dropped += self.count;
      self.count = self.bytes = 0;
      return undefined;
    },

    shift: function () {
      const record = self.first();
      if (record === undefined) return false;
      const l = record.length;
      strike(slot(head), from, l);
      from += l + FRAME;
      tally(-1, l);
      // From the first on, so that what a cut leaves is in a row.
      if (!self.count) self.clear();
      return true;
    },

    each: function (take) {
      let n = head;
      let at = from;
      // Not the end of the file: others may follow there.
      let behind: Place = [n, at];
      while (n <= tail) {
        const l = length(slot(n), at);
        if (l < 0) {
          n++;
          at = BEGIN;
        } else if (take(storeRead(slot(n), at + 2, l))) {
          at += l + FRAME;
          behind = [n, at];
        } else break;
      }
      return behind;
    },

    pass: function (place) {
      // `first` also steps over the end of a file.
      while (self.first() !== undefined && (head < place[0] || (head === place[0] && from < place[1]))) self.shift();
    },

    clear: function () {
      while (head <= tail) storeErase(slot(head++));
      from = BEGIN;
      self.count = self.bytes = 0;
    },
  };

  for (let n = head; n <= tail; n++) {
    // Where the first live record is.
    let begun = n > head;
    const end = walk(slot(n), BEGIN, function (at, l) {
      if (!begun) from = at;
      begun = true;
      tally(1, l);
    });
    if (!begun) from = end;
    if (n === tail) {
      size = storeSize(slot(n));
      // Behind a torn record nothing can follow.
      to = storeRead(slot(n), end, 2) === "\xff\xff" ? end : size;
    }
  }
  return self;
}
