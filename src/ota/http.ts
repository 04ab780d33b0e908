import { connect, end, write } from "#host";
import type { Bytes, Heard, Link, TlsOptions } from "../host";
import { find } from "../core/bytes";
import { error } from "../core/errors";
import type { Source } from "./options";

/** A package at an address: one request from the wanted byte on, written through as it comes. The server must know ranges. */
export function source(url: string, tls?: TlsOptions): Source {
  const part = url.split("/");
  const host = part[2].split(":");
  const secure = part[0] === "https:";
  let link: Link | undefined;

  function stop() {
    if (link) end(link);
    link = undefined;
  }

  return {
    stop: stop,
    read: function (offset, length, take) {
      let head: Bytes | undefined = "";
      const heard: Heard = function (this: Link, what: any) {
        if (link !== this || what === link) return;
        let failure;
        if (typeof what !== "string") failure = error("network", host[0] + ": " + (what.message || "closed"));
        else if (head !== undefined) {
          head += what;
          const at = find(head, "\r\n\r\n");
          let text = head.substr(0, at + 2).toLowerCase();
          const status = +text.substr(9, 3);
          if (at < 0) what = head.length > 4096 ? undefined : "";
          else if (status > 499 || status === 429) failure = error("network", host[0] + " answers " + status);
          else if (status === 206 && find(text, "content-range: bytes " + offset + "-") > 0 && find(text, "transfer-encoding:") < 0) {
            what = head.substr(at + 4);
            text = "";
            head = undefined;
          } else what = undefined;
          if (what === undefined) failure = error("refused", host[0] + " gives no range of it");
        }
        if (failure) {
          stop();
          take(failure);
        } else if (what && !take(undefined, what) && link === this) stop();
      };
      stop();
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
