import type { Bytes } from "../host";
import { chr } from "./bytes";

/** Stirs a block of 16 words into a state, in place; the words may be overwritten. */
export type Mix = (words: number[], state: number[]) => void;

/**
 * What SHA-256, SHA-1 and MD5 have in common. `mix` stirs a block, as 16 words, into a copy of `state`; the state is the digest.
 * `before` bytes, whole blocks, are in `state` already; with `more` these are whole blocks too and not the last.
 * Blocks are cut first, because to index deep into a byte string is slow, and the padding is made in place.
 */
export function digest(bytes: Bytes, little: boolean, state: number[], mix: Mix, before?: number, more?: boolean): Bytes {
  const n = bytes.length;
  const words: number[] = [];
  let out = "";
  for (let at = 0; at < (more ? n : n + 9); at += 64) {
    const block = bytes.substr(at, 64);
    for (let i = 0; i < 64; i++) {
      // Past the end charCodeAt gives NaN, which counts as 0 here.
      const c = at + i === n ? 128 : block.charCodeAt(i);
      // Four times, and nothing is left of what the word was.
      words[i >> 2] = little ? (words[i >> 2] >>> 8) | (c << 24) : (words[i >> 2] << 8) | c;
    }
    if (at + 55 >= n) {
      // 2^32 bits are more than a string of any host holds: the upper word stays 0.
      words[little ? 14 : 15] = (n + (before || 0)) * 8;
    }
    const mixed = state.slice();
    mix(words, mixed);
    for (let i = 0; i < state.length; i++) {
      state[i] = (state[i] + mixed[i]) | 0;
    }
  }
  for (let i = 0; i < state.length * 32; i += 8) {
    out += chr((state[i >> 5] >>> (little ? i & 24 : ~i & 24)) & 255);
  }
  return out;
}
