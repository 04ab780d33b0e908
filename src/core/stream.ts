import type { Bytes } from "../host";
import { digest } from "./digest";
import { mixMd5, startMd5 } from "./md5";
import { mixSha256, startSha256 } from "./sha256";

/** MD5 or SHA-256 of what comes in pieces: `add` gives nothing, and called without bytes the digest. */
export function stream(md5: boolean): (bytes?: Bytes) => string | undefined {
  const state = md5 ? startMd5.slice() : startSha256();
  const mix = md5 ? mixMd5 : mixSha256;
  let rest = "";
  let before = 0;
  return function (bytes) {
    if (bytes === undefined) return digest(rest, md5, state, mix, before);
    rest += bytes;
    const whole = rest.length & ~63;
    digest(rest.substr(0, whole), md5, state, mix, 0, true);
    before += whole;
    rest = rest.substr(whole);
  };
}
