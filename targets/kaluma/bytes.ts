import type { Bytes } from "../../src/host";

declare const Uint8Array: new (size: number) => Uint8Array;

/** By pieces: each byte is one argument of the call, and the arguments lie in the heap. */
export function fromArray(data: Uint8Array, from: number, to: number): Bytes {
  let bytes = "";
  for (let at = from; at < to; at += 256) bytes += String.fromCharCode.apply(null, data.subarray(at, Math.min(at + 256, to)) as never);
  return bytes;
}

/** The codes of a string's chars. To index deep into a string that is not ASCII counts from its beginning every time; `split` does not. */
export function codes(text: string): number[] {
  const list: unknown[] = text.split("");
  for (let i = 0; i < list.length; i++) list[i] = (list[i] as string).charCodeAt(0);
  return list as number[];
}

export function toArray(bytes: Bytes): Uint8Array {
  const data = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 256) {
    const list = codes(bytes.substr(at, 256));
    for (let i = 0; i < list.length; i++) data[at + i] = list[i];
  }
  return data;
}
