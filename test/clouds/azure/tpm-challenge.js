"use strict";
/**
 * What the provisioning service sends a real TPM 2.0 (azure.md §5): an HMAC key that only the chip with these public areas can
 * load. TPM 2.0 Part 1, 24 (credentials) and 23.3 (duplication with inner and outer wrapper).
 * `individuals[id] = { tpm: { endorsementKey, challenge: tpmChallenge } }`, the endorsement key as base64 of its TPM2B_PUBLIC.
 */
const { constants, createCipheriv, createHash, createHmac, createPublicKey, publicEncrypt, randomBytes } = require("node:crypto");

const SHA256 = 0x000b;
const RSA = 0x0001;
const KEYEDHASH = 0x0008;
const HMAC = 0x0005;
/** userWithAuth, sign: a key that may be imported and used with an empty password. */
const ATTRIBUTES = 0x00040040;

const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const u32 = (n) => Buffer.from([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);
const sized = (...parts) => Buffer.concat([u16(parts.reduce((sum, part) => sum + part.length, 0)), ...parts]);
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const hmac = (key, ...parts) => createHmac("sha256", key).update(Buffer.concat(parts)).digest();
const cfb = (key, data) => createCipheriv("aes-128-cfb", key, Buffer.alloc(16)).update(data);
const nameOf = (area) => Buffer.concat([u16(SHA256), sha256(area)]);
/** One round of KDFa, enough for 256 bits. */
const derive = (seed, label, context, bits) => hmac(seed, u32(1), Buffer.from(`${label}\0`), context, u32(bits)).subarray(0, bits / 8);

/** TPM2B_PUBLIC of an RSA-2048, AES-128-CFB storage key → `{ area, key }`. */
function rsaPublic(text) {
  const bytes = Buffer.from(text, "base64");
  const area = bytes.subarray(2, 2 + bytes.readUInt16BE(0));
  if (area.readUInt16BE(0) !== RSA || area.readUInt16BE(2) !== SHA256) throw new Error("not an RSA key named with SHA-256");
  const at = 10 + area.readUInt16BE(8);
  if (area.readUInt16BE(at) !== 6 || area.readUInt16BE(at + 2) !== 128) throw new Error("not a storage key with AES-128");
  const exponent = area.readUInt32BE(at + 10) || 65537;
  const modulus = area.subarray(at + 16, at + 16 + area.readUInt16BE(at + 14));
  const jwk = { kty: "RSA", n: modulus.toString("base64url"), e: u32(exponent).subarray(1).toString("base64url") };
  return { area, key: createPublicKey({ key: jwk, format: "jwk" }) };
}

/** A seed for the holder of `key`, and it wrapped. */
function seedFor(key, label) {
  const seed = randomBytes(32);
  const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256", oaepLabel: Buffer.from(`${label}\0`) };
  return { seed, wrapped: sized(publicEncrypt(oaep, seed)) };
}

/** Encrypts and seals for whoever knows the seed and holds the object of this name. */
function sealed(seed, name, data) {
  const hidden = cfb(derive(seed, "STORAGE", name, 128), data);
  return sized(sized(hmac(derive(seed, "INTEGRITY", Buffer.alloc(0), 256), hidden, name)), hidden);
}

/** → `{ key, blob }`: the HMAC key as base64, and what carries it into the chip. */
function tpmChallenge(_purpose, { endorsementKey, storageRootKey }) {
  const ek = rsaPublic(endorsementKey);
  const srk = rsaPublic(storageRootKey);
  const secret = randomBytes(32);
  const inner = randomBytes(16);

  const credential = seedFor(ek.key, "IDENTITY");
  const idObject = sealed(credential.seed, nameOf(srk.area), sized(inner));

  const obfuscation = randomBytes(32);
  const unique = sha256(obfuscation, secret);
  const area = Buffer.concat([u16(KEYEDHASH), u16(SHA256), u32(ATTRIBUTES), u16(0), u16(HMAC), u16(SHA256), sized(unique)]);
  const name = nameOf(area);
  const sensitive = sized(u16(KEYEDHASH), u16(0), sized(obfuscation), sized(secret));
  const wrappedOnce = cfb(inner, Buffer.concat([sized(sha256(sensitive, name)), sensitive]));
  const duplication = seedFor(srk.key, "DUPLICATE");
  const duplicate = sealed(duplication.seed, name, wrappedOnce);

  const parts = [idObject, credential.wrapped, duplicate, duplication.wrapped, sized(area), u16(0)];
  return { key: secret.toString("base64"), blob: Buffer.concat(parts) };
}

module.exports = { tpmChallenge };
