import { createHash } from "node:crypto";
import { verifyLms } from "../../../src/auth/lms";
import { verify as verifyTool } from "../../../tool/ota/lms";

interface Case {
  id: string;
  kind: "lms" | "hss";
  pk: string;
  msg: string;
  sig: string;
  expect: boolean;
}
type Edit = [keyof Case, string, ...(string | number)[]];

const vectors = require("../../vectors/lms.json") as {
  rfc8554: Case[];
  vectors: Case[];
  mutations: { base: string; name: string; edits: Edit[]; expect: boolean; digest: string }[];
};

const bytes = (hex: string) => Buffer.from(hex, "hex").toString("latin1");

type Verifier = (key: string, message: string, signature: string) => boolean;

/** The device's, and the one of `thincloud-ota verify`. */
const verifiers: [string, Verifier][] = [
  ["device", verifyLms],
  ["tool", (...args) => verifyTool(...(args.map((b) => Buffer.from(b, "latin1")) as [Buffer, Buffer, Buffer]))],
];

function edited(c: Case, edits: Edit[]): Case {
  const out = { ...c };
  for (const [field, op, ...args] of edits) {
    let b = Buffer.from(out[field] as string, "hex");
    const [at, n, length] = args as number[];
    if (op === "xor") Buffer.from(args[1] as string, "hex").forEach((x, i) => (b[at + i] ^= x));
    else if (op === "set") b.write(args[1] as string, at, "hex");
    else if (op === "truncate") b = b.subarray(0, at);
    else if (op === "append") b = Buffer.concat([b, Buffer.from(args[0] as string, "hex")]);
    else if (op === "cut") b = Buffer.concat([b.subarray(0, at), b.subarray(at + n)]);
    else if (op === "swap") {
      const first = Buffer.from(b.subarray(at, at + length));
      b.copy(b, at, n, n + length);
      first.copy(b, n);
    } else throw new Error(op);
    (out[field] as string) = b.toString("hex");
  }
  return out;
}

const digest = (c: Case) =>
  createHash("sha256")
    .update(Buffer.from(c.pk + c.msg + c.sig, "hex"))
    .digest("hex")
    .slice(0, 16);

describe.each(verifiers)("LMS and HSS signatures, %s", (_, verifyHss) => {
  /** A bare LMS key and signature are those of a tree of one level. */
  function verify(c: Case): boolean {
    const lead = c.kind === "lms" ? "\0\0\0" : "";
    return verifyHss(lead + (lead && "\x01") + bytes(c.pk), bytes(c.msg), lead + (lead && "\0") + bytes(c.sig));
  }

  it.each(vectors.rfc8554.concat(vectors.vectors).map((c) => [c.id, c] as const))("%s", (_, c) => {
    expect(verify(c)).toBe(c.expect);
  });

  const base = new Map(vectors.rfc8554.concat(vectors.vectors).map((c) => [c.id, c]));
  it.each(vectors.mutations.map((m) => [`${m.base} ${m.name}`, m] as const))("changed: %s", (_, m) => {
    const c = edited(base.get(m.base)!, m.edits);
    expect(digest(c)).toBe(m.digest);
    expect(verify(c)).toBe(m.expect);
  });

  it("is false, and nothing worse, for every truncation of a signature and for no bytes at all", () => {
    const c = base.get("rfc8554-tc1")!;
    for (let n = 0; n < c.sig.length; n += 26) expect(verify({ ...c, sig: c.sig.slice(0, n) })).toBe(false);
    expect(verifyHss("", "", "")).toBe(false);
  });
});
