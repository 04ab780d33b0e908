import { connect, end, write } from "#host";
import type { Bytes, Heard, Link, TlsOptions } from "../host";
import { error, type CloudError } from "../core/errors";
import type { Source } from "./options";

/**
 * A package at an address: one request for each range of it (RFC 9110, 14.2), handed on as it comes. It follows no redirection, and wants a
 * head of 4,096 bytes at most, without `Transfer-Encoding`. Throws `config` for what is no address: correct it. To the update it tells
 * `refused` when the answer is no range of the package (206 with `Content-Range`), which ends it: use a server that knows ranges; `network`,
 * for a link that breaks, 429 and 5xx, after which the update asks again by itself.
 *
 *     var from = require("otahttp").source("http://192.168.1.10:8080/pump.ota");
 *     ota.update(from);
 *
 * @param url `http://HOST:PORT/PATH` or `https://…`; port 80 or 443. No user name, and no IPv6 address
 * @param tls `ca`, `cert`, `key` in PEM and `servername`, for `https:`; what the host trusts, where it verifies at all
 */
export function source(url: string, tls?: TlsOptions): Source {
  const part = ("" + url).split("/");
  const host = (part[2] || "").split(":");
  const secure = part[0] === "https:";
  if (!host[0] || !(secure || part[0] === "http:")) throw error("config", "url: http://HOST/ or https://HOST/ is wanted");
  let link: Link | undefined;
  let from = 0;
  let give: Parameters<Source["read"]>[2] | undefined;
  // The line of the head that is not yet whole; undefined behind the head.
  let head: Bytes | undefined;
  let length = 0;
  // What the head says: its status, and that the range is the one asked for.
  let status = 0;
  let ranged = false;
  // Where in the piece at hand the body begins.
  let body = 0;

  function stop() {
    if (link) end(link);
    link = give = undefined;
  }

  /** What is wrong with the head as far as it came. */
  function fault(): CloudError | undefined {
    return status > 499 || status === 429
      ? error("network", host[0] + " answers " + status)
      : (status > 199 && status !== 206) || length > 4096 || (head === undefined && !ranged)
        ? error("refused", host[0] + " gives no range of it")
        : undefined;
  }

  /** Reads the lines of the head in a piece, copying no more than one of them; gives what is wrong. */
  function skip(piece: Bytes): CloudError | undefined {
    for (let next; head !== undefined && (next = piece.indexOf("\n", body) + 1); body = next) {
      const line = (head + piece.substr(body, next - body)).toLowerCase().split(" ").join("");
      head = "";
      if (!status) status = +line.substr(8, 3) || 400;
      else if (line === "\r\n") {
        // Behind an interim answer comes the one that counts.
        if (status < 200) status = 0;
        else head = undefined;
      } else if (line.substr(0, 18) === "transfer-encoding:") status = 400;
      // No line ends with a beginning of this, which Espruino would take for the whole.
      else if (!line.indexOf("content-range:bytes" + from + "-")) ranged = true;
    }
    if (head !== undefined) {
      head += piece.substr(body);
      body = piece.length;
      length += body;
    }
    return fault();
  }

  const heard: Heard = function (this: Link, what: any) {
    if (link !== this || what === link) return;
    body = 0;
    const err =
      typeof what !== "string"
        ? error("network", host[0] + ": " + (what.message || "closed"))
        : head === undefined
          ? undefined
          : skip(what);
    if (err) {
      give!(err);
      stop();
    } else
      // The interpreter holds a piece as long as this runs. Of one that begins with the head no large part is copied.
      for (let step = body ? 128 : what.length; body < what.length && link === this; body += step)
        if (!give!(undefined, body ? what.substr(body, step) : what)) stop();
  };

  return {
    stop: stop,
    read: function (offset, size, take) {
      stop();
      head = "";
      length = status = 0;
      ranged = false;
      from = offset;
      give = take;
      link = connect(host[0], +host[1] || (secure ? 443 : 80), secure ? tls || {} : undefined, heard);
      write(
        link,
        "GET /" +
          part.slice(3).join("/") +
          " HTTP/1.1\r\nHost: " +
          part[2] +
          "\r\nRange: bytes=" +
          offset +
          "-" +
          (offset + size - 1) +
          "\r\nConnection: close\r\n\r\n",
      );
    },
  };
}

export type { Source } from "./options";
