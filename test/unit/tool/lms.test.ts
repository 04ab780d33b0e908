import { buildTree, digits, leaves, publicKey, sign } from "../../../tool/ota/lms";

const vectors = require("../../vectors/lms.json");
const hex = (s: string) => Buffer.from(s, "hex");

describe("the signer", () => {
  it.each<readonly [any, any]>(vectors.winternitz.map((v: any) => [v.otsType, v] as const))(
    "cuts a hash into digits and checksum, type %i",
    (_: any, v: any) => {
      expect(digits(hex(v.Q), v.otsType).join()).toBe(v.digits.replace(/,$/, ""));
    },
  );

  const trees = new Map<string, Buffer[]>();
  const nodesOf = (tree: any) => {
    const name = [tree.lmsType, tree.otsType, tree.id.toString("hex"), tree.seed.toString("hex")].join();
    if (!trees.has(name)) trees.set(name, buildTree(tree));
    return trees.get(name)!;
  };

  it.each<readonly [any, any]>(vectors.keygen.filter((v: any) => v.otsType < 4).map((v: any) => [`${v.lmsType}/${v.otsType}`, v] as const))(
    "makes the tree %s",
    (_: any, v: any) => {
      const tree = { lmsType: v.lmsType, otsType: v.otsType, id: hex(v.I), seed: hex(v.SEED) };
      const nodes = nodesOf(tree);
      expect(nodes[leaves(tree)].toString("hex")).toBe(v.leaf_q0);
      expect(nodes[2 * leaves(tree) - 1].toString("hex")).toBe(v.leaf_last);
      expect(publicKey(tree, nodes[1]).toString("hex")).toBe(v.pk);
    },
  );

  const own = vectors.vectors.filter((v: any) => v.SEED && v.kind === "lms" && v.otsType < 4 && v.lmsType === 5 && v.expect);
  it.each<readonly [any, any]>(own.map((v: any) => [v.id, v] as const))("signs as the vector does: %s", (_: any, v: any) => {
    const tree = { lmsType: v.lmsType, otsType: v.otsType, id: hex(v.I), seed: hex(v.SEED) };
    const c = hex(v.sig).subarray(8, 40);
    expect(sign(tree, nodesOf(tree), v.q, c, hex(v.msg)).toString("hex")).toBe(v.sig);
  });

  it("refuses a leaf that the tree does not have", () => {
    const tree = { lmsType: 5, otsType: 1, id: Buffer.alloc(16), seed: Buffer.alloc(32) };
    expect(() => sign(tree, [], 32, Buffer.alloc(32), Buffer.alloc(0))).toThrow("leaf 32");
  });
});
