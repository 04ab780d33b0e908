import { crc16, float, login, moment, sign, unframe } from "thincloud/aliiot";
import { md5 } from "../../../../src/core/md5";
import { sha256 } from "../../../../src/core/sha256";
import { hex } from "../../../../src/core/bytes";
import { stringify } from "../../../../src/core/json";
import { connectPacket } from "../../../../src/mqtt/options";
import { ANSWER, cases } from "../../../interpreters/ali-vectors.js";

const module_ = {
  login,
  sign,
  crc16,
  moment,
  unframe,
  float,
  // The minified file has a Raw of its own: what it prints is asked of its own serialiser, on a wire, in client.test.ts.
  stringify: (value: any) => (value && typeof value === "object" ? String(Object.values(value)[0]) : stringify(value)),
  digest: (kind: string, bytes: string) => hex((kind === "md5" ? md5 : sha256)(bytes)),
  packet: (o: any, keepalive: number) => hex(connectPacket({ ...login(o), keepalive })),
};

const answer = new Function(`${ANSWER}\nreturn answer;`)() as (m: typeof module_, call: unknown[]) => string;

test.each(cases())("$name", ({ call, expect: wanted }) => {
  expect(answer(module_, call)).toBe(wanted);
});
