import { hash, textToBytes, unicode } from "#host";
import { decode, encode } from "../core/base64";
import { time } from "../core/clock";
import { error } from "../core/errors";
import { hmac } from "../core/hmac";
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

/**
 * A shared access signature. It is the result, and goes to `done`; with a signer that answers later, to `done` only. What is wrong
 * with the options is thrown, and so is error `clock` while the time is unknown.
 */
export function token(o: TokenOptions, done?: (err?: Error, token?: string) => void): string | undefined;
export function token(o: any, done?: (err?: Error, token?: string) => void): string | undefined {
  const scope = o.idScope;
  const skn = o.policy || (scope && "registration");
  const ms = time();
  // Not an integer of 32 bits, which ends in 2038.
  const se = o.expires || Math.floor(ms / 1000) + (o.lifetime || 3600);
  const key = decode(o.key || "") || o.sign;
  let sr = o._id || o.resource || (scope ? scope + "/registrations/" + o.registrationId : o.host + "/devices/" + o.deviceId);
  let out: string | undefined;
  const wrong = key
    ? /undefined/.test(sr)
      ? "token: resource, host or idScope"
      : ms || o.expires || o._id
        ? ""
        : "clock: set it, or give expires"
    : "key: base64";

  function signed(err?: Error, signature?: Bytes): void {
    if (!err) {
      out = encode(signature!);
      if (!o._id) {
        out =
          "SharedAccessSignature sr=" + sr + "&sig=" + out.split("+").join("%2B").split("/").join("%2F").replace("=", "%3D") + "&se=" + se;
        if (skn) out += "&skn=" + skn;
      }
    }
    if (done) done(err, out);
  }

  if (wrong) throw error(wrong.charAt(0) === "c" ? "clock" : "config", wrong);
  if (!o.raw) {
    sr = textToBytes(sr);
    if (!o._id) sr = percent(sr);
  }
  const bytes = o._id ? sr : sr + "\n" + se;
  const signature = o.sign
    ? o.sign(bytes, signed)
    : hmac(
        function (b) {
          // What has bytes for text and no SHA-256 of its own has no TLS either, so no way to Azure: it goes without ours.
          return unicode ? sha256(b) : hash("sha256", b)!;
        },
        key,
        bytes,
      );
  if (signature) signed(undefined, signature);
  return out;
}

/** The key of one device, in base64, from the key of its enrolment group. The letters' case in the id counts. */
export function deviceKey(groupKey: string, registrationId: string): string {
  return token({ key: groupKey, _id: registrationId } as TokenOptions)!;
}
