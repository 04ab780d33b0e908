import { after } from "#host";
import { chr } from "../core/bytes";
import { error } from "../core/errors";
import type { Bytes } from "../host";
import { whole, word } from "./marshal";
import type { Answer, Transport } from "./tcp";

/** Sends bytes on SPI and gives those that came meanwhile. Chip select is low from the first call on, and high after one without `more`. */
export type Exchange = (bytes: Bytes, more: boolean) => Bytes;

/** Milliseconds between two looks. */
const PACE = 5;

/** A chip on SPI: the FIFO interface of the TCG PC Client Platform TPM Profile, 6.3 to 6.5, at locality 0. */
export function tis(exchange: Exchange, timeout: number): Transport {
  let answer: Answer;
  let out: Bytes;
  let input: Bytes;
  /** 0 locality, 1 ready, 2 command, 3 accepted, 4 reply. */
  let phase: number;
  /** Looks that are left: two seconds for all that is no computing. */
  let left: number;

  /** Writes a register, or reads so many bytes of it; nothing when the chip does not end its wait states. */
  function register(at: number, data: any): Bytes {
    // While reading anything may go out.
    const b = data.length ? data : "                                ".substr(0, data);
    let ready = exchange(chr((data.length ? 0 : 128) + b.length - 1, 0xd4, 0, at), true).charCodeAt(3) & 1;
    for (let i = 200; !ready && i--;) ready = exchange("\0", true).charCodeAt(0) & 1;
    return exchange(ready ? b : "", false);
  }

  /** Lets the chip go. */
  function leave(err?: Error): void {
    try {
      register(24, "@");
      register(0, " ");
    } catch (e) {
      // What was to be told is known.
    }
    answer(err, input);
  }

  /** One look, and what it allows; the next from the event loop. */
  function poll(): void {
    let pace = 0;
    let data;
    let err;
    // The program's own function may throw.
    try {
      const b = register(phase && 24, phase ? 4 : 1);
      const status = b.charCodeAt(0);
      const burst = Math.min(b.charCodeAt(1) || b.charCodeAt(2) << 5, 32);
      const size = input.length < 6 ? 10 : word(input, 4);
      // A bus without a chip reads all ones or all zeros.
      if (!phase && (status & 0xe0) === 0xa0) {
        phase = 1;
        register(24, "@");
      } else if (phase === 1 && status & 64) phase = 2;
      else if (phase === 2 && burst) {
        register(36, out.substr(0, burst));
        out = out.substr(burst);
        if (!out) phase = 3;
      } else if (phase === 3 && (status & 0x88) === 128) {
        phase = 4;
        left = timeout / PACE;
        register(24, " ");
      } else if (phase === 4 && (status & 0x90) === 0x90 && burst && (data = register(36, Math.min(burst, size - input.length)))) {
        input += data;
      } else {
        pace = PACE;
        if (left-- < 1) err = error("timeout", "TPM: no answer, " + phase);
      }
    } catch (e) {
      err = e as Error;
    }
    if (err || whole(input)) leave(err);
    else after(poll, pace);
  }

  return function (command, done) {
    answer = done;
    out = command;
    input = "";
    phase = 0;
    left = 400;
    register(0, "\x02");
    after(poll, 0);
  };
}
