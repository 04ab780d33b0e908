import type { Values } from "./marshal";

// Rows of commands, as `frame` takes them. What follows `>` is what becomes of the answer: a letter to keep it under and
// 0 four bytes (a handle), 1, 4 or 8 the TPM2B structure at that place, 2 the same at 1, and when it was there the next four rows
// are not needed; a `?` alone: the answer does not matter.
// p is the empty password, { the owner, ~ the storage root key, | the identity, } four zero bytes; h an object, s a session.

/** Starts the chip, and flushes what an earlier program of ours may have left in it. */
export function start(): string {
  return "1440000>?,16580000000>?,16580000001>?,16503000000>?,";
}

/** The endorsement key to `g`, the storage root key to `l`: read, and made first where there is none. */
export function keys(): string {
  return "17381010001>g2,2314000000bp0004}m3a0001000b000300b20020837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa00060080004300100800}n}0000>h0,220{hp81010001,165h,17381010001>g1,173~>l2,231{p0004}m1a0001000b00030472000000060080004300100800}n}0000>h0,220{hp~,165h,173~>l1";
}

/** What is unique in the templates of both, to `m` and `n`. */
export function unique(zeros?: boolean): Values {
  let z = "\0\0";
  if (zeros) for (z = "\x01\0"; z.length < 258;) z += "\0";
  return { m: z.charAt(0), n: z };
}

/**
 * Ready to lose its power: a chip that loses it otherwise, once a key guarded against guessing was used, counts that as a wrong
 * password (TPM 2.0 Part 1, 19.8), and locks after some.
 */
function orderly(): string {
  return ",1450000>?";
}

/** Opens t … y (docs/tpm.md) with both keys. The key that was in it signs `r` to `n`, or stays as the identity. */
export function install(sign: boolean): string {
  return (
    "17b0010>o1,1764000000740000007o0000010010000b>s0,2514000000bsp}}0000,247~810100010000001240000009}00s0000010000tu>l4,165s,256~plyvx0006k0043>g4,257~pgy>h0" +
    (sign ? ",255hpr000b>n4" + orderly() : ",220{|p|>?,220{hp|") +
    ",165h"
  );
}

/** HMAC-SHA256 of `r` with the identity to `n`. */
export function sign(): string {
  return "255|pr000b>n4" + orderly();
}
