"use strict";
/** Who may connect: the platform's signatures, checked by their content. */
const crypto = require("node:crypto");

const ALGORITHMS = { hmacsha256: "sha256", hmacsha1: "sha1", hmacmd5: "md5" };

/** The names in alphabetical order, each followed by its value. */
const content = (fields) => Object.keys(fields).sort().map((name) => name + fields[name]).join(""); // prettier-ignore

function sign(method, secret, fields) {
  const algorithm = ALGORITHMS[String(method).toLowerCase()];
  return algorithm && crypto.createHmac(algorithm, secret).update(content(fields)).digest("hex");
}

const fits = (given, wanted) => wanted !== undefined && String(given).toLowerCase() === wanted;

/** "id|a=b,c=d|" → { id, pairs }; undefined when it is not of that form. */
function clientId(text) {
  const match = /^([^|]{1,64})\|([^|]*)\|$/.exec(text);
  if (!match) return undefined;
  const pairs = {};
  for (const part of match[2].split(",").filter(Boolean)) {
    const at = part.indexOf("=");
    if (at < 1) return undefined;
    pairs[part.slice(0, at)] = part.slice(at + 1);
  }
  return { id: match[1], pairs };
}

/** → { device } | { registration } | { code, problem }. `secure`: over TLS. */
function identify(cloud, packet, secure) {
  const given = clientId(packet.clientId);
  const [deviceName, productKey, more] = String(packet.username || "").split("&");
  const password = packet.password === undefined ? "" : packet.password.toString();
  if (!given || !deviceName || !productKey || more !== undefined) return { code: 2, problem: "client id or user name" };
  const { id, pairs } = given;
  const key = `${productKey}/${deviceName}`;
  const product = cloud.products.get(productKey);
  const device = cloud.devices.get(key);
  if (pairs.authType === "connwl") {
    if (pairs.securemode !== "-2") return { code: 2, problem: "connwl wants securemode -2" };
    return device && device.token && device.token === password && device.clientId === id ? { device } : { code: 4, problem: "token" };
  }
  const mode = Number(pairs.securemode);
  if (pairs.authType) {
    if (!["register", "regnwl"].includes(pairs.authType) || !pairs.random || (cloud.strictTls && !secure))
      return { code: 2, problem: "registration" };
    if (!product || !product.dynamic) return { code: 4, problem: "no dynamic registration" };
    if (!fits(password, sign(pairs.signmethod || "hmacmd5", product.secret, { deviceName, productKey, random: pairs.random })))
      return { code: 4, problem: "registration sign" };
    if (pairs.authType === "register" && (!device || device.active))
      return { code: 4, problem: device ? "already active" : "not pre-registered" };
    return { registration: pairs.authType, productKey, deviceName };
  }
  if (mode !== 2 && mode !== 3) return { code: 2, problem: `securemode ${pairs.securemode}` };
  if (cloud.strictTls && (mode === 2) !== secure)
    return { code: 2, problem: `securemode ${mode} on a connection ${secure ? "with" : "without"} TLS` };
  if (!device || !device.secret) return { code: 4, problem: "unknown device" };
  if (device.disabled) return { code: 5, problem: "disabled" };
  const fields = { clientId: id, deviceName, productKey };
  if (pairs.timestamp !== undefined) fields.timestamp = pairs.timestamp;
  if (!fits(password, sign(pairs.signmethod || "hmacmd5", device.secret, fields))) return { code: 4, problem: "sign" };
  return { device, pairs };
}

module.exports = { content, fits, identify, sign };
