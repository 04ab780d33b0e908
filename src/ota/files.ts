/** The files of an update, as flash has them. */
import { storeErase, storeView, storeWrite, unpack } from "#host";
import { unhex } from "../core/bytes";
import { fastSha256 } from "../core/sha256";
import { HEAD, read, type Entry } from "./manifest";
import type { Options } from "./options";
import { slots } from "./slots";

/** Whether a stored file is what was signed: its digest is made from flash. */
export function holds(name: string, digest: string): boolean {
  const bytes = storeView(name);
  return !!bytes && fastSha256(bytes) === unhex(digest);
}

/** Whether `file` is there in the form in which it is run; one that is sent packed is unpacked into the slot for that. */
export function whole(f: Entry, file: string, slot: string, chunk: number): boolean {
  const to = f.packed ? slot + f.name : file;
  if (f.packed && !holds(to, f.sha256) && holds(file, f.packed.sha256)) {
    const bytes = unpack(storeView(file)!) || "";
    storeErase(to);
    for (let n = 0; n < bytes.length && storeWrite(to, n, bytes.substr(n, chunk), f.size);) n += chunk;
  }
  return holds(to, f.sha256);
}

/** How many bytes of a stored file were written, none when it is shorter; what is blank behind the last one was not. A longer one is gone before. */
export function written(file: string, size: number, chunk: number): number {
  let blank = "\xff";
  while (blank.length < chunk) blank += blank;
  if (!storeView(file, size - 1, 1)) size = 0;
  // Of the last piece only a part may be there.
  for (let step = chunk; step && size;) {
    const n = Math.min(step, size);
    if (storeView(file, size - n, n) === blank.substr(0, n)) size -= n;
    else step >>= 1;
  }
  return size;
}

/** Erases what an update leaves behind, the head last: it names the rest. Of a slot only what is on its way in, and not when that `stays`. */
export function clear(o: Options, stays: unknown): void {
  try {
    const slot = slots(o)._slot;
    JSON.parse(read()).files.map(function (f: Entry) {
      storeErase("o." + f.name);
      if (!stays) storeErase(slot + f.name);
    });
  } catch (e) {
    // Not whole: nothing was begun under it.
  }
  storeErase(HEAD);
}
