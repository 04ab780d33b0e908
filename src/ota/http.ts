import { connect, end, write } from "#host";
import type { Bytes, Heard, Link, TlsOptions } from "../host";
import { find } from "../core/bytes";
import { error, type CloudError } from "../core/errors";
import type { Source } from "./options";

/** A package at an address: one request from the wanted byte on, written through as it comes. The server must know ranges. */
export function source(url: string, tls?: TlsOptions): Source {
  const part = url.split("/");
  const host = part[2].split(":");
  const secure = part[0] === "https:";
  let link: Link | undefined;
  let from = 0;
  let give: Parameters<Source["read"]>[2] | undefined;
  let head: Bytes | undefined;

  function stop() {
    if (link) end(link);
    link = give = undefined;
  }

  /** What follows the head that has come so far; an error where it is no good. A function, so that little is held while bytes are taken. */
  function body(): Bytes | CloudError {
    const at = find(head!, "\r\n\r\n");
    const text = head!.substr(0, at + 2).toLowerCase();
    const status = +text.substr(9, 3);
    const rest = head!.substr(at + 4);
    if (at < 0 && head!.length < 4097) return "";
    if (status > 499 || status === 429) return error("network", host[0] + " answers " + status);
    if (status !== 206 || find(text, "content-range: bytes " + from + "-") < 0 || find(text, "transfer-encoding:") > 0)
      return error("refused", host[0] + " gives no range of it");
    head = undefined;
    return rest;
  }

  const heard: Heard = function (this: Link, what: any) {
    if (link !== this || what === link) return;
    if (typeof what !== "string") what = error("network", host[0] + ": " + (what.message || "closed"));
    else if (head !== undefined) {
      // No copy of what comes in one piece.
      head = head ? head + what : what;
      what = body();
    }
    if (what && (what.code ? give!(what) || true : !give!(undefined, what)) && link === this) stop();
  };

  return {
    stop: stop,
    read: function (offset, length, take) {
      stop();
      head = "";
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
          (offset + length - 1) +
          "\r\nConnection: close\r\n\r\n",
      );
    },
  };
}

export type { Source } from "./options";
