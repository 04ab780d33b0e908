import { storeErase, storeRead, storeSize, storeWrite } from "#host";
import { u16 } from "../../core/bytes";
import type { Bytes } from "../../host";

/** The number of a file, and where in it. */
export type Place = [number, number];

export interface Offline {
  count: number;
  /** Live records, with 4 bytes each. */
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

/** Files are named by their number modulo this; so many may lie about after a change of the options. */
const SLOTS = 32;

/** The number near which most are. All are in a row of less than SLOTS; one that has rotted is SLOTS or more from where it was. */
function middle(found: number[]): number {
  let most = 0;
  let best = 0;
  for (let i = 0; i < found.length; i++) {
    const near = found.filter(function (n) {
      return Math.abs(n - found[i]) <= SLOTS / 2;
    }).length;
    if (near > most) {
      most = near;
      best = found[i];
    }
  }
  return best;
}

/**
 * Records in order on storage that behaves like flash, safe against a power cut at any write. Files follow each other by number; the
 * highest is written, the lowest is read. At 0 a file has its number (4 bytes), at 4 a zero when that is whole, from 5 on records: length
 * (2 bytes), the bytes, a zero when they are whole, a zero when the record is done with.
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
  let head = 1;
  let tail = 0;
  let from = 5;
  let to = 0;
  let size = 0;

  function name(n: number): string {
    return "iotc." + (n % SLOTS);
  }

  /** In this order: a length without its mark is a record that a cut has torn. Storage that is worn says yes and keeps something else. */
  function write(file: string, at: number, record: Bytes): boolean {
    const head = u16(record.length);
    const end = at + 2 + record.length;
    return (
      storeWrite(file, at, head) &&
      storeWrite(file, at + 2, record) &&
      storeRead(file, at, record.length + 4) === head + record + "\xff\xff" &&
      storeWrite(file, end, "\0") &&
      storeRead(file, end, 2) === "\0\xff"
    );
  }

  /** The length of a record, or -1 when there is no whole one. */
  function length(n: number, at: number): number {
    const h = storeRead(name(n), at, 2);
    const l = h.length > 1 ? (h.charCodeAt(0) << 8) | h.charCodeAt(1) : 65535;
    return l < 65535 && storeRead(name(n), at + 2 + l, 1) === "\0" ? l : -1;
  }

  /** Goes through the live records of a file from `at` on; gives where they end. */
  function walk(n: number, at: number, seen: (at: number, l: number) => void): number {
    for (let l; (l = length(n, at)) >= 0; at += l + 4) if (storeRead(name(n), at + 3 + l, 1) !== "\0") seen(at, l);
    return at;
  }

  function more(_at: number, l: number): void {
    self.count++;
    self.bytes += l + 4;
  }

  /** The first file goes, with what is in it. */
  function drop(): void {
    walk(head, from, function (_at, l) {
      self.count--;
      self.dropped++;
      self.bytes -= l + 4;
    });
    storeErase(name(head++));
    from = 5;
  }

  /** Begins the next file, with room for a record of that length. */
  function begin(need: number): boolean {
    // A file may be exceeded by the record that reaches its share.
    const room = 5 + Math.max(part + Math.min(need, 1024), need);
    let taken = room;
    for (let n = head; n <= tail; n++) taken += Math.max(storeSize(name(n)), 0);
    // Each restart behind a torn record begins a file: never more than have a name.
    while (head <= tail && (tail - head + 1 >= most || taken > space * 1.5)) {
      taken -= Math.max(storeSize(name(head)), 0);
      drop();
    }
    const number = u16((tail + 1) >> 16) + u16((tail + 1) & 65535);
    const file = name(tail + 1);
    size = room;
    for (;;) {
      storeErase(file);
      if (storeWrite(file, 0, number, size) && storeWrite(file, 4, "\0")) break;
      storeErase(file);
      // Storage that is full of other files may have room for a smaller one.
      if (size > need + 5) size = Math.max(need + 5, size >> 1);
      else if (tail < head) return false;
      else {
        drop();
        size = room;
      }
    }
    if (++tail === head) from = 5;
    to = 5;
    return true;
  }

  const self: Offline = {
    count: 0,
    bytes: 0,
    dropped: 0,

    put: function (record) {
      const need = record.length + 4;
      let ok = need < 65535 && need <= (whole ? part + 1024 : space);
      // Nothing may be left of what was counted: then `first` has emptied it.
      while (ok && !whole && self.count && self.bytes + need > space) if (self.shift()) self.dropped++;
      // What refuses a write where nothing is written has rotted: another file may take it.
      for (let tries = 2; ok && tries; tries--) {
        if (tail < head || to - 5 >= part || to + need > size) ok = begin(need);
        if (ok && write(name(tail), to, record)) {
          more(0, need - 4);
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
        const l = length(head, from);
        if (l >= 0) return storeRead(name(head), from + 2, l);
        storeErase(name(head++));
        from = 5;
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
      storeWrite(name(head), from + 3 + l, "\0");
      from += l + 4;
      self.count--;
      self.bytes -= l + 4;
      if (!self.count) {
        // From the first on, so that what a cut leaves is in a row.
        self.clear();
      }
      return true;
    },

    each: function (take) {
      let n = head;
      let at = from;
      // Not the end of the file: others may follow there.
      let behind: Place = [n, at];
      while (n <= tail) {
        const l = length(n, at);
        if (l < 0) {
          n++;
          at = 5;
        } else if (take(storeRead(name(n), at + 2, l))) {
          at += l + 4;
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
      while (head <= tail) storeErase(name(head++));
      from = 5;
      self.count = self.bytes = 0;
    },
  };

  /** The numbers of the files; what has none goes. */
  function numbers(): number[] {
    const found: number[] = [];
    for (let i = 0; i < SLOTS; i++) {
      if (storeSize(name(i)) >= 0) {
        const h = storeRead(name(i), 0, 5);
        const n = (h.charCodeAt(2) << 8) | h.charCodeAt(3) | (h.charCodeAt(1) << 16);
        if (h.length < 5 || h.charCodeAt(4) || n % SLOTS !== i || !n) storeErase(name(i));
        else found.push(n);
      }
    }
    return found;
  }

  const found = numbers();
  const near = middle(found);
  for (let i = 0; i < found.length; i++) {
    const n = found[i];
    if (Math.abs(n - near) <= SLOTS / 2) {
      if (tail < head) head = tail = n;
      head = Math.min(head, n);
      tail = Math.max(tail, n);
    } else storeErase(name(n));
  }
  for (let n = head; n <= tail; n++) {
    let begun = false;
    const end = walk(n, 5, function (at, l) {
      if (n === head && !begun) from = at;
      begun = true;
      more(at, l);
    });
    if (n === head && !begun) from = end;
    if (n === tail) {
      size = storeSize(name(n));
      // Behind a torn record nothing can follow.
      to = storeRead(name(n), end, 2) === "\xff\xff" ? end : size;
    }
  }
  return self;
}
