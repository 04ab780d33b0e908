import type { Bytes } from "../host";
import { storeErase, storeRead, storeSize, storeWrite } from "#host";
import { u16 } from "./bytes";

/** Records in the order in which they were put. */
export interface Journal {
  /** Bytes of the longest record that fits when it is empty. */
  room: number;
  /** Bytes of the longest one that fits now; each record takes four more than it has. */
  free: number;
  /** The record's key: a number above 0, the greater the later. 0 when it did not fit, or storage did not keep it: drop some first. */
  put(record: Bytes): number;
  /** The record of a key that was not dropped; of any other key the answer means nothing. */
  get(key: number): Bytes;
  /** Nothing happens for a record that was dropped before. */
  drop(key: number): void;
  /** Calls `visit` for each record, oldest first; it may drop. */
  each(visit: (record: Bytes, key: number) => void): void;
}

/** Turns follow each other in this order. None can be mistaken for another of which some bits have not yet been cleared. */
const TURNS = "\x03\x05\x06";

/**
 * Records that outlive a power cut, in storage that behaves like flash. At any moment what was put and not dropped is there, whole
 * and in order; what a cut interrupted being put is there or not, what it interrupted being dropped may be back.
 *
 * Two files take turns. At 0 a file has the byte that creating it spends, at 1 its turn, from 2 on records: length (2 bytes), the
 * bytes, a 0 once they are all written, a 0 once they are dropped. A byte is written once, so nothing is ever changed: when a file
 * is full, what is live is copied to the other one, whose turn is written last, then the full one is erased. Of two files with a
 * turn the later one counts; one without was not finished.
 *
 * `name` has up to 27 characters; each file `size` bytes, 16 to 65,535, of which three quarters hold records.
 */
export function journal(name: string, size: number): Journal {
  // Where the record of each key from `base` on begins; 0 for one that was dropped.
  let starts: number[] = [];
  let base = 1;
  let end = 2;
  const first = TURNS.indexOf(storeRead(name + 0, 1, 1) || "-");
  let turn = TURNS.indexOf(storeRead(name + 1, 1, 1) || "-");
  let file = turn >= 0 && (first < 0 || (turn + 3 - first) % 3 === 1) ? 1 : 0;
  turn = file ? turn : first;
  // The last quarter makes one compaction serve many records.
  const room = ((size * 3) >> 2) - 4;

  function after(at: number): number {
    const head = storeRead(name + file, at, 2);
    return at + 4 + ((head.charCodeAt(0) << 8) | head.charCodeAt(1));
  }

  function get(key: number): Bytes {
    const at = starts[key - base];
    return storeRead(name + file, at + 2, after(at) - at - 4);
  }

  function compact(): boolean {
    const old = name + file;
    const other = name + (1 - file);
    const next = (turn + 1) % 3;
    const moved: number[] = [];
    let to = 2;
    storeErase(other);
    let ok = storeWrite(other, 0, "", size);
    for (let i = 0; i < starts.length; i++) {
      const at = starts[i];
      moved.push(at && to);
      if (at) {
        const length = after(at) - at;
        const copy = storeRead(old, at, length - 1);
        ok = ok && storeWrite(other, to, copy) && storeRead(other, to, length - 1) === copy;
        to += length;
      }
    }
    if (ok && storeWrite(other, 1, TURNS.charAt(next)) && storeRead(other, 1, 1) === TURNS.charAt(next)) {
      storeErase(old);
      file = 1 - file;
      turn = next;
      starts = moved;
      end = to;
      return true;
    }
    // Without this a turn that was written although the host said no would count after a restart.
    storeErase(other);
    return false;
  }

  const self: Journal = {
    room: room,
    free: room,
    get: get,
    put: function (record) {
      const need = record.length + 4;
      if (record.length > self.free || (end + need > size && !compact())) {
        return 0;
      }
      const at = end;
      if (
        // One after the other: a length without the mark is a record that a cut has torn, in whatever order bytes arrive.
        !storeWrite(name + file, at, u16(need - 4)) ||
        !storeWrite(name + file, at + 2, record) ||
        // Storage that is worn says yes and keeps something else: looked at before the mark and in each copy, not found out after a restart.
        storeRead(name + file, at, need) !== u16(need - 4) + record + "\xff\xff" ||
        !storeWrite(name + file, at + need - 2, "\0") ||
        storeRead(name + file, at + need - 2, 2) !== "\0\xff"
      ) {
        compact();
        return 0;
      }
      end += need;
      self.free -= need;
      return starts.push(at) - 1 + base;
    },
    drop: function (key) {
      const at = starts[key - base];
      if (at) {
        const next = after(at);
        storeWrite(name + file, next - 1, "\0");
        self.free += next - at;
        starts[key - base] = 0;
        while (starts[0] === 0) {
          starts.shift();
          base++;
        }
      }
    },
    each: function (visit) {
      // The visitor may drop.
      for (let key = base; key < base + starts.length; key++) {
        if (starts[key - base]) {
          visit(get(key), key);
        }
      }
    },
  };

  const held = turn < 0 ? 0 : storeSize(name + file);
  let tidy = held === size;
  while (end + 4 <= held) {
    const next = after(end);
    if (next - end > 65538) {
      // The length reads 65,535: nothing was written here.
      break;
    }
    const marks = storeRead(name + file, next - 2, 2);
    if (marks.charCodeAt(0) !== 0) {
      // Cut while it was written: how far is unknown, so nothing can follow it.
      tidy = false;
      break;
    }
    if (marks.charCodeAt(1) === 255) {
      starts.push(end);
      self.free -= next - end;
    }
    end = next;
  }
  if (!tidy) {
    compact();
  }
  return self;
}
