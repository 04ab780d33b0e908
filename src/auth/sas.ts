import { hash, textToBytes, unicode } from "#host";
import { decode, encode } from "../core/base64";
import { time } from "../core/clock";
import type { CloudError } from "../core/errors";
import { pad } from "../core/hmac";
import { percent } from "../core/percent";
import { sha256 } from "../core/sha256";
import type { Bytes } from "../host";

/** Gives the HMAC-SHA256 of some bytes, 32 bytes: as its result, or later to `done`. For keys that never leave a chip. */
export type Sign = (bytes: Bytes, done: (err?: Error, signature?: Bytes) => void) => Bytes | void;

/** What the token opens: a registration of the provisioning service, a device of a hub (a module: DEVICE/modules/MODULE), or any resource by its path. */
export interface TokenOptions {
  idScope?: string;
  registrationId?: string;
  host?: string;
  deviceId?: string;
  resource?: string;
  /** `resource` is percent-encoded already, or is to be signed as it is. */
  raw?: boolean;
  /** In base64; or `sign`. */
  key?: string;
  sign?: Sign;
  /** Seconds since 1970. Without it the clock is asked, and `lifetime` added. */
  expires?: number;
  /** Seconds; 3600. */
  lifetime?: number;
  /** `skn`. */
  policy?: string;
}

/** The last key as it was given, and its two padded forms: a device signs with one key. */
let last: string[] = [];

function sha(bytes: Bytes): Bytes {
  // What has bytes for text and no SHA-256 of its own has no TLS either, so no way to Azure: it goes without ours.
  return unicode ? sha256(bytes) : hash("sha256", bytes)!;
}

/** Apart from `token`, which would have to be read past it each time. */
function take(key: string): void {
  const bytes = decode("" + (key || ""));
  last = bytes ? [key].concat(pad(sha, bytes)) : [];
}

/**
 * A shared access signature (Azure's `SharedAccessSignature sr=…&sig=…&se=…`). It is the result, and goes to `done`; with a signer that
 * answers later, to `done` only. Throws `config` when the key is no base64 or nothing says what it is for: correct the options; `clock`
 * while the time is unknown: set the clock, or give `expires`. What the signer gives wrong goes to `done`.
 *
 *     var sas = require("sas");
 *     var hub = { host: "myhub.azure-devices.net", deviceId: "pump-7", key: key, lifetime: 3600 };
 *     var password = sas.token(hub);
 */
export function token(o: TokenOptions, done?: (err?: Error, token?: string) => void): string | undefined;
export function token(o: any, done?: (err?: Error, token?: string) => void): string | undefined {
  o = Object(o);
  const id = o._id;
  const scope = o.idScope;
  const now = time() / 1000;
  // Not an integer of 32 bits, which ends in 2038.
  const se = id || Math.floor(o.expires || (now && now + +(o.lifetime || 3600)));
  // Nothing when a part is missing.
  let sr =
    id ||
    o.resource ||
    (scope ? o.registrationId && scope + "/registrations/" + o.registrationId : o.host && o.deviceId && o.host + "/devices/" + o.deviceId);
  let out: string | undefined;

  // Not that of errors.ts: two calls of it are longer.
  function fault(says: string): Error {
    const e = Error(says) as CloudError;
    e.code = says < "d" ? "clock" : "config";
    return e;
  }

  if (last[0] !== o.key) take(o.key);
  const wrong =
    o.sign || last[0] ? (sr ? (se ? "" : "clock: set it, or give expires") : "token: resource, host or idScope") : "key: base64";
  if (wrong) throw fault(wrong);

  function signed(err?: Error, signature?: any): void {
    if (!err && (signature || 0).length !== 32) err = fault("sign: 32 bytes");
    if (!err) {
      const skn = o.policy || (scope && "registration");
      out = encode(signature);
      if (!id) {
        out = "SharedAccessSignature sr=" + sr + "&sig=" + encodeURIComponent(out) + "&se=" + se;
        if (skn) out += "&skn=" + skn;
      }
    }
    if (done) done(err, out);
  }

  sr = textToBytes("" + sr);
  if (!o.raw && !id) sr = percent(sr);
  const bytes = id ? sr : sr + "\n" + se;
  const signature = o.sign ? o.sign(bytes, signed) : sha(last[2] + sha(last[1] + bytes));
  if (signature) signed(undefined, signature);
  return out;
}

/**
 * The key of one device, in base64, from the key of its enrolment group, in base64. The letters' case in the id counts. Throws `config`
 * when the key is none. For your computer: a device that holds the group's key can be any other one.
 */
export function deviceKey(groupKey: string, registrationId: string): string {
  return token({ key: groupKey, _id: registrationId } as TokenOptions)!;
}
