import { error } from "../../core/errors";
import type { Bytes } from "../../host";

/** What the `error` event tells of a message: a codec may throw anything. */
export function fault(e: any, topic: string, bytes: Bytes): Error {
  const told: any = error((e && e.code) || "protocol", (e && e.message) || "" + e);
  told.topic = topic;
  told.raw = bytes;
  return told;
}

/** The document, which must be an object. */
export function object(doc: any): any {
  if (!doc || typeof doc !== "object") throw error("protocol", "not an object");
  return doc;
}
