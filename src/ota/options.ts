import { unhex } from "../core/bytes";
import type { Emitter } from "../core/emitter";
import { error } from "../core/errors";
import { fastSha256 } from "../core/sha256";
import type { Bytes } from "../host";

/** Where a package comes from. */
export interface Source {
  /**
   * Gives `length` of the package's bytes from `offset` on, in as many pieces as it likes, from the event loop, until `take` returns false.
   * With an error instead it ends; one of code `refused` is final, after any other one it is asked again.
   */
  read(offset: number, length: number, take: (err?: Error, bytes?: Bytes) => boolean): void;
  /** Lets go of what the last `read` holds; its `take` need not be called any more. */
  stop(): void;
}

/** Takes a file that is no program: the whole of it, after it was verified. A power cut may make it begin again. */
export interface Writer {
  open(file: { name: string; size: number }, next: (err?: Error) => void): void;
  write(bytes: Bytes, next: (err?: Error) => void): void;
  close(next: (err?: Error) => void): void;
}

export interface Options {
  /** Exactly one of these three. The HSS public key, 60 bytes in hexadecimal. */
  key?: string;
  /** A secret of 16 to 64 bytes in hexadecimal that the signer shares. */
  hmacKey?: string;
  /** `"anyone may replace my program"`: nothing is verified but the digests. */
  unsigned?: string;
  /** What a manifest must say. */
  target: string;
  model: string;
  device?: string;
  /** The sequence number of the program that came with the device; 0. */
  seq?: number;
  /** Bytes of all files together; 262,144. */
  limit?: number;
  /** Bytes written at once at most, and fetched again after a restart; 1,024. */
  chunk?: number;
  /** Milliseconds without a byte until the source is asked again; 30,000. */
  timeout?: number;
  /** How often it is asked again in a row without a byte, and after how many milliseconds: 8, from 1,000 to 60,000. */
  retries?: number;
  retryPeriod?: number;
  maxRetryPeriod?: number;
  /** Keep what was fetched when the source is given up; the next update goes on from there. */
  keep?: boolean;
  /** Boots on trial, 1 to 8, and seconds in each to be confirmed: 3 and 300. */
  boots?: number;
  confirmTimeout?: number;
  writers?: { [name: string]: Writer };
}

export interface Status {
  /** Of the running program; undefined for the one that came with the device. */
  version?: string;
  seq: number;
  /** Whether it is on trial, and whether another one runs after the next restart. */
  trial: boolean;
  ready: boolean;
  /** Whether an update is under way. */
  busy: boolean;
}

export interface Ota extends Emitter {
  /** Installs the package that a source gives. `done` is called once, as `ready` or `error` is emitted. */
  update(source: Source, done?: (err?: Error, version?: string) => void): void;
  /** Ends an update that is under way, and clears away what was fetched. */
  cancel(): void;
  /** The running program is good and stays. False when that could not be written down. */
  confirm(): boolean;
  status(): Status;
  restart(): void;
}

/** Throws what is wrong with the numbers: `boots` goes up to 8, and milliseconds have 31 bits on every host. */
function numbers(o: Options): void {
  "boots confirmTimeout chunk limit timeout retryPeriod maxRetryPeriod retries seq".split(" ").map(function (name, i) {
    const n = (o as never)[name] as number;
    const most = i > 7 ? 4294967295 : i > 1 ? 2147483647 : i ? 2147483 : 8;
    if (n !== undefined && (n >>> 0 !== n || n < +(i < 7) || n > most))
      throw error("config", name + ": wanted is a whole number up to " + most);
  });
}

/** Throws what is wrong with a writer. */
function writing(o: Options): void {
  for (const name in o.writers) {
    const w = o.writers[name];
    if (!w || !w.open || !w.write || !w.close) throw error("config", "writers: " + name + " needs open, write and close");
  }
}

/** The bytes of the key or the secret, none without a signature; throws what is wrong with the options. */
export function keyOf(o: Options): Bytes {
  const key = unhex(o.key || o.hmacKey || "") || "";
  const schemes = +!!o.key + +!!o.hmacKey + +!!o.unsigned;
  const n = key.length;
  if (schemes !== 1 || (o.key ? n !== 60 : o.hmacKey ? n < 16 || n > 64 : o.unsigned !== "anyone may replace my program"))
    throw error("config", "wanted: key (60 bytes in hexadecimal), hmacKey (16 to 64) or unsigned");
  numbers(o);
  writing(o);
  if (!o.target || !o.model) throw error("config", "target and model are wanted");
  if (!fastSha256("-")) throw error("config", "this host has no SHA-256");
  return key;
}
