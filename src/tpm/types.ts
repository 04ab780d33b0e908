import type { Failure } from "../core/errors";
import type { Bytes } from "../host";
import type { Assignment, EnrolOptions } from "./enrol";
import type { Values } from "./marshal";
import type { Transport } from "./tcp";
import type { Exchange } from "./tis";

/** Of `create`. One of `port`, `exchange` and `transport` is needed; `transport` counts before `exchange`, and that before `port`. */
export interface Options extends EnrolOptions {
  /** Of a software TPM (swtpm) that takes frames over TCP; 127.0.0.1. */
  host?: string;
  /** Its port. */
  port?: number;
  /** Or a chip on SPI. */
  exchange?: Exchange;
  /** Or any other way to a TPM. */
  transport?: Transport;
  /** Milliseconds for one command; 120,000: to make a key takes a chip up to a minute. */
  timeout?: number;
  /** The factory's keys have 256 zero bytes in their templates; false. Counts only where no key is persistent. */
  zeros?: boolean;
  /** Calls at once, the one under way included; 16. */
  queueLimit?: number;
}

/** Called once, later, with an error or the result. */
export type Done<T> = (err?: Failure, result?: T) => void;

/** The public areas of a chip, TPM2B_PUBLIC in base64. */
export interface Keys {
  endorsementKey: string;
  storageRootKey: string;
}

/**
 * The calls of one chip, which wait for each other. Each throws `config` for its arguments: correct the program. All else goes to `done`,
 * which is called once, later. Where the chip refused, `err.rc` is its response code (TPM 2.0 Part 2, 6.6). Of every call:
 *
 * `limit`, `queueLimit` calls wait: call again when one is done. `timeout`: no chip, no answer, or busy for ten seconds: check wiring, reset
 * and power. `network`: the software TPM was not reached: call again later. `protocol`: what came is no reply: check the bus's clock rate.
 * `auth`: locked out (`rc` 0x921): wait for its recovery time; or it has a password: clear it. `refused`: any other `rc`.
 */
export interface Tpm {
  /**
   * Signs with the key that `register` or `install` left in the chip: HMAC-SHA256 (TPM2_HMAC), then Shutdown, so that a power cut afterwards
   * does not count as a wrong password (Part 1, 19.8). It needs no `this`: hand it over as the option `sign` of `sas` and `iotcentral`.
   *
   * `refused` with `rc` 0x18b: there is no key: `register`. Throws `limit` for a text that is too long.
   *
   *     sas.token({ host: "myhub.azure-devices.net", deviceId: "meter-1", sign: chip.sign }, function (err, token) { … });
   *
   * @param bytes what is signed, up to 1,024 bytes
   * @param done gets 32 bytes
   */
  sign(bytes: Bytes, done: Done<Bytes>): void;
  /**
   * Gives random numbers of the chip (TPM2_GetRandom).
   *
   * @param n how many bytes, 1 to 32
   * @param done gets them; a chip may give fewer
   */
  random(n: number, done: Done<Bytes>): void;
  /**
   * Gives the public keys by which a service knows the chip, at 0x81010001 and 0x81000001. What is there is used; else it is made, up to a minute
   * each, and kept for good (TPM2_CreatePrimary, TPM2_EvictControl).
   *
   * @param done gets them in base64: the endorsement key is for the enrolment at the service
   */
  keys(done: Done<Keys>): void;
  /**
   * Opens an activation blob inside the chip (TPM2_ActivateCredential, TPM2_Import) and keeps its key at 0x81000100, in the place of the one
   * before; with `text` it signs that, and keeps nothing. For blobs that come another way than by `register`.
   *
   * `verify`: the blob is for another chip, or damaged: enrol this chip's endorsement key. `protocol`: it is no blob.
   *
   * @param blob credential, its secret, the wrapped key, its seed, the public part: TPM2B structures one behind the other
   * @param done gets nothing, or 32 bytes with `text`
   * @param text bytes, up to 1,024; none
   */
  install(blob: Bytes, done: Done<Bytes>, text?: Bytes): void;
  /**
   * Registers with Azure's provisioning service: `keys`, the challenge answered, the assignment awaited, and the key for the hub installed.
   * It asks again by itself after 429, 5xx and a link that broke, `registrationTimeout` altogether; it cannot be stopped. One at a time.
   *
   * `auth` (401): compare the endorsement key in the enrolment, and the id. `refused`: read status and message. `timeout`, `network`: approve
   * the device, check the network, call again. `verify`: as `install`. `clock`: the service told no time: set the clock. `limit`: one is
   * under way: wait for it.
   *
   *     chip.register("0ne00000000", "meter-1", function (err, place) { console.log(err || place.assignedHub); });
   *
   * @param scopeId the ID scope: letters and digits
   * @param registrationId 1 to 128 letters, digits and `-._:`
   * @param done gets what the service says of the device; who keeps `assignedHub` and `deviceId` need not call `register` at each start
   */
  register(scopeId: string, registrationId: string, done: Done<Assignment>): void;
  /**
   * Runs any commands (TPM 2.0 Part 3), in rows whose form docs/tpm.md describes; no other call comes between them. After one that fails only
   * what the chip holds is flushed.
   *
   *     chip.run("17b0010>n1", function (err, v) { console.log(err || v.n.length); }); // 18: a TPM2B has its size in front
   *
   * @param rows parted by commas
   * @param done gets `values` with what the answers added; the letters are from g on
   * @param values what the rows take, by letter; it is changed; none
   */
  run(rows: string, done: Done<Values>, values?: Values): void;
}
