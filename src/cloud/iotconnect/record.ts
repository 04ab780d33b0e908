import { storeRead, storeWrite } from "#host";
import { u16 } from "../../core/bytes";
import type { Bytes } from "../../host";

// A record on storage: its length (2 bytes), its bytes, a zero when they are whole, a zero when it is done with. Flash that is erased is all
// ones, so the zeros are written later, each by itself.

/** What a record takes besides its bytes. */
export const FRAME = 4;

/** Writes a record. In this order: a length without its mark is one that a cut has torn. Storage that is worn says yes and keeps something else. */
export function write(file: string, at: number, record: Bytes): boolean {
  const head = u16(record.length);
  const end = at + 2 + record.length;
  return (
    storeWrite(file, at, head) &&
    storeWrite(file, at + 2, record) &&
    storeRead(file, at, record.length + FRAME) === head + record + "\xff\xff" &&
    storeWrite(file, end, "\0") &&
    storeRead(file, end, 2) === "\0\xff"
  );
}

/** The length of the record there, or -1 when there is no whole one. */
export function length(file: string, at: number): number {
  const h = storeRead(file, at, 2);
  const l = h.length > 1 ? (h.charCodeAt(0) << 8) | h.charCodeAt(1) : 65535;
  return l < 65535 && storeRead(file, at + 2 + l, 1) === "\0" ? l : -1;
}

/** Marks a record of that length as done with. */
export function strike(file: string, at: number, l: number): void {
  storeWrite(file, at + 3 + l, "\0");
}

/** Goes through the live records of a file from `at` on; gives where they end. */
export function walk(file: string, at: number, seen: (at: number, l: number) => void): number {
  for (let l; (l = length(file, at)) >= 0; at += l + FRAME) if (storeRead(file, at + 3 + l, 1) !== "\0") seen(at, l);
  return at;
}
