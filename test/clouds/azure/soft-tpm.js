"use strict";
/**
 * Stands in for a TPM where only the exchange matters: the secret travels in the open. `new SoftTpm(id)` is enrolled as
 * `individuals[id] = { tpm }`; the device side asks `activate(blob)` and then `sign(text)`. A real chip needs a `challenge` that
 * wraps the key for the public areas that it is given.
 */
const { createHmac, randomBytes } = require("node:crypto");

class SoftTpm {
  constructor(name) {
    this.endorsementKey = Buffer.from(`EK ${name}`).toString("base64");
    this.storageRootKey = Buffer.from(`SRK ${name}`).toString("base64");
    this.key = undefined;
    /** @type {Buffer | undefined} */
    this.identity = undefined;
  }

  /** Service side: a fresh key, and what carries it into the chip. */
  challenge() {
    const secret = randomBytes(32);
    return { key: secret.toString("base64"), blob: Buffer.concat([Buffer.from("soft:"), secret]) };
  }

  activate(blob) {
    if (blob.subarray(0, 5).toString() !== "soft:") throw new Error("not a blob of this stand-in");
    this.identity = blob.subarray(5);
  }

  sign(text) {
    return createHmac("sha256", this.identity).update(text).digest();
  }
}

module.exports = { SoftTpm };
