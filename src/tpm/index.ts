import { after } from "#host";
import { encode } from "../core/base64";
import { u16 } from "../core/bytes";
import { error } from "../core/errors";
import type { Bytes } from "../host";
import { install, keys, sign, start, unique } from "./commands";
import { enrol } from "./enrol";
import { frame, value, word, type Values } from "./marshal";
import { tcp } from "./tcp";
import { tis } from "./tis";
import type { Done, Options, Tpm } from "./types";

export type { Assignment, EnrolOptions } from "./enrol";
export type { Values } from "./marshal";
export type { Transport } from "./tcp";
export type { Exchange } from "./tis";
export type { Done, Keys, Options, Tpm } from "./types";

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

/** Throws for a name that is none, and for what is of another type: `"false"` would be a yes, and no timer takes more than 31 bits. */
function named(o: any): void {
  for (const name in o) {
    const v = o[name];
    // After the first letter of their types.
    const known =
      " s:host n:port f:exchange f:transport n:timeout b:zeros n:queueLimit s:dpsHost n:dpsPort b:plain n:registrationTimeout s:ca s:cert s:key s:servername ";
    const type = known.charAt(known.indexOf(":" + name + " ") - 1);
    if (v !== undefined && ((typeof v).charAt(0) !== type || (type === "n" && (v & 2147483647) !== v)))
      throw error(
        "config",
        "option " + name + (type ? ": a " + (({ s: "text", b: "boolean", f: "function" } as any)[type] || "whole number") : " is unknown"),
      );
  }
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
  // Espruino has no loop over null.
  named(o || {});
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
          v[way.charAt(0)] = value(reply!, kind);
          if (!v[way.charAt(0)]) err = error("protocol", "TPM: a reply was cut short");
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
      if (typeof blob + typeof (text || "") !== "stringstring") throw error("config", "install: bytes, as a string");
      if (text && text.length > 1024) throw error("limit", "TPM: 1024 bytes");
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
