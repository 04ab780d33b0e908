/** Kaluma (JerryScript on the Raspberry Pi Pico W and Pico 2 W), 1.2 and 1.3. */
import type { Bytes } from "../src/host";

export { storeFree, storeMark, storeView } from "./flash";
export { connect, datagram, end, write } from "./kaluma/sockets";
export { launch, storeErase, storeRead, storeSize, storeWrite } from "./kaluma/storage";
export { bytesToText, dataToBytes, textToBytes } from "./kaluma/text";
export { after, cancel } from "./kaluma/timers";

/** Objects have no events of their own. */
export const listeners = undefined;

declare const global: { require(name: string): any };
declare function seed(start: number): void;
declare function micros(): number;
declare const board: { uid?: string };
declare const console: { log(text: string): void };

export const now = Date.now;

let seeded = false;

/**
 * Nobody seeds it: the first number is the same on every board after every start. The number of the chip and the microseconds until now
 * make it differ, and what the application seeded goes in as well.
 */
export function random(): number {
  if (!seeded) {
    let start = micros() + Math.random() * 4294967296;
    const uid = board.uid || "";
    for (let i = 0; i < uid.length; i++) start = (start * 31 + uid.charCodeAt(i)) % 4294967296;
    seed(start % 4294967296);
    seeded = true;
  }
  return Math.random();
}

/** There is none. */
export function hash(_algorithm: "sha256" | "sha1" | "md5", _bytes: Bytes): Bytes | undefined {
  return undefined;
}

export function unpack(_bytes: Bytes): Bytes | undefined {
  return undefined;
}

export function log(text: string): void {
  console.log(text);
}

/**
 * There is no call for it; a watchdog that nobody feeds starts the board anew. The bundler of Kaluma's command line does not know this
 * module: a plain `require` would be an error in its bundle.
 */
export function restart(): void {
  new (global.require("wdt").WDT)(1);
}

// Its `btoa` puts the whole text on a C stack of 2 KB and makes undefined of none; its `atob` gives an array whose memory is never freed.
export const btoa = undefined;
export const atob = undefined;

export const hashes = false;

export const unicode = true;
