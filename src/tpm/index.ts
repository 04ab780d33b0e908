import { after, cancel } from "#host";
import { encode } from "../core/base64";
import { error } from "../core/errors";
import type { Bytes, Timer } from "../host";
import { install, keys, sign, START } from "./commands";
import { enrol, type Assignment, type EnrolOptions } from "./enrol";
import { failure, frame, INPUT, sized, uint, type Values } from "./marshal";
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
  close(): void;
}

interface Job {
  _rows: string[];
  _values: Values;
  _done: Done<Values>;
  _err?: Error;
}

/** A TPM 2.0. It is spoken to at the first call; calls wait for each other. */
export function create(o: Options): Tpm {
  const jobs: Job[] = [];
  const transport = o.transport || (o.exchange ? tis(o.exchange) : tcp(o.host || "127.0.0.1", o.port!));
  let fresh = true;
  /** A command is under way, or it pauses before it goes out again. */
  let waiting = false;
  let timer: Timer;
  let command: Bytes;
  let tries = 0;

  function heard(err?: any, reply?: Bytes): void {
    if (!waiting) return;
    waiting = false;
    if (timer) cancel(timer);
    timer = 0;
    const job = jobs[0];
    const row = job._rows[0];
    const way = row.split(">")[1] || "";
    const rc = reply ? uint(reply, 6, 4) : 0;
    if (!err && (reply!.charCodeAt(0) !== 128 || uint(reply!, 2, 4) !== reply!.length))
      err = error("protocol", "TPM: not the answer of a TPM 2.0");
    if (err) {
      // What is to be tidied up is left for the next time, too.
      job._rows = [];
      fresh = true;
    } else if (rc === 0x100 && row.charAt(2) !== "4" && tries < 3) {
      // It was switched off meanwhile.
      tries += 3;
      job._rows = START.split(",").concat(job._rows);
    } else if ((rc === 0x922 || rc === 0x908 || rc === 0x909 || rc === 0x90a) && tries < 12) {
      waiting = true;
      timer = after(send, 20 << tries++);
      return;
    } else {
      job._rows.shift();
      tries = 0;
      if (way === "?" || (rc === 0x18b && way.charAt(1) === "2") || job._err) {
        // As good as done.
      } else if (rc) err = failure(row, rc);
      else if (way) {
        const kind = +way.charAt(1);
        job._values[way.charAt(0)] =
          kind === 3 ? job._values.r.substr(INPUT) : kind ? sized(reply!, 10 + (kind & 12)) : reply!.substr(10, 4);
        if (kind === 2) job._rows.splice(0, 4);
      }
    }
    job._err = job._err || err;
    step();
  }

  /** Sends the command, also once more. */
  function send(): void {
    waiting = true;
    timer = after(function () {
      timer = 0;
      transport();
      heard(error("timeout", "TPM: no answer"));
    }, o.timeout || 120000);
    transport(command, heard);
  }

  /** Goes on with the first job. After a failure only what it holds in the chip is flushed. */
  function step(): void {
    for (;;) {
      const job = jobs[0];
      if (waiting || !job) return;
      const row = job._rows[0];
      if (!row) {
        jobs.shift();
        after(step, 0);
        return job._done(job._err, job._values);
      }
      command = job._err && row.substr(0, 3) !== "165" ? "" : frame(row, job._values);
      if (command) return send();
      job._rows.shift();
    }
  }

  /** Runs rows of commands (docs/tpm.md); nothing comes between them. */
  function run(rows: string, done: Done<Values>, values?: Values): void {
    if (jobs.length >= (o.queueLimit || 16)) return done(error("limit", "TPM: queueLimit"));
    const v = values || {};
    v.p = "\0\0\0\t@\0\0\t\0\0\0\0\0";
    jobs.push({ _rows: ((fresh ? START + "," : "") + rows).split(","), _values: v, _done: done });
    fresh = false;
    if (jobs.length < 2) after(step, 0);
  }

  const chip: Tpm = {
    run: run,
    sign: function (bytes, done) {
      run(
        sign(Math.ceil(bytes.length / INPUT)),
        function (err, v) {
          done(err, err ? undefined : v!.n.substr(2));
        },
        { r: bytes },
      );
    },
    random: function (n, done) {
      run("17b00" + (256 + n).toString(16).substr(1) + ">n1", function (err, v) {
        done(err, err ? undefined : v!.n.substr(2));
      });
    },
    keys: function (done) {
      run(keys(o.zeros), function (err, v) {
        done(err, err ? undefined : { endorsementKey: encode(v!.g), storageRootKey: encode(v!.l) });
      });
    },
    install: function (blob, done, text) {
      const v: Values = { r: text || "" };
      for (let i = 0; i < 5; i++) {
        const n = uint(blob, 0, 2) + 2;
        if (!(n > 2 && n <= blob.length)) return done(error("protocol", "TPM: activation blob"));
        v["tuvxy".charAt(i)] = blob.substr(0, n);
        blob = blob.substr(n);
      }
      run(
        install(!!text),
        function (err, w) {
          done(err, err || !text ? undefined : w!.n.substr(2));
        },
        v,
      );
    },
    register: function (scopeId, registrationId, done) {
      enrol(chip, o, scopeId, registrationId, done);
    },
    close: function () {
      fresh = true;
      transport();
      heard(error("offline", "TPM: closed"));
    },
  };
  return chip;
}
