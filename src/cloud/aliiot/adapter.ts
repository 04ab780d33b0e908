import { hash, hashes, textToBytes } from "#host";
import { hex } from "../../core/bytes";
import { digest } from "../../core/digest";
import { error } from "../../core/errors";
import { hmac } from "../../core/hmac";
import { mixMd5 } from "../../core/md5";
import { sha1 } from "../../core/sha1";
import { sha256 } from "../../core/sha256";
import type { Bytes } from "../../host";

/** `hmacsha256`, `hmacsha1` or `hmacmd5`; the platform spells it with capitals in some places, so case does not count. */
export type SignMethod = string;

/** The names in alphabetical order, each followed by its value: what every signature of the platform is made of. In hex. */
export function sign(method: SignMethod, secret: string, fields: { [name: string]: string | number }): string {
  const names = Object.keys(fields).sort();
  const kind: any = method.toLowerCase().substr(4);
  let content = "";
  for (let i = 0; i < names.length; i++) content += names[i] + fields[names[i]];
  return hex(
    hmac(
      function (b: Bytes): Bytes {
        // MD5 is what no Espruino has; the others are what every Espruino that encrypts has, and a host without hashes gets from us.
        const sum =
          hash(kind, b) ||
          (kind === "md5"
            ? // The state as it begins: a constant would be there for ever.
              digest(b, true, [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476], mixMd5)
            : !hashes && (kind === "sha1" ? sha1(b) : sha256(b)));
        if (!sum) throw error("config", "signMethod " + method + ": not on this host");
        return sum;
      },
      textToBytes(secret),
      textToBytes(content),
    ),
  );
}

/** Who a device is, for the three ways into the platform. */
export interface Identity {
  productKey: string;
  deviceName: string;
  deviceSecret?: string;
  /** Of the product; to register with. */
  productSecret?: string;
  /** Free text before the first bar, 1 to 64 characters. */
  clientId?: string;
  /** hmacsha256. */
  signMethod?: SignMethod;
  /** Any text of digits: it is signed, and never compared with a clock. */
  timestamp?: string;
  /** 2 over TLS, 3 without; -2 in some registrations. */
  securemode?: number | string;
  /** More pairs for the client id, such as "ext=1,_ss=1". */
  extra?: string;
  /** All pairs of the client id, in place of those that are made. */
  attributes?: string;
  /** What a product without pre-registered devices got in place of a secret. */
  deviceToken?: string;
  /** register or regnwl. */
  authType?: string;
  random?: string;
  instanceId?: string;
}

/** What CONNECT has to say. */
export interface Login {
  clientId: string;
  username: string;
  password: string;
}

export function login(o: Identity): Login {
  const method = o.signMethod || "hmacsha256";
  const fields: { [name: string]: string } = { deviceName: o.deviceName, productKey: o.productKey };
  let id = o.clientId;
  let pairs;
  let secret = o.deviceSecret!;
  let password = o.deviceToken;
  if (password) pairs = "authType=connwl,securemode=-2,_ss=1,ext=3";
  else {
    pairs = "securemode=" + (o.securemode || 2) + ",signmethod=" + method;
    if (o.authType) {
      // Here the platform's own libraries have the two names the other way round.
      id = id || o.deviceName + "." + o.productKey;
      pairs = "random=" + o.random + ",authType=" + o.authType + "," + pairs;
      if (o.instanceId && o.authType === "regnwl") pairs += ",instanceId=" + o.instanceId;
      fields.random = o.random!;
      secret = o.productSecret!;
    } else {
      fields.clientId = id = id || o.productKey + "." + o.deviceName;
      if (o.timestamp) {
        fields.timestamp = o.timestamp;
        pairs += ",timestamp=" + o.timestamp;
      }
      if (o.extra) pairs += "," + o.extra;
    }
    password = sign(method, secret, fields);
  }
  return { clientId: id + "|" + (o.attributes || pairs) + "|", username: o.deviceName + "&" + o.productKey, password: password };
}
