import { bytesToText, now } from "#host";
import { UNSET } from "../../core/clock";
import { parse } from "../../core/json";
import type { Bytes } from "../../host";
import { route } from "./adapter";
import { fault, object } from "./fault";
import { fill } from "./fields";

/** Puts a format into bytes and back. What `encode` gives is text or a binary object; `decode` gets bytes. */
export interface Codec {
  encode(data: any, timestamp?: Date): unknown;
  decode(bytes: Bytes, message: any): { data: unknown; timestamp?: Date };
}

/**
 * Takes a message in and calls who waits for it. With `packet` 1, for device management, which has topics of its own: the document in
 * `bytes`, or nothing when it is none. One body, and what is rare in its branches: Espruino reads past a function inside as often as it
 * comes by.
 */
export const hear: (this: any, topic: string, bytes: Bytes, packet?: any) => any = function (this: any) {
  // Parameters would be variables for ever.
  const topic: string = arguments[0];
  const bytes: Bytes = arguments[1];
  const order = arguments[2] === 1;
  const m = order ? {} : route("", topic);
  if (m) {
    try {
      const format = m.format || "json";
      const codec: Codec | undefined = !order && this.codecs[m.format];
      let doc: any = bytes;
      // Not behind a block: Espruino takes a regular expression that begins a statement there for an empty one.
      let fields = /Status$/.test(m.kind)
        ? "ClientAddr Protocol ClientID User Time Action ConnectTime Port WriteMsg ReadMsg Reason ReadBytes WriteBytes CloseCode Secure Durable"
        : "";
      m.raw = bytes;
      m.retained = arguments[2].retain;
      // Unless the clock was never set.
      if (now() > UNSET) m.timestamp = new Date();
      if (m.deviceType) m.device = m.deviceType + ":" + m.deviceId;
      // `constructor` may be a format.
      if (codec && codec.decode) {
        doc = codec.decode(bytes, m);
        m.data = m.payload = doc.data;
        if (doc.timestamp) m.timestamp = doc.timestamp;
      } else {
        if (/^json/.test(format)) doc = parse(bytes);
        else if (/^text$|^xml$|^csv$|^utf8$/.test(format)) doc = bytesToText(bytes);
        if (order) return object(doc);
        m.data = m.payload = doc;
        if (m.format && doc && doc.d !== undefined) {
          let other;
          for (const key in doc) if (key !== "d" && key !== "ts") other = key;
          if (!other) {
            m.data = doc.d;
            if (doc.ts) fields = "timestamp";
          }
        }
        if (fields) fill(m, doc, fields);
      }
    } catch (e) {
      return this.emit("error", fault(e, topic, bytes));
    }
    this.emit(m.kind, m);
    // As the code of the seed called it, or its documentation.
    const short = m.kind.replace("device", "");
    const own = this[m.kind + "Callback"] || this[short.charAt(0).toLowerCase() + short.substr(1) + "Callback"];
    if (own) this.emit(own, m.appId || m, m);
  }
};
