/** What flash would do, for the hosts whose storage is files: made of what the target itself has to say of them. */
import { storeRead, storeSize, storeWrite } from "#host";
import type { Bytes } from "../src/host";

/**
 * How long the file is with this write; 0 where flash would not take it. Offset 0 only creates and a byte is written once, as on Espruino.
 */
export function whole(name: string, offset: number, bytes: Bytes, size?: number): number {
  const held = storeSize(name);
  const length = offset ? held : size || bytes.length;
  const refused = name.length > 28 || (!offset && held >= 0) || offset + bytes.length > length;
  return refused || /[^\xff]/.test(storeRead(name, offset, bytes.length)) ? 0 : length;
}

export function storeMark(name: string, bytes: Bytes, offset: number): void {
  if (!storeWrite(name, offset, bytes)) throw new Error(name + " takes no mark");
}

/**
 * The longest text that is read as one: the signature of an update. Of a longer file, which is hashed by blocks of 64 bytes, no more than
 * 1 KiB is held.
 */
const TEXT = 16384;

export function storeView(name: string, start?: number, count?: number): Bytes | undefined {
  const held = storeSize(name);
  const offset = start || 0;
  const length = Math.min(count || 1e9, held - offset);
  if (length <= TEXT) return held < 0 ? undefined : storeRead(name, offset, length);
  let from = 0;
  let part = "";
  const window = {
    length: length,
    substr: function (at: number, count: number) {
      if (at < from || at + count > from + part.length) part = storeRead(name, offset + (from = at), 1024);
      return part.substr(at - from, count);
    },
  };
  return window as Bytes;
}

/** Files do not say what is left of them. */
export function storeFree(_wanted: number): number {
  return 1e9;
}
