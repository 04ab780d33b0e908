import { error } from "../../core/errors";
import type { TlsOptions } from "../../host";
import type { Said } from "./protocol";

/** docs/bigiot.md has defaults and units. */
export interface Options extends TlsOptions {
  id?: number | string;
  apiKey?: string;
  userKey?: string;
  /** MD5 of a text in hexadecimal, where the host has none: `require("md5").md5`. */
  md5?: (text: string) => string;
  host?: string;
  port?: number;
  tls?: boolean;
  udp?: boolean;
  user?: boolean;
  checkoutFirst?: boolean;
  updateInterval?: number;
  heartbeat?: number;
  reconnectPeriod?: number;
  maxReconnectPeriod?: number;
  maxLine?: number;
  queueLimit?: number;
  commands?: { [word: string]: (said: Said) => void };
}

/** A copy; throws for the first option that is unknown or of another type. */
export function checked(given: Options, id: number | string, apiKey: string): Options {
  const o: any = { commands: {}, host: "www.bigiot.net" };
  for (const name in given) o[name] = (given as any)[name];
  o.id = id;
  o.apiKey = apiKey;
  for (const name in o) {
    const known =
      " s:apiKey s:userKey f:md5 s:host n:port b:tls b:udp b:user b:checkoutFirst n:updateInterval n:heartbeat n:reconnectPeriod n:maxReconnectPeriod n:maxLine n:queueLimit o:commands s:ca s:cert s:key s:servername ";
    const at = known.indexOf(":" + name + " ");
    const type = (typeof o[name]).charAt(0);
    // Keys are not shown.
    if (
      name !== "id" &&
      (type !== known.charAt(at - 1) || (type === "n" && o[name] < (name === "updateInterval" ? 1000 : 1)) || o[name] !== o[name])
    )
      throw error("config", "option " + name + (at < 0 ? " is unknown" : " cannot be " + (type === "n" ? o[name] : "a" + typeof o[name])));
  }
  return o;
}
