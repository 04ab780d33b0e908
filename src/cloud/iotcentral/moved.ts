import { textToBytes } from "#host";
import { chr, find } from "../../core/bytes";
import { PUBLISH, SUBSCRIBE } from "../../mqtt/packet";
import type { Bytes } from "../../host";
import type { State as Mqtt } from "../../mqtt/state";
import type { State } from "./hub";

/** A message of telemetry with `name` for the name of a device or module in its topic, when that is another. */
function renamed(b: Bytes, name: Bytes): Bytes | undefined {
  // The topic stands behind the length of the packet, of up to four bytes.
  let begin = 1;
  while (b.charCodeAt(begin++) > 127);
  const end = begin + 2 + b.charCodeAt(begin) * 256 + b.charCodeAt(begin + 1);
  const at = find(b, "/messages/events/");
  if (b.substr(begin + 2, 8) !== "devices/" || at < 0 || at >= end || b.substring(begin + 2, at) === name) return;
  const topic = name + b.substring(at, end);
  const rest = chr(topic.length >> 8, topic.length & 255) + topic + b.substr(end);
  let out = b.charAt(0);
  let n = rest.length;
  for (; n > 127; n >>= 7) out += chr((n & 127) | 128);
  return out + chr(n) + rest;
}

/**
 * Telemetry that waits, in a store since years perhaps, goes out under the name that the device has now: the hub hangs up on any
 * other, each time. The store keeps the old name, and with it the order: this is done after each start. A subscription under another
 * name is forgotten; the next connection makes its own.
 */
export function moved(c: State, path: string): void {
  const m = c as any as Mqtt;
  const name = textToBytes(path);
  for (let i = 0; i < m._queue.length; i++) {
    const e = m._queue[i];
    const b = e._bytes;
    const now = b.charCodeAt(0) >> 4 === PUBLISH ? renamed(b, name) : undefined;
    if (now) {
      e._bytes = now;
      m._size += now.length - b.length;
    } else if (
      b.charCodeAt(0) >> 4 === SUBSCRIBE &&
      find(b, "/messages/devicebound/#") > 0 &&
      find(b, name + "/messages/devicebound/#") < 0
    ) {
      if (i < m._at) m._at--;
      m._queue.splice(i--, 1);
      m._size -= b.length;
      delete c._subscribing;
    }
  }
}
