"use strict";
/** Property bags: what stands behind the last slash of a message topic. */
const { strict } = require("./sas");

/** System properties that a device may send, by their key in the bag. */
const names = {
  "$.mid": "messageId",
  "$.cid": "correlationId",
  "$.uid": "userId",
  "$.to": "to",
  "$.ct": "contentType",
  "$.ce": "contentEncoding",
  "$.exp": "expiryTimeUtc",
  "$.ctime": "creationTimeUtc",
  "$.sub": "component",
  "$.on": "outputName",
};
const keys = Object.fromEntries(Object.entries(names).map(([key, name]) => [name, key]));

/** `{ system, properties, size }`; throws with the reason. A key without `=` is null, one with nothing behind it is "". */
function parse(text) {
  const system = {};
  const properties = {};
  let size = 0;
  const bag = text.replace(/^\?/, "");
  for (const part of bag ? bag.split("&") : []) {
    if (!part) throw new Error("empty property");
    const at = part.indexOf("=");
    const key = decodeURIComponent(at < 0 ? part : part.slice(0, at));
    const value = at < 0 ? null : decodeURIComponent(part.slice(at + 1));
    const isSystem = key.startsWith("$");
    if (!key || (isSystem && !names[key])) throw new Error(`undocumented property ${JSON.stringify(key)}`);
    const [into, name] = isSystem ? [system, names[key]] : [properties, key];
    if (Object.hasOwn(into, name)) throw new Error(`property ${JSON.stringify(key)} twice`);
    into[name] = value;
    size += Buffer.byteLength(value || "") + (isSystem ? 0 : Buffer.byteLength(key));
  }
  if (system.messageId && system.messageId.length > 128) throw new Error("message id of more than 128 characters");
  return { system, properties, size };
}

/** As the hub writes it: `$` encoded; null becomes a bare key. */
function format(system, properties) {
  const parts = Object.entries(system).map(([name, value]) => [keys[name] || name, value]);
  return parts
    .concat(Object.entries(properties))
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => (value === null ? strict(key) : `${strict(key)}=${strict(String(value))}`))
    .join("&");
}

module.exports = { format, parse };
