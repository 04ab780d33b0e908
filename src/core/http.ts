import { after, cancel, connect, end, write } from "#host";
import type { Bytes, Heard, Link, Timer, TlsOptions } from "../host";
import { find } from "./bytes";
import { error } from "./errors";

/** Of `request`; what is in it is sent as it is. */
export interface HttpRequest {
  host: string;
  /** 443 with `tls`, else 80. */
  port?: number;
  tls?: TlsOptions;
  /** GET. */
  method?: string;
  path: string;
  headers?: { [name: string]: string };
  body?: Bytes;
  /** Milliseconds from the call to the whole answer; 30,000. */
  timeout?: number;
  /** Bytes of head and body together; 16,384. */
  limit?: number;
}

/** The last answer, whole: interim ones (1xx) are passed over. */
export interface HttpResponse {
  status: number;
  /** Names in lower case; of one that came twice the later. */
  headers: { [name: string]: string };
  body: Bytes;
}

/** The body of a chunked message (RFC 9112 §7.1), or undefined while it is not whole. */
function dechunk(b: Bytes): Bytes | undefined {
  let out = "";
  for (;;) {
    const eol = find(b, "\r\n");
    const n = parseInt(b.substr(0, eol), 16);
    if (eol < 0 || !(n >= 0) || b.length < eol + 4 + n) return undefined;
    if (!n) return out;
    out += b.substr(eol + 2, n);
    b = b.substr(eol + n + 4);
  }
}

/** The whole body, or undefined while more of it must come (RFC 9112 §6.3); `over`: no more will. */
function bodyOf(head: HttpResponse, method: string | undefined, input: Bytes, over: boolean): Bytes | undefined {
  const length = head.headers["content-length"];
  if (method === "HEAD" || head.status === 204 || head.status === 304) return "";
  if (head.headers["transfer-encoding"]) return dechunk(input);
  if (length) return +length <= input.length ? input.substr(0, +length) : undefined;
  return over ? input : undefined;
}

/**
 * Sends one HTTP/1.1 request on a connection of its own and gives the whole answer. Every status is an answer; `done` is
 * called once, from the event loop, with an error of code `network` (no connection, or it broke off), `timeout`, `limit`
 * or `protocol` (no HTTP came).
 */
export function request(o: HttpRequest, done: (err?: Error, response?: HttpResponse) => void): void {
  const limit = o.limit || 16384;
  let link: Link | undefined;
  let input = "";
  let head: HttpResponse | undefined;

  function finish(err?: Error) {
    if (link) {
      if (timer) cancel(timer);
      end(link);
      link = undefined;
      done(err, err ? undefined : head);
    }
  }

  /** Takes status and headers off the front. */
  function start(at: number) {
    // With its own end: Espruino splits nothing into no parts.
    const lines = input.substr(0, at + 2).split("\r\n");
    const status = +lines[0].split(" ")[1];
    if (lines[0].substr(0, 5) !== "HTTP/" || !(status > 99)) return finish(error("protocol", o.host + " does not answer in HTTP"));
    input = input.substr(at + 4);
    if (status > 199) head = { status: status, headers: {}, body: "" };
    for (let i = 1; head && i < lines.length - 1; i++) {
      const colon = lines[i].indexOf(":");
      head.headers[lines[i].substr(0, colon).toLowerCase()] = lines[i].substr(colon + 1).trim();
    }
  }

  /** Looks whether the answer is whole; `over`: nothing more comes. */
  function look(over: boolean) {
    const at = head ? -1 : find(input, "\r\n\r\n");
    if (at >= 0) {
      start(at);
      // That was 100 or 103, and the next may have come with it.
      if (link && !head) return look(over);
    }
    const body = head && bodyOf(head, o.method, input, over);
    if (link && body !== undefined) {
      head!.body = body;
      finish();
    }
  }

  const heard: Heard = function (this: Link, what: any) {
    if (link !== this || what === link) return;
    const over = typeof what !== "string";
    if (!over) input += what;
    look(over);
    if (over) finish(error("network", o.host + ": " + (what.message || "closed before the answer was whole")));
    else if (input.length > limit) finish(error("limit", o.host + " answers with more than " + limit + " bytes"));
  };

  const timer: Timer = after(function () {
    finish(error("timeout", o.host + " did not answer in time"));
  }, o.timeout || 30000);
  let text = (o.method || "GET") + " " + o.path + " HTTP/1.1\r\nHost: " + o.host + "\r\nConnection: close\r\n";
  for (const name in o.headers) text += name + ": " + o.headers[name] + "\r\n";
  if (o.body !== undefined) text += "Content-Length: " + o.body.length + "\r\n";
  link = connect(o.host, o.port || (o.tls ? 443 : 80), o.tls, heard);
  write(link, text + "\r\n" + (o.body || ""));
}
