import { storeErase, storeRead, storeSize, storeWrite } from "#host";
import { u16 } from "../../core/bytes";
import type { Bytes } from "../../host";

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
  shift(): void;
  clear(): void;
}

/** Files are named by their number modulo this; so many may lie about after a change of the options. */
const SLOTS = 32;

/**
 * Records in order on storage that behaves like flash, safe against a power cut at any write. Files follow each other by number; the
 * highest is written, the lowest is read. At 0 a file has its number (4 bytes), at 4 a zero when that is whole, from 5 on records: length
 * (2 bytes), the bytes, a zero when they are whole, a zero when the record is done with.
 *
 * `space` bytes in all. With several `files` the oldest file goes as a whole, and a file is full when its share is reached; with one, records
 * go one by one, oldest first.
 */
export function offline(space: number, files: number): Offline {
  const whole = files > 1;
  const part = Math.ceil(space / (whole ? files : 12));
  // The first and the last file, the first live record, where the next one goes, and where the last file ends.
  let head = 1;
  let tail = 0;
  let from = 5;
  let to = 0;
  let size = 0;

  function name(n: number): string {
    return "iotc." + (n % SLOTS);
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
    while (whole && tail - head + 1 >= files) drop();
    // A file may be exceeded by the record that reaches its share.
    const room = part + 5 + (whole ? Math.max(1024, need) : need);
    for (;;) {
      const file = name(tail + 1);
      storeErase(file);
      if (storeWrite(file, 0, u16((tail + 1) >> 16) + u16((tail + 1) & 65535), room) && storeWrite(file, 4, "\0")) break;
      storeErase(file);
      if (tail < head) return false;
      drop();
    }
    if (++tail === head) from = 5;
    to = 5;
    size = room;
    return true;
  }

  const self: Offline = {
    count: 0,
    bytes: 0,
    dropped: 0,

    put: function (record) {
      const need = record.length + 4;
      let ok = need < 65535 && need <= (whole ? part + 1024 : space);
      if (ok) {
        while (!whole && self.count && self.bytes + need > space) {
          self.dropped++;
          self.shift();
        }
        if (tail < head || to - 5 >= part || to + need > size) ok = begin(need);
      }
      // In this order: a length without its mark is a record that a cut has torn.
      if (
        ok &&
        !(
          storeWrite(name(tail), to, u16(need - 4)) &&
          storeWrite(name(tail), to + 2, record) &&
          storeWrite(name(tail), to + need - 2, "\0")
        )
      ) {
        ok = false;
        to = size;
      }
      if (ok) {
        more(0, need - 4);
        to += need;
      } else self.dropped++;
      return ok;
    },

    first: function () {
      while (head <= tail) {
        const l = length(head, from);
        if (l >= 0) return storeRead(name(head), from + 2, l);
        if (head === tail) break;
        storeErase(name(head++));
        from = 5;
      }
      return undefined;
    },

    shift: function () {
      const record = self.first();
      if (record === undefined) return;
      const l = record.length;
      storeWrite(name(head), from + 3 + l, "\0");
      from += l + 4;
      self.count--;
      self.bytes -= l + 4;
      if (!self.count) {
        // From the first on, so that what a cut leaves is in a row.
        while (head <= tail) storeErase(name(head++));
        from = 5;
      }
    },

    clear: function () {
      while (head <= tail) storeErase(name(head++));
      from = 5;
      self.count = self.bytes = 0;
    },
  };

  for (let i = 0; i < SLOTS; i++) {
    if (storeSize(name(i)) >= 0) {
      const h = storeRead(name(i), 0, 5);
      const n = (h.charCodeAt(2) << 8) | h.charCodeAt(3) | (h.charCodeAt(1) << 16);
      if (h.length < 5 || h.charCodeAt(4) || n % SLOTS !== i || !n) storeErase(name(i));
      else {
        if (tail < head) head = tail = n;
        head = Math.min(head, n);
        tail = Math.max(tail, n);
      }
    }
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
