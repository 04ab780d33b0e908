import { after } from "#host";
import { encode } from "../core/base64";
import { u16 } from "../core/bytes";
import { error, type Failure } from "../core/errors";
import type { Bytes } from "../host";
import { install, keys, sign, start, unique } from "./commands";
import { enrol, type Assignment, type EnrolOptions } from "./enrol";
import { frame, word, type Values } from "./marshal";
import { tcp, type Transport } from "./tcp";
import { tis, type Exchange } from "./tis";

export type { Assignment, EnrolOptions, Exchange, Transport, Values };

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

/**
 * Whether the next call has to flush, `already` or for the row that failed: what stays would take its place for ever. That it is not
 * there is told in format one.
 */
function unflushed(already: boolean, row: string, way: string, rc: number): boolean {
  return already || (row.substr(0, 3) === "165" && (way !== "?" || !(rc & 128)));
}

/** Throws at once what would be an exception later, where nobody can catch it. */
function heeded(done: unknown): void {
  if (typeof done !== "function") throw error("config", "done: a function");
}

/**
 * A TPM 2.0. It is spoken to at the first call; calls wait for each other, 16 at most. Throws `config` when no way to a chip is given;
 * each call throws it for its arguments, and tells all else to `done(err, result)`, once and later: docs/tpm.md has the codes.
 *
 *     var chip = require("tpm").create({ exchange: spi });
 *     chip.register("0ne00000000", "meter-1", function (err, place) { console.log(err || place.assignedHub); });
 *     sas.token({ host: "myhub.azure-devices.net", deviceId: "meter-1", sign: chip.sign }, connect);
 */
export function create(o: Options): Tpm {
  if (!o || !(o.port! > 0 || typeof (o.exchange || o.transport) === "function"))
    throw error("config", "option port, exchange or transport: a number, or a function");
  const timeout = o.timeout || 120000;
  const transport = o.transport || (o.exchange ? tis(o.exchange, timeout) : tcp(o.host || "127.0.0.1", o.port!, timeout));
  /** What each call that waits does when its turn comes. */
  const queue: (() => void)[] = [];
  const first = start();
  let fresh = true;
  let enrolling = false;

  /** Runs rows of commands (docs/tpm.md); nothing comes between them. `done` gets all values, or of `n` the bytes. */
  function run(list: string, done: Done<any>, values?: Values | false, n?: boolean): void {
    heeded(done);
    const v = values || {};
    // Made when its turn comes: what came before may have left something to flush.
    let rows: any;
    let failed: any;
    let tries = 0;
    let started = false;
    let turn = 0;

    function heard(err?: any, reply?: Bytes): void {
      const row = rows[0].split(">");
      const way = row[1] || "";
      const kind = +way.charAt(1);
      const rc = err ? 0 : word(reply!, 8);
      // In format one (TPM 2.0 Part 2, 6.6) the lower six bits say what is wrong, those above with which parameter.
      const what = rc & 128 ? rc & 63 : rc;
      const again = what === 0x922 || (what > 0x907 && what < 0x90b);
      if (again && tries < 9) {
        after(step, 20 << tries++);
        return;
      }
      tries = 0;
      if (err) {
        // What is to be tidied up is left for the next time, too.
        rows = [];
        fresh = true;
      } else if (rc === 0x100 && !started && way !== "?") {
        // It was switched off meanwhile.
        started = true;
        rows = (first + rows).split(",");
      } else {
        if (rc) {
          fresh = unflushed(fresh, row[0], way, rc);
          if (way !== "?" && (rc !== 0x18b || kind !== 2)) {
            err = error(
              what === 0x921 || what === 14 || what === 34 ? "auth" : what === 31 ? "verify" : again ? "timeout" : "refused",
              "TPM: 0x" + rc.toString(16) + " to 1" + row[0].substr(1, 2),
            );
            err.rc = rc;
          }
        } else if (way > "?") {
          const at = 10 + (kind & 12);
          v[way.charAt(0)] = reply!.substr(at, kind ? 2 + word(reply!, at) : 4);
          if (kind === 2) rows.splice(0, 4);
        }
        rows.shift();
      }
      failed = failed || err;
      step();
    }

    /** What answers twice, or too late, is heard once. */
    function ask(command: Bytes): void {
      const mine = ++turn;
      const answer = function (err?: any, reply?: Bytes) {
        if (mine === turn) {
          turn++;
          if (!err && !(typeof reply === "string" && word(reply, 4) > 9 && reply.length >= word(reply, 4)))
            err = error("protocol", "TPM: what came is no reply");
          heard(err, reply);
        }
      };
      try {
        transport(command, answer);
      } catch (e) {
        after(answer, 0, e);
      }
    }

    /** After a failure only what is held in the chip is flushed. */
    function step(): void {
      if (!rows) {
        rows = ((fresh ? first : "") + list).split(",");
        fresh = false;
      }
      for (; rows[0]; rows.shift()) {
        const command = (!failed || rows[0].substr(0, 3) === "165") && frame(rows[0].split(">")[0], v);
        if (command) return ask(command);
      }
      queue.shift();
      if (queue[0]) after(queue[0], 0);
      done(failed, failed ? undefined : n ? v.n && v.n.substr(2) : v);
    }

    if (queue.length >= (o.queueLimit || 16)) {
      after(done, 0, error("limit", "TPM: queueLimit"));
      return;
    }
    if (queue.push(step) < 2) after(step, 0);
  }

  const chip: Tpm = {
    run: run,
    sign: function (text, done) {
      if (typeof text !== "string") throw error("config", "sign: bytes, as a string");
      if (text.length > 1024) throw error("limit", "TPM: 1024 bytes");
      run(sign(), done, { r: u16(text.length) + text }, true);
    },
    random: function (n, done) {
      if (n !== (n | 0) || n < 1 || n > 32) throw error("config", "random: 1 to 32 bytes");
      run("17b00" + (256 + n).toString(16).substr(1) + ">n1", done, false, true);
    },
    keys: function (done) {
      heeded(done);
      run(
        keys(),
        function (err, v) {
          done(err, v && { endorsementKey: encode(v.g), storageRootKey: encode(v.l) });
        },
        unique(o.zeros),
      );
    },
    install: function (blob, done, text) {
      heeded(done);
      if (typeof blob !== "string") throw error("config", "install: bytes, as a string");
      const v: Values = { r: text ? u16(text.length) + text : "" };
      for (let i = 0; i < 5; i++) {
        const n = word(blob, 0) + 2;
        if (!(n > 2 && n <= blob.length)) {
          after(done, 0, error("protocol", "TPM: activation blob"));
          return;
        }
        v["tuvxy".charAt(i)] = blob.substr(0, n);
        blob = blob.substr(n);
      }
      run(install(!!text), done, v, true);
    },
    register: function (scopeId, registrationId, done) {
      if (
        typeof scopeId + typeof registrationId !== "stringstring" ||
        !/^[\w.:-]+$/.test(registrationId) ||
        registrationId.length > 128 ||
        !/^\w+$/.test(scopeId)
      )
        throw error("config", "scopeId, registrationId: 1 to 128 letters, digits, -._:");
      heeded(done);
      // The service takes the answer to its last challenge only.
      if (enrolling) {
        after(done, 0, error("limit", "TPM: one register at a time"));
        return;
      }
      enrolling = true;
      enrol(chip, o, scopeId, registrationId, function (err, assignment) {
        enrolling = false;
        done(err, assignment);
      });
    },
  };
  return chip;
}
