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

/** A copy, without the id, which the device has; throws for the first option that is unknown or of another type. */
export function checked(given: Options, apiKey: string): Options {
  const o: any = { commands: {}, host: "www.bigiot.net" };
  for (const name in given) if (name !== "id") o[name] = (given as any)[name];
  o.apiKey = apiKey;
  const types: any = {
    string: "apiKey userKey host ca cert key servername",
    number: "port updateInterval heartbeat reconnectPeriod maxReconnectPeriod maxLine queueLimit",
    boolean: "tls udp user checkoutFirst",
    function: "md5",
    object: "commands",
  };
  for (const name in o) {
    const value = o[name];
    let type;
    for (const one in types) if (types[one].split(" ").indexOf(name) >= 0) type = one;
    // Keys are not shown.
    if (typeof value !== type || value === null) throw error("config", "option " + name + (type ? " must be a " + type : " is unknown"));
    // No timer takes more than 31 bits.
    if (type === "number" && !(value >= (name === "updateInterval" ? 1000 : 1) && value < 2147483648))
      throw error("config", "option " + name + " cannot be " + value);
  }
  return o;
}
