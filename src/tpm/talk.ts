import { after, cancel, connect, end, write } from "#host";
import { error } from "../core/errors";
import type { Bytes, Link, Timer, TlsOptions } from "../host";

/**
 * Opens a link, writes, and collects what comes until `whole` makes something of it, or until the link ends (`over`). `done` is
 * called once, from the event loop.
 */
export function talk(
  host: string,
  port: number,
  tls: TlsOptions | undefined,
  ms: number,
  bytes: Bytes,
  whole: (input: Bytes, over: boolean) => any,
  done: (err?: Error, result?: any) => void,
): void {
  let input = "";
  let link: Link;

  function finish(err?: Error, result?: any): void {
    if (link) {
      if (timer) cancel(timer);
      end(link);
      link = undefined;
      // Espruino calls listeners of bytes within a pass over all sockets: a TLS link opened there ends the interpreter.
      after(function () {
        done(err, result);
      }, 0);
    }
  }

  const timer: Timer = after(finish, ms, error("timeout", host + ": no answer"));
  link = connect(host, port, tls, function (this: Link, what: any) {
    if (link === this && what !== link) {
      const over = typeof what !== "string";
      if (!over) input += what;
      const result = whole(input, over);
      if (result) finish(undefined, result);
      else if (over || input.length > 16384) finish(error("network", host + ": " + (what.message || "no whole answer")));
    }
  });
  write(link, bytes);
}
