import type { Bytes } from "../../src/host";

/** Its own class, not Node's: no index access, `toString()` only for UTF-8 text and "hex". */
export interface Buffer {
  length: number;
  slice(from: number, to: number): Buffer;
  toString(encoding: "hex"): string;
  fill(byte: number): Buffer;
}

declare const Buffer: new (data: string | number | number[]) => Buffer;
declare function unescape(text: string): string;

export function fromBuffer(data: Buffer): Bytes {
  return unescape(data.toString("hex").replace(/../g, "%$&"));
}

export function toBuffer(bytes: Bytes): Buffer {
  const ascii = new Buffer(bytes);
  if (ascii.length === bytes.length) return ascii;
  // Any byte above 0x7F makes deep indexing linear (one char at a time from `split` is not).
  const codes: (string | number)[] = bytes.split("");
  for (let i = 0; i < codes.length; i++) codes[i] = (codes[i] as string).charCodeAt(0);
  return new Buffer(codes as number[]);
}
