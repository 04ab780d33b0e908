import { textToBytes } from "#host";
import { chr, find } from "../../core/bytes";
import { PUBLISH } from "../../mqtt/packet";
import type { State as Mqtt } from "../../mqtt/state";
import type { State } from "./hub";

/**
 * Telemetry that waits, in a store since years perhaps, goes out under the name that the device has now: the hub hangs up on any
 * other, each time. A subscription under another name is forgotten; the next connection makes its own.
 */
export function moved(c: State, path: string): void {
  const m = c as any as Mqtt;
  const store = c.options.store;
  const name = textToBytes(path);
  for (let i = 0; i < m._queue.length; i++) {
    const e = m._queue[i];
    const b = e._bytes;
    // Behind the length of the packet, of up to four bytes; of what is no PUBLISH it is something else.
    let begin = 1;
    while (b.charCodeAt(begin++) > 127);
    const end = begin + 2 + b.charCodeAt(begin) * 256 + b.charCodeAt(begin + 1);
    const at = find(b, "/messages/events/");
    if (b.charCodeAt(0) >> 4 !== PUBLISH) {
      if (find(b, "/messages/devicebound/#") > 0 && find(b, name + "/messages/devicebound/#") < 0) {
        if (i < m._at) m._at--;
        m._queue.splice(i--, 1);
        m._size -= b.length;
        delete c._subscribing;
      }
    } else if (b.substr(begin + 2, 8) === "devices/" && at > 0 && at < end && b.substring(begin + 2, at) !== name) {
      const topic = name + b.substring(at, end);
      const rest = chr(topic.length >> 8, topic.length & 255) + topic + b.substr(end);
      let n = rest.length;
      e._bytes = b.charAt(0);
      for (; n > 127; n >>= 7) e._bytes += chr((n & 127) | 128);
      e._bytes += chr(n) + rest;
      m._size += e._bytes.length - b.length;
      const key = e._key && store!.put(e._want.substr(2) + e._bytes);
      // A store that is full: after a restart it is done again.
      if (key) {
        store!.drop(e._key!);
        e._key = key;
      }
    }
  }
}
