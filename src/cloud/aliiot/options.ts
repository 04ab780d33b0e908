import { error } from "../../core/errors";
import type { TlsOptions } from "../../host";
import { check } from "../../mqtt/options";
import type { Identity } from "./adapter";
import type { Types } from "./alink";

/** Keeps what a registration brought; `read` gives undefined while there is nothing. */
export interface Keep {
  read(): string | undefined;
  write(text: string): void;
}

/** docs/aliiot.md lists them with defaults and units. */
export interface Options extends TlsOptions, Identity {
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
  connectTimeout?: number;
  reconnectPeriod?: number;
  maxReconnectPeriod?: number;
  maxPacketSize?: number;
}

/** Throws for the first thing a device of the platform cannot be. */
export function triple(o: any): void {
  const wrong =
    !/^[\w@.:-]+$/.test(o.deviceName || "") || o.deviceName.length > 32
      ? "deviceName"
      : /^\w+$/.test(o.productKey || "") && o.productKey.length < 21
        ? ""
        : "productKey";
  if (wrong)
    throw error("config", "option " + wrong + ": 1 to " + (wrong > "p" ? "20 letters and digits" : "32 of letters, digits and -_@.:"));
}

/** The options, checked, with what follows from them. */
export function normalise(given: Options): Options {
  check(
    given,
    " s:productKey s:deviceName s:deviceSecret s:productSecret s:deviceToken s:server s:region s:instanceId s:host n:port s:protocol n:qos s:signMethod s:clientId s:timestamp s:extra s:attributes n:keepalive b:clean o:types n:replyTimeout n:rrpcTimeout n:queueLimit s:registration s:registrationHost n:registrationPort o:keep n:connectTimeout n:reconnectPeriod n:maxReconnectPeriod n:maxPacketSize s:ca s:cert s:key s:servername ",
  );
  // Of its own it has only what is worked out: a name costs memory.
  const o = Object.create(given);
  triple(o);
  const wrong = !(o.deviceSecret || o.productSecret || o.deviceToken)
    ? "deviceSecret, or productSecret to register with, is needed"
    : o.qos > 1
      ? "qos: 0 or 1"
      : o.keepalive !== undefined && (o.keepalive < 30 || o.keepalive > 1200)
        ? "keepalive: 30 to 1200 s"
        : (o.clientId !== undefined && !/^[^|]+$/.test(o.clientId.substr(0, 65))) || (o.clientId || "").length > 64
          ? "clientId: 1 to 64 characters, no bar"
          : o.signMethod && " hmacsha256 hmacsha1 hmacmd5 ".indexOf(" " + o.signMethod + " ") < 0
            ? "signMethod: hmacsha256, hmacsha1 or hmacmd5"
            : o.protocol && o.protocol !== "mqtt" && o.protocol !== "mqtts"
              ? "protocol: mqtt or mqtts"
              : "";
  if (wrong) throw error("config", "option " + wrong);
  if (o.qos === undefined) o.qos = 1;
  o.securemode = o.protocol === "mqtt" ? 3 : 2;
  if (!o.host)
    o.host =
      o.server || !o.instanceId
        ? o.productKey + "." + (o.server || "iot-as-mqtt." + (o.region || "cn-shanghai") + ".aliyuncs.com")
        : o.instanceId + ".mqtt.iothub.aliyuncs.com";
  return o;
}
