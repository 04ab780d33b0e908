"use strict";
/** A case of test/vectors/lms.json with the edits of a mutation: each is a field in hexadecimal, what to do, and where. */
module.exports = function edited(base, edits) {
  const out = { ...base };
  for (const [field, op, ...args] of edits) {
    let b = Buffer.from(out[field], "hex");
    const [at, n, length] = args;
    if (op === "xor") Buffer.from(args[1], "hex").forEach((x, i) => (b[at + i] ^= x));
    else if (op === "set") b.write(args[1], at, "hex");
    else if (op === "truncate") b = b.subarray(0, at);
    else if (op === "append") b = Buffer.concat([b, Buffer.from(args[0], "hex")]);
    else if (op === "cut") b = Buffer.concat([b.subarray(0, at), b.subarray(at + n)]);
    else if (op === "swap") {
      const first = Buffer.from(b.subarray(at, at + length));
      b.copy(b, at, n, n + length);
      first.copy(b, n);
    } else throw new Error(op);
    out[field] = b.toString("hex");
  }
  return out;
};
