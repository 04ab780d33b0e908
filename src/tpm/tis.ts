import { after, cancel } from "#host";
import { chr } from "../core/bytes";
import { error } from "../core/errors";
import type { Bytes, Timer } from "../host";
import { uint } from "./marshal";
import type { Answer, Transport } from "./tcp";

/** Sends bytes on SPI and gives those that came meanwhile. Chip select is low from the first call on, and high after one without `more`. */
export type Exchange = (bytes: Bytes, more: boolean) => Bytes;

/** Clocked out while reading; also the longest piece that is moved at once. */
const PAD = "                                ";

/** A chip on SPI: the FIFO interface of the TCG PC Client Platform TPM Profile, 6.3 to 6.5, at locality 0. */
export function tis(exchange: Exchange): Transport {
  let answer: Answer | undefined;
  let out: Bytes;
  let input: Bytes;
  /** 0 locality, 1 ready, 2 command, 3 accepted, 4 reply. */
  let phase: number;
  /** Polls that are left. */
  let left: number;
  let timer: Timer;

  /** Writes a register, or reads `n` bytes of it; nothing when the chip does not end its wait states. */
  function register(at: number, data: Bytes | undefined, n: number): Bytes {
    let b = exchange(chr((data ? 0 : 128) + n - 1, 0xd4, at >> 8, at & 255), true).charCodeAt(3) & 1;
    for (let i = 0; !b && i < 200; i++) b = exchange("\0", true).charCodeAt(0) & 1;
    return exchange(b ? data || PAD.substr(0, n) : "", false);
  }

  function finish(err?: Error): void {
    const done = answer;
    answer = undefined;
    register(0x18, "@", 1);
    register(0, " ", 1);
    if (done) done(err, input);
  }

  function poll(): void {
    timer = 0;
    for (;;) {
      const b = register(phase && 0x18, undefined, phase ? 4 : 1);
      const status = b.charCodeAt(0);
      const burst = Math.min(b.charCodeAt(1) + b.charCodeAt(2) * 256, PAD.length);
      // A bus without a chip reads all ones: the bits that must be clear tell.
      if (!phase ? (status & 0xe0) === 0xa0 : status !== 255 && phase === 1 && status & 64) {
        if (!phase) register(0x18, "@", 1);
        phase++;
      } else if (phase === 2 && burst > 0) {
        register(0x24, out.substr(0, burst), Math.min(burst, out.length));
        out = out.substr(burst);
        if (!out) phase = 3;
      } else if (phase === 3 && (status & 0x88) === 128) {
        register(0x18, " ", 1);
        phase = 4;
        left = Infinity;
      } else if (phase === 4 && (status & 0x90) === 0x90 && burst > 0) {
        const size = input.length < 6 ? 10 : uint(input, 2, 4);
        if (size > 4096) return finish(error("protocol", "TPM: a reply of " + size + " bytes"));
        input += register(0x24, undefined, Math.min(burst, size - input.length));
        if (input.length > 9 && input.length >= uint(input, 2, 4)) return finish();
      } else if (!left--) return finish(error("timeout", "TPM: no answer in phase " + phase));
      else break;
    }
    timer = after(poll, 5);
  }

  return function (command, done) {
    if (timer) cancel(timer);
    timer = 0;
    answer = done;
    if (command) {
      out = command;
      input = "";
      phase = 0;
      left = 400;
      register(0, "\x02", 1);
      timer = after(poll, 0);
    } else finish();
  };
}
