import type { Bytes } from "../host";
import { storeFree, storeRead, storeView, unpack } from "#host";
import { verifyLms } from "../auth/lms";
import { unhex } from "../core/bytes";
import { time } from "../core/clock";
import { error, type ErrorCode } from "../core/errors";
import { hmac } from "../core/hmac";
import { fastSha256 as sha256 } from "../core/sha256";
import { FLAG, type Options } from "./options";

export interface Entry {
  name: string;
  size: number;
  sha256: string;
  to?: string;
  packed?: { as: string; size: number; sha256: string };
}

/** docs/ota-format.md describes the members. */
export interface Manifest {
  v: number;
  version: string;
  seq: number;
  target: string;
  model: string;
  device?: string;
  expires?: number;
  main: string;
  files: Entry[];
}

/** Where the head of a package is kept while it is installed, and what the verifier needs besides. */
export const HEAD = "ota.new";
const SCRATCH = "ota.tmp";
const LABEL = "thincloud-ota-1\0";

/** The length of the head that begins with these 8 bytes, or 0 when it is none; m and s as they stand there. */
export function headSize(bytes: Bytes): number {
  const m = (bytes.charCodeAt(4) << 8) | bytes.charCodeAt(5);
  const s = (bytes.charCodeAt(6) << 8) | bytes.charCodeAt(7);
  return bytes.substr(0, 4) === "OTA1" && m > 0 && m <= 8192 && s <= 16384 ? 8 + m + s : 0;
}

function refuse(code: ErrorCode, message: string): never {
  throw error(code, message);
}

/**
 * The manifest of the stored head when its signature is right, else undefined. The scheme comes from the options, never from the head; the
 * bytes are parsed after they were verified. `trust` leaves the verifying out, for finding out what to clear away.
 */
export function open(o: Options, trust?: boolean): Manifest | undefined {
  const lengths = storeRead(HEAD, 0, 8);
  const size = headSize(lengths);
  const at = 8 + ((lengths.charCodeAt(4) << 8) | lengths.charCodeAt(5));
  if (!size) return undefined;
  // One copy of the manifest, not two: this is when memory is needed for the signature.
  const message = LABEL + storeRead(HEAD, 8, at - 8);
  const key = unhex(o.key || o.hmacKey || "")!;
  const signature = (size > at && storeView(HEAD, at, size - at)) || "";
  // The verifier writes down what it has no memory for; that is less than the signature.
  if (!trust && storeFree(size) < size) refuse("storage", "no room to verify");
  const right = trust
    ? true
    : o.key
      ? verifyLms(key, message, signature, SCRATCH)
      : o.hmacKey
        ? // Compared as codes of codes, the time it takes tells nothing.
          hmac(sha256, key, hmac(sha256, key, message)) === hmac(sha256, key, signature)
        : o.unsigned === FLAG && size === at;
  return right ? JSON.parse(message.substr(LABEL.length)) : undefined;
}

/** Throws what forbids installing: malformed, for another device, not newer than `floor`, expired, too much. Gives the bytes that storing it takes. */
export function check(m: Manifest, o: Options, floor: number): number {
  let main;
  let sum = 0;
  const seen: { [name: string]: number } = {};
  if (m.v !== 1 || !(m.seq > 0) || !Array.isArray(m.files) || m.files.length > 32) refuse("verify", "the manifest is malformed");
  if (m.target !== o.target || m.model !== o.model || (m.device !== undefined && m.device !== o.device))
    refuse("refused", "the update is for " + [m.target, m.model, m.device].join(" "));
  if (m.seq <= floor) refuse("refused", "update " + m.seq + " is not newer than " + floor);
  if (m.expires !== undefined) {
    if (!time()) refuse("clock", "the update expires, and the clock is not set");
    if (!(m.expires * 1000 > time())) refuse("refused", "the update has expired");
  }
  for (let i = 0; i < m.files.length; i++) {
    const f = m.files[i];
    const name = "" + f.name;
    if (!/^[\w-][\w.-]*$/.test(name) || name.length > 26 || seen[name] || !(f.size > 0))
      refuse("verify", "the file name " + name + " will not do");
    if (f.to && !(o.writers && o.writers[f.to])) refuse("refused", "there is no writer " + f.to);
    if (f.packed && f.to) refuse("refused", name + " is packed, and not for here");
    if (f.packed && unpack("") === undefined) refuse("refused", "this host cannot unpack " + name);
    seen[name] = 1;
    if (name === m.main && !f.to) main = name;
    sum += f.size + 40 + (f.packed ? f.packed.size + 40 : 0);
  }
  if (!main) refuse("verify", "the manifest names no main file");
  if (!(sum <= (o.limit || 262144))) refuse("limit", "the update takes " + sum + " bytes");
  return sum;
}
