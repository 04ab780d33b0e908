import { login, sign } from "../../../../src/cloud/aliiot/adapter";
import { float, moment } from "../../../../src/cloud/aliiot/alink";
import { crc16, unframe } from "../../../../src/cloud/aliiot/frame";
import { hex } from "../../../../src/core/bytes";
import { parse, stringify } from "../../../../src/core/json";
import { md5 } from "../../../../src/core/md5";
import { sha256 } from "../../../../src/core/sha256";
import { stream } from "../../../../src/core/stream";
import { connectPacket } from "../../../../src/mqtt/options";
import { ANSWER, cases } from "../../../interpreters/ali-vectors.js";
import vectors from "../../../vectors/ali.json";

const module_ = {
  login,
  sign,
  crc16,
  moment,
  unframe: (bytes: string) => unframe(bytes, parse),
  float,
  stringify,
  digest: (kind: string, bytes: string) => hex((kind === "md5" ? md5 : sha256)(bytes)),
  packet: (o: any, keepalive: number) => hex(connectPacket({ ...login(o), keepalive })),
};

const answer = new Function(`${ANSWER}\nreturn answer;`)() as (m: typeof module_, call: unknown[]) => string;

test.each(cases())("$name", ({ call, expect: wanted }) => {
  expect(answer(module_, call)).toBe(wanted);
});

test("digests in pieces of every length, up to 100000 bytes", () => {
  const big = vectors.ota[2];
  let bytes = "";
  for (let i = 0; i < big.size; i++) bytes += String.fromCharCode((i * 7 + 3) & 255);
  for (const md of [true, false]) {
    for (const step of [1, 63, 64, 65, 536, 100000]) {
      const sum = stream(md);
      const n = step < 500 ? 2000 : bytes.length;
      for (let i = 0; i < n; i += step) sum(bytes.substring(i, Math.min(n, i + step)));
      expect(hex(sum()!)).toBe(n === 2000 ? hex((md ? md5 : sha256)(bytes.substr(0, n))) : md ? big.md5 : big.sha256);
    }
  }
});
