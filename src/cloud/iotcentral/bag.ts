import { textToBytes } from "#host";
import { percent, unpercent } from "../../core/percent";
import type { Bytes } from "../../host";

/** Names and values; null is a name without a value, which is not the same as an empty one. */
export interface Properties {
  [name: string]: string | null;
}

/** What the properties of a message are on the wire, by the names that applications know. */
const SYSTEM = "messageId:mid correlationId:cid userId:uid to:to contentType:ct contentEncoding:ce expiry:exp component:sub";

/** Properties as the end of a topic: system ones first, in the order that Azure's own device library has. */
export function bag(properties: Properties): string {
  const system = SYSTEM.split(" ");
  const known: string[] = [];
  let first = "";
  let then = "";
  for (let i = 0; i < system.length; i++) {
    const pair = system[i].split(":");
    const value = properties[pair[0]];
    known.push(pair[0]);
    if (value !== undefined && value !== null) first += "&%24." + pair[1] + "=" + percent(textToBytes("" + value));
  }
  for (const name in properties) {
    const value = properties[name];
    if (value !== undefined && known.indexOf(name) < 0)
      then += "&" + percent(textToBytes(name)) + (value === null ? "" : "=" + percent(textToBytes("" + value)));
  }
  return (first + then).substr(1);
}

/** The properties at the end of a topic, in bytes, with the names they have on the wire. */
export function unbag(text: Bytes): Properties {
  const out: Properties = {};
  const pairs = text.substr(text.charAt(0) === "?" ? 1 : 0).split("&");
  for (let i = 0; i < pairs.length; i++) {
    const at = pairs[i].indexOf("=");
    if (pairs[i]) out[unpercent(at < 0 ? pairs[i] : pairs[i].substr(0, at))] = at < 0 ? null : unpercent(pairs[i].substr(at + 1));
  }
  return out;
}
