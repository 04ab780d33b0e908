"use strict";
/** Shared access signatures as the services check them: over the very text of `sr` that came. */
const { createHmac, timingSafeEqual } = require("node:crypto");

const hmac = (key, text) => createHmac("sha256", Buffer.from(key, "base64")).update(text, "utf8").digest();

/** The key of a device in a group. */
const deriveKey = (groupKey, registrationId) => hmac(groupKey, registrationId).toString("base64");

const strict = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * For tests that need a token of their own; `sr` is signed as given.
 * @param {{ key: string, sr: string, se: number, skn?: string }} token
 */
function sign({ key, sr, se, skn }) {
  const sig = strict(hmac(key, `${sr}\n${se}`).toString("base64"));
  return `SharedAccessSignature sr=${sr}&sig=${sig}&se=${se}${skn === undefined ? "" : `&skn=${skn}`}`;
}

/** The fields of a token, by name: their order is free. Undefined when it is none. */
function parse(text) {
  const match = /^SharedAccessSignature (\S+)$/.exec(text);
  if (!match) return undefined;
  const fields = {};
  for (const part of match[1].split("&")) {
    const at = part.indexOf("=");
    const name = part.slice(0, at);
    if (at < 0 || !["sr", "sig", "se", "skn"].includes(name) || Object.hasOwn(fields, name)) return undefined;
    fields[name] = part.slice(at + 1);
  }
  return fields.sr && fields.sig && /^\d{1,15}$/.test(fields.se || "") ? fields : undefined;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const equal = (a, b) => a.length === b.length && timingSafeEqual(a, b);

/**
 * `{ se, key }`, or `{ problem }`. `resource(sr)` says whether the decoded resource is the right one, `keys` are those that may
 * have signed, `skn` the key name that has to be there ("" = none), `now` milliseconds.
 */
function verify(text, { resource, keys, skn, now }) {
  const fields = parse(text);
  if (!fields) return { problem: "malformed token" };
  const sr = decoded(fields.sr);
  if (sr === undefined || !resource(sr)) return { problem: "token for another resource" };
  if (decoded(fields.skn || "") !== skn) return { problem: "wrong skn" };
  const sig = decoded(fields.sig);
  // An unencoded plus is a blank to the services.
  if (sig === undefined || /\+/.test(fields.sig) || !/^[A-Za-z0-9+/]{43}=$/.test(sig)) return { problem: "malformed signature" };
  const key = keys.filter(Boolean).find((one) => equal(hmac(one, `${fields.sr}\n${fields.se}`), Buffer.from(sig, "base64")));
  if (!key) return { problem: "wrong signature" };
  const se = Number(fields.se);
  return se * 1000 > now ? { se, key } : { problem: "expired token" };
}

module.exports = { deriveKey, hmac, parse, sign, strict, verify };
