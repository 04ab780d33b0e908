"use strict";
/** Packages of an update: over HTTP with ranges, and over MQTT in blocks. */
const crypto = require("node:crypto");
const http = require("node:http");
const https = require("node:https");

function crc16(bytes) {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

/** The answer to thing/file/download. `files`: Map of "streamId/fileId" → Buffer. */
function frame(files, body) {
  const { fileInfo = {}, fileBlock = {} } = (body && body.params) || {};
  const whole = files.get(`${fileInfo.streamId}/${fileInfo.fileId}`);
  const { size, offset } = fileBlock;
  const ok = whole && size >= 256 && size <= 131072 && offset >= 0 && offset < whole.length;
  const block = ok ? whole.subarray(offset, offset + size) : Buffer.alloc(0);
  const data = ok ? { fileToken: "default", fileLength: whole.length, bSize: block.length, bOffset: offset } : {};
  const head = Buffer.from(
    JSON.stringify({ id: body && body.id, code: ok ? 200 : 460, message: ok ? "success" : "request parameter error", data }),
  );
  const crc = crc16(block);
  return Buffer.concat([Buffer.from([head.length >> 8, head.length & 255]), head, block, Buffer.from([crc & 255, crc >> 8])]);
}

/** Serves what `cloud.urls` (path → Buffer) has. Of a URL the query counts too: it is a signature. */
function serve(cloud, tls) {
  const handler = (request, response) => {
    cloud.http.push({ method: request.method, url: request.url, range: request.headers.range });
    const whole = cloud.urls.get(request.url);
    if (!whole) return response.writeHead(403).end();
    const match = cloud.ranges && /^bytes=(\d+)-(\d*)$/.exec(request.headers.range || "");
    if (!match) return response.writeHead(200, { "Content-Length": whole.length }).end(whole);
    const from = Number(match[1]);
    const part = whole.subarray(from, match[2] ? Number(match[2]) + 1 : undefined);
    const status = from < whole.length ? 206 : 416;
    return response
      .writeHead(status, { "Content-Length": part.length, "Content-Range": `bytes ${from}-${from + part.length - 1}/${whole.length}` })
      .end(part);
  };
  return tls ? https.createServer(tls, handler) : http.createServer(handler);
}

const digest = (method, bytes) =>
  crypto
    .createHash(/md5/i.test(method) ? "md5" : "sha256")
    .update(bytes)
    .digest("hex");

module.exports = { crc16, digest, frame, serve };
