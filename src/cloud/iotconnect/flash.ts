import { storeErase, storeRead, storeSize, storeWrite } from "#host";

/**
 * The text of a file, or undefined; with `text` the file is replaced, and removed when it is empty. What a cut leaves is missing, or no JSON.
 */
export function flash(name: string, text?: string): string | undefined {
  const size = storeSize(name);
  const old = size > 0 ? storeRead(name, 0, size) : undefined;
  if (text !== undefined && old !== (text || undefined)) {
    storeErase(name);
    // In pieces, for hosts with a small heap.
    for (let at = 0; at < text.length && storeWrite(name, at, text.substr(at, 512), text.length); ) at += 512;
  }
  return old;
}
