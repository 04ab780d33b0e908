"use strict";
/** What the vectors ask for, as one file for an interpreter: the pure parts of `aliiot`, and what of the core they lean on. */
const path = require("path");
const { build } = require("./core");

const SRC = path.join(__dirname, "..", "..", "src");

const ENTRY = `
import { hex } from "${SRC}/core/bytes.ts";
import { md5 } from "${SRC}/core/md5.ts";
import { sha256 } from "${SRC}/core/sha256.ts";
import { connectPacket } from "${SRC}/mqtt/options.ts";
import { login } from "${SRC}/cloud/aliiot/adapter.ts";
export { login, sign } from "${SRC}/cloud/aliiot/adapter.ts";
export { float, moment } from "${SRC}/cloud/aliiot/alink.ts";
import { unframe as open } from "${SRC}/cloud/aliiot/frame.ts";
export { crc16 } from "${SRC}/cloud/aliiot/frame.ts";
import { parse } from "${SRC}/core/json.ts";
export { stringify } from "${SRC}/core/json.ts";
export function unframe(bytes) { return open(bytes, parse); }
export function digest(kind, bytes) { return hex((kind === "md5" ? md5 : sha256)(bytes)); }
export function packet(who, keepalive) {
  var o = login(who);
  return hex(connectPacket({ clientId: o.clientId, username: o.username, password: o.password, keepalive: keepalive }));
}
`;

module.exports = { build: (kind) => build(kind, kind === "shell", ENTRY) };
