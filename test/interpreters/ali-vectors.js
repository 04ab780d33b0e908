"use strict";
/** test/vectors/ali.json as calls: `{ name, call: [function, ...arguments], expect }`. Answers are text; bytes travel as hexadecimal. */
const vectors = require("../vectors/ali.json");

const defined = (o) => Object.fromEntries(Object.entries(o).filter(([, value]) => value !== null && value !== undefined));
const flat = (who) => [who.clientId, who.username, who.password].join(" ");
function cases() {
  const list = [];
  const add = (name, call, expect) => list.push({ name, call, expect });
  for (const v of vectors.connect) {
    const { signmethod, ...rest } = defined(v.in);
    // The C library's order of pairs is its own.
    const attributes = v.name === "c-sdk-4-style" ? v.mqttClientId.split("|")[1] : undefined;
    add(
      v.name,
      ["login", defined({ ...rest, signMethod: signmethod, attributes })],
      flat({ clientId: v.mqttClientId, username: v.username, password: v.password }),
    );
  }
  for (const v of vectors.dynamicRegister) {
    const o = v.in && defined(v.in);
    const { productKey, deviceName, random, productSecret } = o || {};
    if (v.sign) add(v.name, ["sign", o.signMethod, productSecret, { deviceName, productKey, random }], v.sign);
    else if (o) {
      const { signmethod, ...rest } = o;
      add(
        v.name,
        ["login", { ...rest, signMethod: signmethod }],
        flat({ clientId: v.mqttClientId, username: v.username, password: v.password }),
      );
    } else {
      const got = JSON.parse(v.payload);
      const { mqttClientId, username, password } = v.expectConnect;
      add(v.name, ["login", { productKey: got.productKey, deviceName: got.deviceName, clientId: got.clientId, deviceToken: got.deviceToken }], flat({ clientId: mqttClientId, username, password })); // prettier-ignore
    }
  }
  for (const v of vectors.subDevice) {
    const o = v.params || v.in || { deviceName: "sub1", productKey: "a1SubProdKy", random: v.random, signMethod: v.signMethod };
    const secret = v.secret || (v.in ? v.in.deviceSecret : "subsecret0123456789");
    const fields = defined({
      clientId: o.clientId,
      deviceName: o.deviceName,
      productKey: o.productKey,
      random: o.random,
      timestamp: o.timestamp,
    });
    add(v.name, ["sign", o.signMethod, secret, fields], v.sign || v.params.sign);
  }
  for (const v of vectors.crc16) {
    const bytes = v.inputHex === undefined ? Buffer.from(v.inputUtf8).toString("hex") : v.inputHex;
    add(`crc16 of ${bytes.length / 2} bytes`, ["crc16", { hex: bytes }], String(Number(v.crc)));
  }
  for (const v of vectors.fileDownloadFrames) {
    const { id, data } = JSON.parse(v.header);
    const good = [id, data.fileLength, data.bSize, data.bOffset, v.dataHex].join(" ");
    add(v.name, ["unframe", { hex: v.frameHex }], v.name === "bad-crc" ? "error protocol" : good);
  }
  for (const v of vectors.ota.slice(0, 2)) {
    add(`md5 of ${v.size} bytes`, ["digest", "md5", v.content], v.md5);
    add(`sha256 of ${v.size} bytes`, ["digest", "sha256", v.content], v.sha256);
  }
  for (const v of vectors.misc) {
    if (v.name === "ntp") add(v.name, ["moment", v.in.deviceSendTime, v.in, v.in.deviceRecvTime], String(v.expect.serverTimeAtReceive));
    if (v.name === "mqtt-connect-packet") {
      const { signmethod, ...rest } = defined(vectors.connect.find((one) => one.name === v.of).in);
      add(v.name, ["packet", { ...rest, signMethod: signmethod }, v.keepalive], v.hex);
    }
    if (/^tls-psk/.test(v.name)) add("tls-psk", ["sign", "hmacsha256", "ds0123456789abcdefABCDEF0123456", { id: "a1AbCdEfGhI&dev001", timestamp: "2524608000000" }], v.pskHexString); // prettier-ignore
    if (v.name === "float-encoding") for (const [value, text] of v.cases) add(`float ${value}`, ["float", value], text);
  }
  return list;
}

/** ES5: `answer(module, call)` → text. `m` has what the module exports, and where they are wanted stringify, packet, digest. */
const ANSWER = `
function unhexed(t) { var o = ""; for (var i = 0; i < t.length; i += 2) o += String.fromCharCode(parseInt(t.substr(i, 2), 16)); return o; }
function hexed(b) { var o = ""; for (var i = 0; i < b.length; i++) o += (256 + b.charCodeAt(i)).toString(16).substr(1); return o; }
function answer(m, c) {
  var f = c[0], a = c[1], r;
  try {
    if (f === "login") { r = m.login(a); return r.clientId + " " + r.username + " " + r.password; }
    if (f === "sign") return m.sign(a, c[2], c[3]);
    if (f === "crc16") return "" + m.crc16(unhexed(a.hex));
    if (f === "unframe") { r = m.unframe(unhexed(a.hex)); return [r.id, r.data.fileLength, r.data.bSize, r.data.bOffset, hexed(r.data.block)].join(" "); }
    if (f === "digest") return m.digest(a, c[2]);
    if (f === "moment") return "" + m.moment(a, c[2], c[3]);
    if (f === "packet") return m.packet(a, c[2]);
    if (f === "float") return m.stringify(m.float(a));
  } catch (e) {
    return "error " + e.code;
  }
}`;

module.exports = { ANSWER, cases };
