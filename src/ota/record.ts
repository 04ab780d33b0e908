import type { Program } from "../host";
import { storeView } from "#host";

/** What a slot holds and whether it may run; docs/ota-format.md has the layout. */
export interface Record extends Program {
  /** Counter: of two records the greater one is the later. */
  ctr: number;
  /** Sequence number and version of the program. */
  seq: number;
  ver: string;
  /** How many boots on trial it gets, and how many milliseconds in each to be confirmed. */
  lim: number;
  ms: number;
  /** The stored file's name. */
  _file: string;
  /** Where the next mark of a boot goes; whether it was confirmed. */
  _next: number;
  _kept: boolean;
}

/**
 * Where the marks stand: those of the boots end at 8, so that the first of `lim` stands at 9 - lim; at 9 the one of giving up. What they mark
 * begins behind them.
 */
export const GIVEN_UP = 9;
export const CONFIRMED = 10;
export const TOLD = 11;
export const BODY = 12;

/** The later record, and the other one. */
export function records(): Record[] {
  const found: Record[] = [];
  for (let n = 2; n--;) {
    const file = "ota" + n;
    const bytes = storeView(file) || "";
    const body = bytes.substr(bytes.indexOf("{"));
    // Every change of one byte changes it, and of larger ones all but one in 2^32.
    let h = 5;
    for (let i = 0; i < body.length;) h = (h * 33) ^ body.charCodeAt(i++);
    if (bytes.substr(BODY) === h + body) {
      const record = JSON.parse(body);
      record._file = file;
      record._next = bytes.indexOf("\xff", 1);
      record._kept = bytes[CONFIRMED] !== "\xff";
      found[0] && found[0].ctr > record.ctr ? found.push(record) : found.unshift(record);
    }
  }
  return found;
}

/** A record's bytes, with no mark set but those of boots that it does not get. */
export function sealed(body: string, boots: number): string {
  let bytes = "O";
  let h = 5;
  for (let i = 1; i < BODY; i++) bytes += i < GIVEN_UP - boots ? "\0" : "\xff";
  for (let i = 0; i < body.length; i++) h = (h * 33) ^ body.charCodeAt(i);
  return bytes + h + body;
}
