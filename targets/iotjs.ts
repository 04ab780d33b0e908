/** IoT.js (JerryScript, ES5.1 library only). */
import type { Bytes, Timer } from "../src/host";
import { fromBuffer, toBuffer } from "./iotjs/buffer";

export { storeFree, storeMark, storeView } from "./flash";
export { connect, datagram, end, write } from "./iotjs/sockets";
export { launch, storeErase, storeRead, storeSize, storeWrite } from "./iotjs/storage";
export { bytesToText, dataToBytes, textToBytes } from "./iotjs/text";

/** Objects have no events of their own. */
export const listeners = undefined;

declare function require(name: string): any;
declare function setTimeout(fn: (...args: any[]) => void, ms: number, ...args: unknown[]): Timer;
declare function clearTimeout(id: Timer): void;
declare const process: { exit(code: number): void };
declare const console: { log(text: string): void };

export const now = Date.now;

export const after = setTimeout;
export const cancel = clearTimeout as (timer: Timer) => void;

export const random = Math.random;

export function hash(algorithm: "sha256" | "sha1" | "md5", bytes: Bytes): Bytes | undefined {
  let crypto;
  try {
    // No digest without an update, and an update with nothing is none.
    crypto = algorithm !== "md5" && bytes && typeof bytes === "string" && require("crypto");
  } catch {
    // A build without: the module is an option of IoT.js.
  }
  if (!crypto) return undefined;
  // One `update` with one buffer: it cannot be chained, and a second one throws.
  const h = crypto.createHash(algorithm);
  h.update(toBuffer(bytes));
  return fromBuffer(h.digest());
}

export function unpack(_bytes: Bytes): Bytes | undefined {
  return undefined;
}

export function log(text: string): void {
  console.log(text);
}

export function restart(): void {
  process.exit(0);
}

// Its decoder adds zero bytes, and core/base64 is as fast as the way from Buffer to a byte string.
export const btoa = undefined;
export const atob = undefined;

export const hashes = false;

export const unicode = true;
