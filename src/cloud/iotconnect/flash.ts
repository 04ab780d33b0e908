import { storeErase, storeRead, storeSize, storeWrite } from "#host";

/**
 * The text of a file, or undefined: "sync", what is known about the device; "ota", the update that was installed, until the device runs it
 * and the cloud knows; "bar", that the cloud has barred the device. With `text` the file is replaced, or removed when that is empty, and the
 * result is whether that went well. What a cut leaves is missing, or no JSON.
 */
export function flash(name: string, text?: string): any {
  name = "iotc." + name;
  const size = storeSize(name);
  const old = size > 0 ? storeRead(name, 0, size) : undefined;
  if (text === undefined) return old;
  let ok = true;
  if (old !== (text || undefined)) {
    storeErase(name);
    // In pieces, for hosts with a small heap. Storage that is worn says yes and keeps something else.
    for (let at = 0; ok && at < text.length; at += 512) {
      const piece = text.substr(at, 512);
      ok = storeWrite(name, at, piece, text.length) && storeRead(name, at, 512) === piece;
    }
  }
  return ok;
}
