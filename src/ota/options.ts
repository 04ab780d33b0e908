import { unhex } from "../core/bytes";
import type { Emitter } from "../core/emitter";
import { error } from "../core/errors";
import { fastSha256 } from "../core/sha256";
import type { Bytes } from "../host";

/** Where a package comes from. */
export interface Source {
  /**
   * Gives `length` of the package's bytes from `offset` on, in as many pieces as it likes, from the event loop, until `take` returns false.
   * With an error instead it ends; one of code `refused`, or one that `read` throws, ends the update, after any other one it is asked again.
   * One that gives nothing for the option `timeout` is asked again as well.
   */
  read(offset: number, length: number, take: (err?: Error, bytes?: Bytes) => boolean): void;
  /** Lets go of what the last `read` holds; its `take` need not be called any more. */
  stop(): void;
}

/** Takes a file that is no program: the whole of it, after it was verified. A power cut may make it begin again. */
export interface Writer {
  /**
   * Begins the file; each of these three calls `next` when it is ready for what follows. `next(err)`, an exception, and silence for the
   * option `timeout` (`timeout`) end the update.
   */
  open(file: { name: string; size: number }, next: (err?: Error) => void): void;
  /** The next piece, `chunk` bytes at most. */
  write(bytes: Bytes, next: (err?: Error) => void): void;
  /** All pieces were written. */
  close(next: (err?: Error) => void): void;
}

/** Of `create`; another name, and a number out of its bounds, is refused with `config`. */
export interface Options {
  /** Exactly one of these three. The HSS public key, 60 bytes in hexadecimal. */
  key?: string;
  /** A secret of 16 to 64 bytes in hexadecimal that the signer shares. */
  hmacKey?: string;
  /** `"anyone may replace my program"`: nothing is verified but the digests. */
  unsigned?: string;
  /** What a manifest must say; `device` only when it names one. */
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
  /** Who takes the files that a manifest sends elsewhere, by the name it uses. */
  writers?: { [name: string]: Writer };
}

/** As it is found in storage at the time of the call. */
export interface Status {
  /** Of the running program; undefined for the one that came with the device. */
  version?: string;
  /** Its sequence number: the option `seq` for the one that came with the device. */
  seq: number;
  /** Whether it is on trial. */
  trial: boolean;
  /** Whether another one runs after the next restart. */
  ready: boolean;
  /** Whether an update of this object is under way. */
  busy: boolean;
}

/**
 * What `create` gives. Its events, by `on(event, listener)`:
 *
 * - `begin(manifest)`: it is verified, meant for this device, newer, and there is room; also when it goes on after a restart;
 * - `progress(bytes, total)`: pieces were written, told from a timer; `verify(manifest)`: all is there, and is checked once more in flash;
 * - `ready(manifest)`: the next restart runs it; `error(err)`: the update ended, and what ran goes on running;
 * - `applied({version, seq})`: the program was confirmed; `reverted({version, seq})`: it was not, told once by the one before it.
 */
export interface Ota extends Emitter {
  /**
   * Installs the package that a source has, beside the program that runs, which goes on until `restart`. It throws nothing. One that was cut off
   * by a restart goes on where it was. Whatever the error, the running program is untouched, and what was fetched is erased (with `keep` not
   * after `network` and `timeout`).
   *
   * `config`: that is no source, correct the program. `conflict`: one is under way, of whatever object: wait for its end. `refused`: not newer,
   * not for this device, expired, the source has no such package, cancelled: nothing to do; or one waits for its restart or its confirmation:
   * do that first. `verify`: not signed, or damaged: find out who made it, and ask less often, as it wears flash. `clock`: set the clock, then
   * call again. `limit`: raise that option, or send less. `storage`: free room, then call again. `network`, `timeout`: call again later.
   *
   *     ota.update(require("otahttp").source("http://192.168.1.10:8080/pump.ota"), function (err, version) {
   *       if (!err) ota.restart();
   *     });
   *
   * @param source of `otahttp`, of `otamqtt`, or your own
   * @param done called once, after the event `ready` or `error`; what is refused at once is told to it alone, and an `error` event without it
   */
  update(source: Source, done?: (err?: Error, version?: string) => void): void;
  /** Ends the update of this object that is under way with `refused`, and erases what was fetched, also with `keep`; without one nothing happens. */
  cancel(): void;
  /**
   * The running program is good and stays: call it when it has done what it is for, not when it starts, or a bad release is kept. True also
   * when there is no trial. False when flash did not take the mark: call it again, else the loader restarts the device after `confirmTimeout`.
   */
  confirm(): boolean;
  /** Tells which program runs, and what is about to. */
  status(): Status;
  /** Restarts the device, into the new program when one is `ready`. Where the host cannot, the process ends, for its supervisor to start it again. */
  restart(): void;
}

/**
 * Throws for a name that is none, as a misspelt `device` would let in what is for others, and for a number out of bounds: `boots` goes
 * up to 8, and milliseconds have 31 bits on every host.
 */
function named(o: Options): void {
  const names =
    "boots confirmTimeout chunk limit timeout retryPeriod maxRetryPeriod retries seq key hmacKey unsigned target model device keep writers".split(
      " ",
    );
  for (const name in o) {
    const i = names.indexOf(name);
    const n = (o as never)[name] as number;
    const least = +(i < 7);
    const most = i > 7 ? 4294967295 : i > 1 ? 2147483647 : i ? 2147483 : 8;
    if (i < 0) throw error("config", "option " + name + " is unknown");
    if (i < 9 && n !== undefined && (n >>> 0 !== n || n < least || n > most))
      throw error("config", name + ": wanted is a whole number from " + least + " to " + most);
  }
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
  const absent = +!o.key + +!o.hmacKey + +!o.unsigned;
  const n = key.length;
  if (absent !== 2 || (o.key ? n !== 60 : o.hmacKey ? n < 16 || n > 64 : o.unsigned !== "anyone may replace my program"))
    throw error("config", "wanted: key (60 bytes in hexadecimal), hmacKey (16 to 64) or unsigned");
  named(o);
  writing(o);
  if (!o.target || !o.model) throw error("config", "target and model are wanted");
  if (!fastSha256("-")) throw error("config", "this host has no SHA-256");
  return key;
}
