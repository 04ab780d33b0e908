import type { Bytes } from "../../src/host";

/** Its own class, not Node's: no index access, `toString()` only for UTF-8 text and "hex". */
export interface Buffer {
  length: number;
  slice(from: number, to: number): Buffer;
  toString(encoding: "hex"): string;
  fill(byte: number): Buffer;
  copy(to: Buffer, at: number): void;
}

declare const Buffer: new (data: string | number | number[]) => Buffer;
declare function unescape(text: string): string;

export function fromBuffer(data: Buffer): Bytes {
  return unescape(data.toString("hex").replace(/../g, "%$&"));
}

/** By pieces: what is taken apart is as many values as it has bytes, and the heap is small. A Buffer lies outside of it. */
export function toBuffer(bytes: Bytes): Buffer {
  const ascii = new Buffer(bytes);
  if (ascii.length === bytes.length) return ascii;
  const whole = new Buffer(bytes.length);
  for (let at = 0; at < bytes.length; at += 256) {
    // Any byte above 0x7F makes deep indexing linear (one char at a time from `split` is not).
    const codes: (string | number)[] = bytes.substr(at, 256).split("");
    for (let i = 0; i < codes.length; i++) codes[i] = (codes[i] as string).charCodeAt(0);
    new Buffer(codes as number[]).copy(whole, at);
  }
  return whole;
}
