import type { Bytes } from "../host";
import { storeFree, storeView, unpack } from "#host";
import { long, verifyLms } from "../auth/lms";
import { time } from "../core/clock";
import { error, type ErrorCode } from "../core/errors";
import { hmac } from "../core/hmac";
import { fastSha256 as sha256 } from "../core/sha256";
import type { Options } from "./options";

/** A file of an update; `packed` is the form in which it is sent, `to` the writer that takes it. */
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

/** Where the head of a package is kept while it is installed. */
export const HEAD = "ota.new";

/** How many bytes of a package are looked at before anything is stored: less than any package has. What tells most of them apart is in there. */
export const FIRST = 160;

/** The length of the head that begins with these bytes; throws when it is none. m and s as they stand there. */
export function headSize(bytes: Bytes): number {
  const n = long(bytes, 4);
  const m = n >>> 16;
  const s = n & 65535;
  if (bytes.substr(0, 4) !== "OTA1" || m < FIRST - 8 || m > 8192 || s > 16384) throw error("verify", "this is no update package");
  return 8 + m + s;
}

/** The manifest of the stored head, as it came. */
export function read(): Bytes {
  return "" + storeView(HEAD, 8, long(storeView(HEAD, 4, 4)!, 0) >>> 16);
}

/** Whether `code` is the HMAC of a message. All of its bytes are compared: the time it takes tells nothing. */
function authentic(key: Bytes, message: Bytes, code: Bytes): boolean {
  const right = hmac(sha256, key, message);
  let wrong = code.length ^ right.length;
  for (let i = 0; i < right.length; i++) wrong |= right.charCodeAt(i) ^ code.charCodeAt(i);
  return !wrong;
}

/**
 * The manifest of the stored head when its signature is right. The scheme comes from the options, never from the head; the bytes are parsed
 * after they were verified, and are not held meanwhile: this is when memory is needed for the signature.
 */
export function open(o: Options, key: Bytes): Manifest | undefined {
  const size = storeView(HEAD)!.length;
  // The verifier writes down what it has no memory for; that is less than the signature.
  if (storeFree(size) < size) throw error("storage", "no room to verify");
  const label = "thincloud-ota-1\0";
  const signature = storeView(HEAD, 8 + read().length) || "";
  return (
    o.key
      ? verifyLms(key, label + read(), signature, "ota.tmp")
      : o.hmacKey
        ? authentic(key, label + read(), signature)
        : // Without a key, as `create` found, a device wants no signature.
          !key && !signature
  )
    ? JSON.parse(read())
    : undefined;
}

/**
 * Throws what forbids installing: malformed, for another device, not newer than `floor`, expired, too much. Gives the bytes that storing it takes.
 * Of one without files only what is in front of them is looked at.
 */
export function check(m: Manifest, o: Options, floor: number): number {
  let code: ErrorCode = "verify";
  let sum = 0;
  let main;
  let strange;
  const seen: { [name: string]: number } = {};
  const now = time();
  const writers = o.writers || {};
  const malformed = "the manifest is malformed";

  function must(right: unknown, message: string) {
    if (!right) throw error(code, message);
  }

  /** Counts what a file takes; whether that and its digest are in their form. */
  function counted(f: { size: number; sha256: string }) {
    sum += f.size + 40;
    return f.size && f.size >>> 0 === f.size && f.sha256.length === 64;
  }

  must(m.v === 1 && m.seq && m.seq >>> 0 === m.seq && m.version === "" + m.version, malformed);
  code = "refused";
  must(
    m.target === o.target && m.model === o.model && (m.device === undefined || m.device === o.device),
    "the update is for " + [m.target, m.model, m.device].join(" "),
  );
  must(m.seq > floor, "update " + m.seq + " is not newer than " + floor);
  if (m.expires !== undefined) {
    must(m.expires * 1000 > now, "the update has expired");
    code = "clock";
    must(now, "the update expires, and the clock is not set");
  }
  if (!m.files) return 0;
  code = "verify";
  must(m.files.length < 33, malformed);
  m.files.map(function (f) {
    const name = f.name;
    // Objects have members of themselves, but none with a space.
    must(
      name === "" + name && /^[\w-][\w.-]*$/.test(name) && name.length < 27 && !seen[" " + name],
      "the file name " + name + " will not do",
    );
    must(counted(f) && (!f.packed || counted(f.packed)), "size or sha256 of " + name + " will not do");
    seen[" " + name] = 1;
    if (name === m.main && !f.to) main = name;
    if (f.to ? f.packed || !writers[f.to] : f.packed && unpack("") === undefined) strange = name;
  });
  must(main, "the manifest names no main file");
  code = "refused";
  must(!strange, "nothing here takes " + strange);
  code = "limit";
  must(sum <= (o.limit || 262144), "the update takes " + sum + " bytes");
  return sum;
}
