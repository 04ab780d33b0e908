import { createHash } from "node:crypto";
import { verifyLms } from "../../../src/auth/lms";
import * as lms from "../../../tool/ota/lms";

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
  ["tool", (...args) => lms.verify(...(args.map((b) => Buffer.from(b, "latin1")) as [Buffer, Buffer, Buffer]))],
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

describe("trees upon trees", () => {
  const types = [
    { lmsType: 5, otsType: 1 },
    { lmsType: 5, otsType: 2 },
    { lmsType: 5, otsType: 3 },
    { lmsType: 6, otsType: 1 },
  ];
  const trees = types.map((type, i) => {
    const tree = { ...type, id: Buffer.alloc(16, i + 1), seed: Buffer.alloc(32, i + 7) };
    return { tree, nodes: lms.buildTree(tree) as Buffer[] };
  });

  /** An HSS key and signature whose levels are those trees in turn, each with a leaf of its own. */
  function signed(levels: number, message: string) {
    const chain = Array.from({ length: levels }, (_, i) => trees[(i + levels) % 4]!);
    const keys = chain.map(({ tree, nodes }) => lms.publicKey(tree, nodes[1]) as Buffer);
    const parts = chain.flatMap(({ tree, nodes }, i) => {
      const below = keys[i + 1];
      const leaf = (lms.leaves(tree) - 1 - i) * +(i % 2 === 0);
      return [lms.sign(tree, nodes, leaf, Buffer.alloc(32, i), below || Buffer.from(message)), ...(below ? [below] : [])];
    });
    return { key: Buffer.concat([lms.u32(levels), keys[0]!]), signature: Buffer.concat([lms.u32(levels - 1), ...parts]), parts };
  }
  const both = (key: Buffer, message: string, signature: Buffer) =>
    verifiers.map(([, verify]) => verify(key.toString("latin1"), message, signature.toString("latin1")));

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("%i levels are verified, and no structure but the right one", (levels) => {
    const { key, signature, parts } = signed(levels, "manifest");
    expect(both(key, "manifest", signature)).toEqual([true, true]);
    const no = (k: Buffer, s: Buffer, message = "manifest") => expect(both(k, message, s)).toEqual([false, false]);
    no(key, signature, "manifesto");
    no(key, signature, "");
    // Another number of levels, in the key, in the signature, in both.
    for (const n of [0, 1, 2, 7, 8, 9, 255, 0x80000000, 0xffffffff]) {
      const [k, s] = [Buffer.from(key), Buffer.from(signature)];
      k.writeUInt32BE(n);
      s.writeUInt32BE((n + 0xffffffff) % 0x100000000);
      if (n !== levels)
        for (const [a, b] of [
          [k, signature],
          [key, s],
          [k, s],
        ] as const)
          no(a, b);
    }
    // A level left out, doubled, exchanged with the next; a signature that ends behind each.
    let at = 4;
    parts.forEach((part, i) => {
      no(key, Buffer.concat([signature.subarray(0, at), signature.subarray(at + part.length)]));
      no(key, Buffer.concat([signature.subarray(0, at), part, signature.subarray(at)]));
      if (i) no(key, signature.subarray(0, at));
      for (const cut of [1, 31, 32, 56])
        no(key, Buffer.concat([signature.subarray(0, at + part.length - cut), signature.subarray(at + part.length)]));
      // Its types, or those of the key embedded there, and its leaf.
      for (const field of part.length === 56 ? [0, 4] : [0, 4, part.length - 32 * lms.height(types[(i / 2 + levels) % 4]!.lmsType) - 4])
        for (const type of [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 31, 1 << 15, 0x80000005, 0xffffffff]) {
          const s = Buffer.from(signature);
          if (s.readUInt32BE(at + field) === type) continue;
          s.writeUInt32BE(type, at + field);
          no(key, s);
        }
      at += part.length;
    });
    no(key, Buffer.concat([signature, Buffer.alloc(1)]));
    no(key.subarray(0, 59), signature);
    no(Buffer.concat([key, Buffer.alloc(1)]), signature);
    for (const field of [4, 8])
      for (const type of [0, 1, 2, 3, 4, 5, 6, 10, 0x80000005]) {
        const k = Buffer.from(key);
        if (k.readUInt32BE(field) === type) continue;
        k.writeUInt32BE(type, field);
        no(k, signature);
      }
    // Any bit.
    for (let i = 0; i < 24; i++) {
      const s = Buffer.from(signature);
      s[(i * 7919) % s.length]! ^= 1 << (i & 7);
      no(key, s);
    }
  });
});
