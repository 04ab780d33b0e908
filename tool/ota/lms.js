"use strict";
// Keys and signatures of RFC 8554 (SHA-256, 32 bytes). State lives elsewhere: a function here signs with the leaf it is told.
const { createHash } = require("node:crypto");

/** LM-OTS types 1–4: bits of a digit, and the number of chains (§4.1). */
const OTS = { 1: { w: 1, p: 265 }, 2: { w: 2, p: 133 }, 3: { w: 4, p: 67 }, 4: { w: 8, p: 34 } };
const KEY_SIZE = 56;

const hash = (...parts) => {
  const h = createHash("sha256");
  for (const part of parts) h.update(part);
  return h.digest();
};
const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const u32 = (n) => {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(n);
  return b;
};
const height = (lmsType) => 5 * (lmsType - 4);
const leaves = (tree) => 2 ** height(tree.lmsType);

/** Appendix A: everything secret comes from the seed, told apart by a number. */
const derive = (tree, leaf, i) => hash(tree.id, u32(leaf), u16(i), Buffer.from([255]), tree.seed);

/** One chain from step `from` up to before `to`. The 55 bytes are one block: one buffer serves the whole chain. */
function chain(tree, leaf, i, x, from, to) {
  const block = Buffer.concat([tree.id, u32(leaf), u16(i), Buffer.alloc(1), x]);
  for (let j = from; j < to; j++) {
    block[22] = j;
    hash(block).copy(block, 23);
  }
  return Buffer.from(block.subarray(23));
}

/** The digits of a hash and of their checksum, one for each chain (§4.4). */
function digits(q, otsType) {
  const { w, p } = OTS[otsType];
  const top = 2 ** w - 1;
  const digit = (b, i) => (b[(i * w) >> 3] >> (8 - w - ((i * w) & 7))) & top;
  let sum = 0;
  for (let i = 0; i < 256 / w; i++) sum += top - digit(q, i);
  const all = Buffer.concat([q, u16((sum << (16 - (p - 256 / w) * w)) & 0xffff)]);
  return Array.from({ length: p }, (_, i) => digit(all, i));
}

function leafHash(tree, leaf) {
  const { w, p } = OTS[tree.otsType];
  const ends = [];
  for (let i = 0; i < p; i++) ends.push(chain(tree, leaf, i, derive(tree, leaf, i), 0, 2 ** w - 1));
  const k = hash(tree.id, u32(leaf), Buffer.from("8080", "hex"), ...ends);
  return hash(tree.id, u32(leaves(tree) + leaf), Buffer.from("8282", "hex"), k);
}

const innerHash = (tree, node, left, right) => hash(tree.id, u32(node), Buffer.from("8383", "hex"), left, right);

/**
 * All nodes of a tree, numbered as in §5.3: 1 is the root, 2^h the first leaf; 0 is empty. It costs 2^h one-time keys
 * (W4, H10: about 1.1 million hashes), so whoever signs keeps it. `progress` gets the part done, 0 to 1.
 */
function buildTree(tree, progress) {
  const n = leaves(tree);
  const nodes = new Array(2 * n).fill(Buffer.alloc(0));
  for (let i = 0; i < n; i++) {
    nodes[n + i] = leafHash(tree, i);
    if (progress && i % 16 === 0) progress(i / n);
  }
  for (let i = n - 1; i > 0; i--) nodes[i] = innerHash(tree, i, nodes[2 * i], nodes[2 * i + 1]);
  return nodes;
}

/** Whether every inner node is the hash of its two children. */
function consistent(tree, nodes) {
  for (let i = leaves(tree) - 1; i > 0; i--) if (!innerHash(tree, i, nodes[2 * i], nodes[2 * i + 1]).equals(nodes[i])) return false;
  return true;
}

/** The 56 bytes that others need. */
const publicKey = (tree, root) => Buffer.concat([u32(tree.lmsType), u32(tree.otsType), tree.id, root]);

/** The LMS signature of a message by one leaf, which must never sign another. `c` is 32 random bytes. */
function sign(tree, nodes, leaf, c, message) {
  if (!(leaf >= 0 && leaf < leaves(tree))) throw new Error(`leaf ${leaf} is not in a tree of ${leaves(tree)}`);
  const q = hash(tree.id, u32(leaf), Buffer.from("8181", "hex"), c, message);
  const ends = digits(q, tree.otsType).map((a, i) => chain(tree, leaf, i, derive(tree, leaf, i), 0, a));
  const path = [];
  for (let node = leaves(tree) + leaf; node > 1; node >>= 1) path.push(nodes[node ^ 1]);
  return Buffer.concat([u32(leaf), u32(tree.otsType), c, ...ends, u32(tree.lmsType), ...path]);
}

/** Whether a signature long enough begins with the one of a tree (§5.4.2). Types are the key's, never the signature's. */
function verifyOne(key, message, signature) {
  const tree = { lmsType: key.readUInt32BE(0), otsType: key.readUInt32BE(4), id: key.subarray(8, 24) };
  const { w, p } = OTS[tree.otsType];
  const leaf = signature.readUInt32BE(0);
  const end = 40 + 32 * p;
  if (leaf >= leaves(tree) || signature.readUInt32BE(4) !== tree.otsType || signature.readUInt32BE(end) !== tree.lmsType) return false;
  const q = hash(tree.id, u32(leaf), Buffer.from("8181", "hex"), signature.subarray(8, 40), message);
  const ends = digits(q, tree.otsType).map((a, i) => {
    const at = 40 + 32 * i;
    return chain(tree, leaf, i, signature.subarray(at, at + 32), a, 2 ** w - 1);
  });
  let node = leaves(tree) + leaf;
  let t = hash(tree.id, u32(node), Buffer.from("8282", "hex"), hash(tree.id, u32(leaf), Buffer.from("8080", "hex"), ...ends));
  for (let at = end + 4; node > 1; at += 32, node >>= 1) {
    const sibling = signature.subarray(at, at + 32);
    t = node & 1 ? innerHash(tree, node >> 1, sibling, t) : innerHash(tree, node >> 1, t, sibling);
  }
  return t.equals(key.subarray(24));
}

/** The length of what a tree with this key signs, 0 for a key that is none. */
function signatureSize(key) {
  if (key.length !== KEY_SIZE) return 0;
  const lmsType = key.readUInt32BE(0);
  const ots = OTS[key.readUInt32BE(4)];
  return ots && lmsType >= 5 && lmsType <= 9 ? 44 + 32 * (ots.p + height(lmsType)) : 0;
}

/** Whether an HSS signature (§6.3, 1 to 8 levels) signs a message under a 60-byte public key. */
function verify(publicKey, message, signature) {
  if (publicKey.length !== 4 + KEY_SIZE || signature.length < 4) return false;
  const levels = publicKey.readUInt32BE(0);
  if (levels < 1 || levels > 8 || signature.readUInt32BE(0) !== levels - 1) return false;
  let key = publicKey.subarray(4);
  let rest = signature.subarray(4);
  for (let level = 1; level <= levels; level++) {
    const size = signatureSize(key);
    const more = level < levels ? KEY_SIZE : 0;
    if (!size || rest.length < size + more || (!more && rest.length !== size)) return false;
    const signed = more ? rest.subarray(size, size + more) : message;
    if (!verifyOne(key, signed, rest)) return false;
    key = signed;
    rest = rest.subarray(size + more);
  }
  return true;
}

module.exports = { OTS, KEY_SIZE, height, leaves, derive, digits, buildTree, consistent, publicKey, sign, verify, u32 };
