import crypto, { createHash } from "node:crypto";
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

const edited: (base: Case, edits: Edit[]) => Case = require("../../rig/edited");
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

  it("cost nothing that is not in the form of one, and stop where the first level is wrong", () => {
    const hashed = jest.spyOn(crypto, "createHash");
    /** How many digests it takes to say no. */
    const calls = (key: Buffer, signature: Buffer, message = "manifest"): number => {
      hashed.mockClear();
      expect(verifyLms(key.toString("latin1"), message, signature.toString("latin1"))).toBe(false);
      return hashed.mock.calls.length;
    };
    const changed = (bytes: Buffer, at: number, value: number): Buffer => {
      const out = Buffer.from(bytes);
      out.writeUInt32BE(value, at);
      return out;
    };
    // One level is a tree of W2: at 4 the leaf, at 8 and behind the chains the types, and a path of five.
    const { key, signature } = signed(1, "manifest");
    const type = 4 + 40 + 32 * 133;
    for (const [k, s] of [
      [key, Buffer.alloc(0)],
      [key, changed(signature, 0, 1)],
      [changed(key, 0, 2), signature],
      [changed(key, 4, 10), signature],
      [changed(key, 8, 9), signature],
      [key.subarray(0, 59), signature],
      [key, changed(signature, 4, 32)],
      [key, changed(signature, 4, 0x80000000)],
      [key, changed(signature, 8, 3)],
      [key, changed(signature, type, 6)],
      [key, signature.subarray(0, -1)],
      [key, Buffer.concat([signature, Buffer.alloc(1)])],
      [key, Buffer.concat([signature, signature])],
    ] as const)
      expect(calls(k, s)).toBe(0);
    // The message, the chains of W2 at their worst, their list, the leaf, five nodes.
    const most = 1 + 396 + 1 + 1 + 5;
    for (let i = 0; i < 50; i++) {
      const n = calls(key, signature, "manifest " + i);
      expect(n).toBeGreaterThan(most - 396);
      expect(n).toBeLessThanOrEqual(most);
    }
    // Of eight levels the first one is wrong: the others cost nothing.
    const tall = signed(8, "manifest");
    const n = calls(tall.key, changed(tall.signature, 12, 1));
    expect(n).toBeLessThanOrEqual(1 + 264 + 1 + 1 + 5);
    // The last one is too long: that is seen before it is hashed, but behind the seven above it.
    const one = calls(tall.key, tall.signature, "other");
    const long = calls(tall.key, Buffer.concat([tall.signature, Buffer.alloc(1)]));
    expect(long).toBeLessThan(one);
    hashed.mockRestore();
  });
});
