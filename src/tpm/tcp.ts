import type { Bytes } from "../host";
import { whole } from "./marshal";
import { talk } from "./talk";

/** Hears the reply, or why there is none. */
export type Answer = (err?: Error, reply?: Bytes) => void;

/** Carries one command to a TPM and its reply back, later and once. */
export type Transport = (command: Bytes, done: Answer) => void;

/** The data channel of swtpm: commands and replies as they are. Each has a connection of its own: the program serves one at a time. */
export function tcp(host: string, port: number, timeout: number): Transport {
  return function (command, done) {
    talk(host, port, undefined, timeout, command, whole, done);
  };
}
