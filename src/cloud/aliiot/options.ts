import { error } from "../../core/errors";
import type { TlsOptions } from "../../host";
import { check } from "../../mqtt/options";
import type { Identity } from "./adapter";
import type { Journal } from "../../core/journal";
import { known, type Types } from "./types";

/** Keeps what a registration brought; `read` gives undefined while there is nothing. */
export interface Keep {
  read(): string | undefined;
  write(text: string): void;
}

/** docs/aliiot.md lists them with defaults and units. */
export interface Options extends TlsOptions, Omit<Identity, "authType" | "random" | "securemode"> {
  securemode?: string;
  server?: string;
  region?: string;
  host?: string;
  port?: number;
  protocol?: string;
  qos?: number;
  keepalive?: number;
  clean?: boolean;
  types?: { [identifier: string]: Types };
  replyTimeout?: number;
  rrpcTimeout?: number;
  queueLimit?: number;
  registration?: string;
  registrationHost?: string;
  registrationPort?: number;
  keep?: Keep;
  /** From the module `store`: reports are kept there until the platform has them. */
  outbox?: Journal;
  connectTimeout?: number;
  reconnectPeriod?: number;
  maxReconnectPeriod?: number;
  maxPacketSize?: number;
}

/** Letters, digits and `more`; without a regular expression, which on Espruino brings a prototype of its own. */
function plain(text: unknown, most: number, more: string): boolean {
  if (typeof text !== "string") return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (i === most || (more.indexOf(c) < 0 && isNaN(parseInt(c, 36)))) return false;
  }
  return !!text;
}

/** Whether a device may be called so. */
export function named(o: any): void {
  const bad = !plain(o.productKey, 20, "");
  if (bad || !plain(o.deviceName, 32, "-_@.:"))
    throw error(
      "config",
      bad ? "option productKey: 1 to 20 letters and digits" : "option deviceName: 1 to 32 of letters, digits and -_@.:",
    );
}

/** The options, checked, in two: what is our own, and what the client gets. */
export function normalise(given: any): [any, any] {
  const own: any = {};
  const names =
    " s:productKey s:deviceName s:deviceSecret s:productSecret s:deviceToken s:server s:region s:instanceId n:qos s:signMethod s:clientId s:timestamp s:extra s:attributes s:securemode o:types n:replyTimeout n:rrpcTimeout n:queueLimit s:registration s:registrationHost n:registrationPort o:keep o:outbox ";
  // Five connections a minute are what the platform takes.
  const rest: any = { port: 1883, protocol: "mqtts", keepalive: 300, reconnectPeriod: 12000, maxReconnectPeriod: 120000 };
  // Espruino has no loop over null.
  for (const name in given || {}) if (given[name] !== undefined) (names.indexOf(":" + name + " ") < 0 ? rest : own)[name] = given[name];
  check(own, names);
  known(own.types);
  named(own);
  const id = own.clientId;
  const wrong = !(own.deviceSecret || own.productSecret || own.deviceToken)
    ? "deviceSecret, or productSecret to register with, is needed"
    : own.qos > 1
      ? "qos: 0 or 1"
      : rest.keepalive < 30 || rest.keepalive > 1200
        ? "keepalive: 30 to 1200 s"
        : id === undefined
          ? own.deviceToken && "clientId comes with deviceToken"
          : !/^[^|]+$/.test(id) || id.length > 64
            ? "clientId: 1 to 64 characters, no bar"
            : "";
  if (wrong) throw error("config", "option " + wrong);
  // What a text may be, and what an object must have.
  const words: any = {
    signMethod: "hmacsha256 hmacsha1 hmacmd5",
    registration: "mqtt https regnwl",
    keep: "read write",
    outbox: "put get drop each",
  };
  for (const name in words) {
    const value = own[name];
    const list = words[name].split(" ");
    const lacks = function (word: string): boolean {
      return !value[word];
    };
    if (value && (typeof value === "string" ? list.indexOf(value) < 0 : list.some(lacks)))
      throw error("config", "option " + name + ": " + list.join(", "));
  }
  if (!rest.host)
    rest.host =
      own.server || !own.instanceId
        ? own.productKey + "." + (own.server || "iot-as-mqtt." + (own.region || "cn-shanghai") + ".aliyuncs.com")
        : own.instanceId + ".mqtt.iothub.aliyuncs.com";
  rest.resubscribe = false;
  // Our own counts messages: five are under way at most, and what is subscribed anew must not be refused behind them.
  rest.queueLimit = 2e6;
  rest.manualConnect = true;
  // One is wanted; the right one is made when it is needed.
  rest.clientId = "-";
  return [own, rest];
}
