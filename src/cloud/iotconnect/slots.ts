import { storeErase, storeRead, storeSize, storeWrite } from "#host";
import { u16 } from "../../core/bytes";

/** Files are named by their number modulo this; so many may lie about after a change of the options. */
export const SLOTS = 32;

/** Where a file goes on behind its head. */
export const BEGIN = 5;

/** The name of the file of that number. */
export function slot(n: number): string {
  return "iotc." + (n % SLOTS);
}

/** Makes an empty file, whatever was there: its number (4 bytes), and a zero when that is whole. */
export function make(n: number, size: number): boolean {
  const file = slot(n);
  storeErase(file);
  if (storeWrite(file, 0, u16(n >> 16) + u16(n & 65535), size) && storeWrite(file, 4, "\0")) return true;
  storeErase(file);
  return false;
}

/**
 * The numbers of the first and the last file, [1, 0] when there is none. They follow each other in a row of less than SLOTS; what has no
 * number goes, and what is not near the most others, for its number has rotted.
 */
export function row(): number[] {
  const found: number[] = [];
  let best: number[] = [];
  let head = 1;
  let tail = 0;
  for (let i = 0; i < SLOTS; i++) {
    if (storeSize(slot(i)) >= 0) {
      const h = storeRead(slot(i), 0, 5);
      const n = (h.charCodeAt(2) << 8) | h.charCodeAt(3) | (h.charCodeAt(1) << 16);
      if (h.length < 5 || h.charCodeAt(4) || n % SLOTS !== i || !n) storeErase(slot(i));
      else found.push(n);
    }
  }
  for (let i = 0; i < found.length; i++) {
    const near = found.filter(function (n) {
      return Math.abs(n - found[i]) <= SLOTS / 2;
    });
    if (near.length > best.length) best = near;
  }
  for (let i = 0; i < found.length; i++) {
    const n = found[i];
    if (best.indexOf(n) < 0) storeErase(slot(n));
    else {
      head = tail ? Math.min(head, n) : n;
      tail = Math.max(tail, n);
    }
  }
  return [head, tail];
}
