import type { Bytes } from "../host";
import { storeErase, storeRead, storeSize, storeWrite } from "#host";
import { chr, u16 } from "./bytes";

/**
 * Records that outlive a power cut, in storage that behaves like flash. At any moment what was put and not dropped is there, whole
 * and in order; what a cut interrupted being put is there or not, what it interrupted being dropped may be back.
 *
 * Two files take turns. At 0 a file has the byte that creating it spends, at 1 its turn and the complement of that, from 3 on
 * records: length (2 bytes), the bytes, a 0 once they are all written, a 0 once they are dropped. A byte is written once, so
 * nothing is ever changed: when a file is full, what is live is copied to the other one, whose turn is written last, then the full
 * one is erased. Of two files with a turn the later one counts; one without was not finished.
 */
export class Journal {
  /** How many records are live. */
  count: number;
  /** The longest record that fits when empty and now; each takes 4 bytes besides. */
  room: number;
  free: number;
  _name: string;
  _size: number;
  /** Which file has its turn, which turn that is, and where its records end. */
  _file: number;
  _turn: number;
  _end: number;
  /** Where the record of each handle from `_base` on begins; 0 for one that was dropped. */
  _at: number[];
  _base: number;

  /** `name` up to 27 characters; each of the two files has `size` bytes, at most 65,535, of which three quarters hold records. */
  constructor(name: string, size: number) {
    const turns: number[] = [];
    for (let i = 0; i < 2; i++) {
      const head = storeRead(name + i, 1, 2);
      turns.push((head.charCodeAt(0) ^ head.charCodeAt(1)) === 255 ? head.charCodeAt(0) : -1);
    }
    this._name = name;
    this._size = size;
    this._file = turns[1] >= 0 && (turns[0] < 0 || ((turns[1] - turns[0]) & 255) === 1) ? 1 : 0;
    this._turn = turns[this._file];
    this._base = 1;
    this._at = [];
    this.count = 0;
    // The last quarter makes one compaction serve many records.
    this.room = this.free = Math.floor(size * 0.75) - 4;
    this._end = 3;
    name += this._file;
    const end = this._turn < 0 ? 0 : storeSize(name);
    let tidy = end === size;
    while (this._end + 4 <= end) {
      const head = storeRead(name, this._end, 2);
      const next = this._end + 4 + ((head.charCodeAt(0) << 8) | head.charCodeAt(1));
      if (head === "\xff\xff") {
        break;
      }
      const marks = next > end ? "x" : storeRead(name, next - 2, 2);
      if (marks.charCodeAt(0)) {
        // Cut while it was written: how far is unknown, so nothing can follow it.
        tidy = false;
        break;
      }
      if (marks.charCodeAt(1) === 255) {
        this._at.push(this._end);
        this.free -= next - this._end;
        this.count++;
      }
      this._end = next;
    }
    if (!tidy) {
      this._compact();
    }
  }

  /** The record's handle: a number above 0, the greater the later. 0 when it did not fit or the storage refused it. */
  put(bytes: Bytes): number {
    const need = bytes.length + 4;
    if (bytes.length <= this.free) {
      for (let i = 0; i < 2; i++) {
        const name = this._name + this._file;
        const at = this._end;
        if (
          at + need <= this._size &&
          // One after the other: a length without the mark is a record that a cut has torn, in whatever order bytes arrive.
          storeWrite(name, at, u16(need - 4)) &&
          storeWrite(name, at + 2, bytes) &&
          storeWrite(name, at + need - 2, "\0")
        ) {
          this._end += need;
          this.free -= need;
          this.count++;
          return this._at.push(at) - 1 + this._base;
        }
        if (!this._compact()) {
          break;
        }
      }
    }
    return 0;
  }

  /** The oldest live record's handle after `handle`, or 0: `for (h = 0; (h = j.next(h)); )` visits all. */
  next(handle: number): number {
    for (let i = Math.max(0, handle + 1 - this._base); i < this._at.length; i++) {
      if (this._at[i]) {
        return i + this._base;
      }
    }
    return 0;
  }

  get(handle: number): Bytes {
    return this._read(this._at[handle - this._base]).substr(2);
  }

  /** Nothing happens for a record that was dropped before. */
  drop(handle: number): void {
    const at = this._at[handle - this._base];
    if (at) {
      const need = this._read(at).length + 2;
      storeWrite(this._name + this._file, at + need - 1, "\0");
      this.free += need;
      this.count--;
      this._at[handle - this._base] = 0;
      while (this._at[0] === 0) {
        this._at.shift();
        this._base++;
      }
    }
  }

  /** Length and bytes. */
  _read(at: number): Bytes {
    const name = this._name + this._file;
    const head = storeRead(name, at, 2);
    return storeRead(name, at, 2 + ((head.charCodeAt(0) << 8) | head.charCodeAt(1)));
  }

  _compact(): boolean {
    const name = this._name + (1 - this._file);
    const turn = (this._turn + 1) & 255;
    const moved: number[] = [];
    let end = 3;
    storeErase(name);
    let ok = storeWrite(name, 0, "", this._size);
    for (let i = 0; i < this._at.length; i++) {
      moved.push(this._at[i] && end);
      if (this._at[i]) {
        const record = this._read(this._at[i]) + "\0";
        ok = ok && storeWrite(name, end, record);
        end += record.length + 1;
      }
    }
    if (ok && storeWrite(name, 1, chr(turn, 255 - turn))) {
      storeErase(this._name + this._file);
      this._file = 1 - this._file;
      this._turn = turn;
      this._at = moved;
      this._end = end;
      return true;
    }
    // Without this a turn that was written although the host said no would count after a restart.
    storeErase(name);
    return false;
  }
}
