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
  // Of each option one of its kind; the least of the numbers.
  const like: any = {
    apiKey: "",
    userKey: "",
    host: "",
    ca: "",
    cert: "",
    key: "",
    servername: "",
    port: 1,
    updateInterval: 1000,
    heartbeat: 1,
    reconnectPeriod: 1,
    maxReconnectPeriod: 1,
    maxLine: 1,
    queueLimit: 1,
    tls: true,
    udp: true,
    user: true,
    checkoutFirst: true,
    md5: error,
    commands: o,
  };
  for (const name in given) if (name !== "id") o[name] = (given as any)[name];
  o.apiKey = apiKey;
  for (const name in o) {
    const value = o[name];
    const type = typeof like[name];
    let wrong;
    // Keys are not shown.
    if (!like.hasOwnProperty(name)) wrong = " is unknown";
    else if (typeof value !== type || value === null) wrong = " must be a " + type;
    // No timer takes more than 31 bits.
    else if (type === "number" && !(value >= like[name] && value < 2147483648)) wrong = " cannot be " + value;
    if (wrong) throw error("config", "option " + name + wrong);
  }
  return o;
}
