import { after } from "#host";
import { encode } from "../core/base64";
import { error } from "../core/errors";
import type { Bytes } from "../host";
import { install, keys, sign, START } from "./commands";
import { enrol, type Assignment, type EnrolOptions } from "./enrol";
import { frame, INPUT, word, type Values } from "./marshal";
import { tcp, type Transport } from "./tcp";
import { tis, type Exchange } from "./tis";

export interface Options extends EnrolOptions {
  /** swtpm. */
  host?: string;
  port?: number;
  /** Or a chip on SPI. */
  exchange?: Exchange;
  /** Or any other way to a TPM. */
  transport?: Transport;
  /** Milliseconds for one command; 120,000: to make a key takes a chip up to a minute. */
  timeout?: number;
  /** The factory's keys have 256 zero bytes in their templates. */
  zeros?: boolean;
  /** Calls that may wait; 16. */
  queueLimit?: number;
}

export type Done<T> = (err?: Error, result?: T) => void;

/** The public areas of a chip, TPM2B_PUBLIC in base64. */
export interface Keys {
  endorsementKey: string;
  storageRootKey: string;
}

export interface Tpm {
  sign(bytes: Bytes, done: Done<Bytes>): void;
  random(n: number, done: Done<Bytes>): void;
  keys(done: Done<Keys>): void;
  install(blob: Bytes, done: Done<Bytes>, text?: Bytes): void;
  register(scopeId: string, registrationId: string, done: Done<Assignment>): void;
  run(rows: string, done: Done<Values>, values?: Values): void;
}

interface Job {
  _rows: string[];
  _values: Values;
  _done: (err?: Error) => void;
  _err?: Error;
}

/** A TPM 2.0. It is spoken to at the first call; calls wait for each other. */
export function create(o: Options): Tpm {
  const queue: Job[] = [];
  const timeout = o.timeout || 120000;
  const transport = o.transport || (o.exchange ? tis(o.exchange, timeout) : tcp(o.host || "127.0.0.1", o.port!, timeout));
  let fresh = true;
  /** A command is under way, or it pauses before it goes out again. */
  let busy = false;
  let command: Bytes;
  let tries = 0;

  function send(): void {
    transport(command, heard);
  }

  function heard(err?: any, reply?: Bytes): void {
    const job = queue[0];
    const row = job._rows[0];
    const way = row.split(">")[1] || "";
    const kind = +way.charAt(1);
    const rc = err ? 0 : word(reply!, 8);
    // In format one (TPM 2.0 Part 2, 6.6) the lower six bits say what is wrong, those above with which parameter.
    const what = rc & 128 ? rc & 63 : rc;
    const again = rc === 0x922 || (rc > 0x907 && rc < 0x90b);
    if (again && tries < 9) {
      after(send, 20 << tries++);
      return;
    }
    busy = false;
    if (err) {
      // What is to be tidied up is left for the next time, too.
      job._rows = [];
      fresh = true;
    } else if (rc === 0x100 && tries < 3 && way !== "?") {
      // It was switched off meanwhile.
      tries += 3;
      job._rows = START.split(",").concat(job._rows);
    } else {
      job._rows.shift();
      if (way !== "?") tries = 0;
      if (way !== "?" && !job._err && !(rc === 0x18b && kind === 2)) {
        if (rc) {
          err = error(
            what === 0x921 || what === 14 || what === 34 ? "auth" : what === 31 ? "verify" : again ? "timeout" : "refused",
            "TPM: 0x" + rc.toString(16) + " to 1" + row.substr(1, 2),
          );
          err.rc = rc;
        } else if (way) {
          const at = 10 + (kind & 12);
          job._values[way.charAt(0)] = kind === 3 ? job._values.r.substr(INPUT) : reply!.substr(at, kind ? 2 + word(reply!, at) : 4);
          if (kind === 2) job._rows.splice(0, 4);
        }
      }
    }
    job._err = job._err || err;
    step();
  }

  /** Goes on with the first job. After a failure only what it holds in the chip is flushed. */
  function step(): void {
    for (let job; !busy && (job = queue[0]);) {
      const row = job._rows[0];
      if (!row) {
        queue.shift();
        after(step, 0);
        return job._done(job._err);
      }
      command = job._err && row.substr(0, 3) !== "165" ? "" : frame(row, job._values);
      if (command) {
        busy = true;
        send();
      } else job._rows.shift();
    }
  }

  /** Runs rows of commands (docs/tpm.md); nothing comes between them. */
  function run(rows: string, done: Done<any>, values?: Values, pick?: (v: Values) => unknown): void {
    const v = values || {};
    if (queue.length >= (o.queueLimit || 16)) return done(error("limit", "TPM: queueLimit"));
    v.p = "\0\0\0\t@\0\0\t\0\0\0\0\0";
    queue.push({
      _rows: ((fresh ? START + "," : "") + rows).split(","),
      _values: v,
      _done: function (err) {
        done(err, err ? undefined : pick ? pick(v) : v);
      },
    });
    fresh = false;
    after(step, 0);
  }

  function bytes(v: Values): Bytes {
    return v.n.substr(2);
  }

  const chip: Tpm = {
    run: run,
    sign: function (text, done) {
      run(sign(Math.ceil(text.length / INPUT)), done, { r: text }, bytes);
    },
    random: function (n, done) {
      run("17b00" + (256 + n).toString(16).substr(1) + ">n1", done, undefined, bytes);
    },
    keys: function (done) {
      run(keys(o.zeros), done, undefined, function (v) {
        return { endorsementKey: encode(v.g), storageRootKey: encode(v.l) };
      });
    },
    install: function (blob, done, text) {
      const v: Values = { r: text || "" };
      for (let i = 0; i < 5; i++) {
        const n = word(blob, 0) + 2;
        if (!(n > 2 && n <= blob.length)) return done(error("protocol", "TPM: activation blob"));
        v["tuvxy".charAt(i)] = blob.substr(0, n);
        blob = blob.substr(n);
      }
      run(install(!!text), done, v, bytes);
    },
    register: function (scopeId, registrationId, done) {
      enrol(chip, o, scopeId, registrationId, done);
    },
  };
  return chip;
}
