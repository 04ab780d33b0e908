import { datagram, now } from "#host";
import type { TlsOptions } from "../host";
import { httpDate } from "./date";
import { error } from "./errors";
import { request } from "./http";

/** No program of ours ran before 2024: a host clock that says so was never set. */
export const UNSET = 1704067200000;

/** What to add to the host's clock. */
let offset = 0;

/** Where the time may be had, asked in this order. */
export interface ClockSources {
  /** SNTP server; none is asked when it is empty. */
  ntp?: string;
  /** 123. */
  ntpPort?: number;
  /** A host whose HTTP `Date` will do. */
  http?: string;
  /** 443 with `tls`, else 80. */
  httpPort?: number;
  tls?: TlsOptions;
}

/** Milliseconds since 1970, on Espruino with fractions, or 0 while nobody knows. */
export function time(): number {
  let t = now();
  // Twenty years: it was not set when we were told, and somebody has set it since.
  if (t < UNSET || offset < 630720000000) t += offset;
  return t > UNSET ? t : 0;
}

/** Takes a moment for the present, without touching the host's clock. */
export function setTime(ms: number): void {
  offset = ms - now();
}

/**
 * Finds the time out: the host's clock when it was set, else SNTP (RFC 4330), else the `Date` of an HTTP answer; error `clock`
 * when all fail. Within a second or two, which is what a token's expiry needs.
 */
export function findTime(from: ClockSources, done: (err?: Error, ms?: number) => void): void {
  function found(ms: number) {
    if (ms > UNSET) setTime(ms);
    if (time()) done(undefined, time());
    else done(error("clock", "the clock is not set, and neither SNTP nor HTTP told the time"));
  }
  function ask() {
    if (!from.http) found(0);
    else
      request({ host: from.http, port: from.httpPort, tls: from.tls, path: "/", method: "HEAD", timeout: 10000 }, function (err, response) {
        found(err ? 0 : httpDate(response!.headers.date || ""));
      });
  }
  if (time()) found(0);
  else if (!from.ntp) ask();
  else {
    // Version 4, client; an answer is 48 bytes of mode 4 with the transmit timestamp, in seconds since 1900, at 40. A server that
    // has no time itself says so by its first bits, or by stratum 0.
    let question = "\x23";
    while (question.length < 48) question += "\0";
    datagram(from.ntp, from.ntpPort || 123, question, 3000, function (answer) {
      const b =
        answer && answer.length > 47 && answer.charCodeAt(0) < 192 && (answer.charCodeAt(0) & 7) === 4 && answer.charCodeAt(1)
          ? answer.substr(40, 4)
          : "";
      let seconds = 0;
      for (let i = 0; i < b.length; i++) seconds = seconds * 256 + b.charCodeAt(i);
      // Era 1 begins in 2036.
      const ms = seconds && (seconds - 2208988800 + (seconds < 2147483648 ? 4294967296 : 0)) * 1000;
      if (ms > UNSET) found(ms);
      else ask();
    });
  }
}
