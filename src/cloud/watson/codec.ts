import { bytesToText } from "#host";
import { error } from "../../core/errors";
import { parse } from "../../core/json";
import type { Bytes } from "../../host";

/** Puts a format into bytes and back. What `encode` gives is text or a binary object; `decode` gets bytes. */
export interface Codec {
  encode(data: any, timestamp?: Date): unknown;
  decode(bytes: Bytes, message: any): { data: unknown; timestamp?: Date };
}

/** Fills a message in with what its bytes say. Throws for what they cannot say. */
export function decode(codec: Codec | "" | undefined, m: any, bytes: Bytes, time?: Date): void {
  const format = m.format || "json";
  let doc: any = bytes;

  /** A moment as the platform writes it, or the seed: without a zone it is UTC. Throws when it is none. */
  function moment(text: string): Date {
    const t = "" + text;
    const head = t.substr(0, 10) + "T" + t.substr(11, 8);
    const fraction = t.substr(19).replace(/[Z+-].*/, "");
    const zone = t.substr(19 + fraction.length).replace(":", "");
    const ms = new Date(head + "Z").getTime();
    // The hosts take the 31st of February for the 3rd of March.
    if (!ms || new Date(ms).toISOString().substr(0, 19) !== head || !/^$|^\.\d+$/.test(fraction) || !/^$|^Z$|^[+-]\d\d\d\d$/.test(zone))
      throw error("protocol", "not a time: " + t.substr(0, 40));
    return new Date(
      ms +
        +(fraction.substr(1) + "000").substr(0, 3) -
        (+zone.substr(1, 2) * 60 + +zone.substr(3)) * (zone.charAt(0) === "-" ? -60000 : 60000),
    );
  }

  m.raw = bytes;
  m.timestamp = time;
  if (m.deviceType) m.device = m.deviceType + ":" + m.deviceId;
  if (codec) {
    doc = codec.decode(bytes, m);
    m.data = doc.data;
    m.timestamp = doc.timestamp || m.timestamp;
  } else {
    if (/^json/.test(format)) doc = parse(bytes);
    else if (/^text$|^xml$|^csv$|^utf8$/.test(format)) doc = bytesToText(bytes);
    m.data = m.payload = doc;
    if (m.format && doc && doc.d !== undefined) {
      let other;
      for (const key in doc) if (key !== "d" && key !== "ts") other = key;
      if (!other) {
        m.data = doc.d;
        if (doc.ts) m.timestamp = moment(doc.ts);
      }
    }
    if (/Status$/.test(m.kind)) {
      const names =
        "ClientAddr Protocol ClientID User Time Action ConnectTime Port WriteMsg ReadMsg Reason ReadBytes WriteBytes CloseCode Secure Durable".split(
          " ",
        );
      for (let i = 0; i < names.length; i++) {
        const name = names[i];
        const value = (doc || {})[name];
        // As the seed calls them; what is not said is null.
        m[name.charAt(0).toLowerCase() + name.substr(1).replace("D", "d")] =
          value === undefined || value === null ? null : /ime$/.test(name) ? moment(value) : value;
      }
    }
  }
}
