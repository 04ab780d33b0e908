import { storeErase, storeRead, storeSize, storeWrite } from "#host";

/** The text of a file, or undefined. */
export function load(name: string): string | undefined {
  const size = storeSize(name);
  return size > 0 ? storeRead(name, 0, size) : undefined;
}

/** Replaces a file; an empty text removes it. What a cut leaves is missing, or no JSON. */
export function save(name: string, text: string): boolean {
  let ok = true;
  if (load(name) === (text || undefined)) return ok;
  storeErase(name);
  // In pieces, for hosts with a small heap.
  for (let at = 0; ok && at < text.length; at += 512) ok = storeWrite(name, at, text.substr(at, 512), text.length);
  return ok;
}
