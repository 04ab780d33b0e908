import { connect, end, write } from "#host";
import { error } from "../core/errors";
import type { Bytes, Heard, Link } from "../host";
import { uint } from "./marshal";

export type Answer = (err?: Error, reply?: Bytes) => void;

/** Carries one command to a TPM and its reply back, later. Without a command it gives up the one under way and lets go of the TPM. */
export type Transport = (command?: Bytes, done?: Answer) => void;

/** The data channel of swtpm: commands and replies as they are. The connection stays until it is let go. */
export function tcp(host: string, port: number): Transport {
  let link: Link | undefined;
  let input: Bytes;
  let answer: Answer | undefined;

  function tell(err?: Error): void {
    const done = answer;
    answer = undefined;
    if (done) done(err, input);
  }

  const heard: Heard = function (this: Link, what: any) {
    if (this !== link || what === link) return;
    if (typeof what !== "string") {
      link = undefined;
      tell(error("network", "TPM: " + (what.message || "connection closed")));
    } else {
      input += what;
      if (input.length > 5 && input.length >= uint(input, 2, 4)) tell();
    }
  };

  return function (command, done) {
    answer = done;
    input = "";
    if (command) {
      if (!link) link = connect(host, port, undefined, heard);
      write(link, command);
    } else if (link) {
      end(link);
      link = undefined;
    }
  };
}
