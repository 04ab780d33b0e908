"use strict";
// Packages over HTTP with ranges, as devices fetch them, and a line for each that tells how far each device is.
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");

/** Bytes asked for, from `Range: bytes=A-B` or `A-`; undefined when there is none, false when it lies outside. */
function range(header, size) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header || "");
  if (!match) return undefined;
  const from = Number(match[1]);
  const to = match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  return from <= to && { from, to };
}

/**
 * Serves `*.ota` of one folder, and nothing else. `seen({address, name, done, size})` is called with each answer.
 * @param {string} folder
 * @param {{ port?: number, host?: string, seen?: (line: object) => void }} [options]
 */
function serve(folder, { port = 8080, host = "0.0.0.0", seen = () => {} } = {}) {
  const server = http.createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, "http://x").pathname.slice(1));
    const file = path.join(folder, name);
    const there = path.basename(name) === name && name.endsWith(".ota") && fs.existsSync(file);
    if (!there || !["GET", "HEAD"].includes(request.method)) return response.writeHead(there ? 405 : 404).end();
    const size = fs.statSync(file).size;
    const part = range(request.headers.range, size);
    if (part === false) return response.writeHead(416, { "Content-Range": `bytes */${size}` }).end();
    const { from, to } = part || { from: 0, to: size - 1 };
    const headers = { "Content-Type": "application/octet-stream", "Content-Length": to - from + 1, "Accept-Ranges": "bytes" };
    response.writeHead(part ? 206 : 200, part ? { ...headers, "Content-Range": `bytes ${from}-${to}/${size}` } : headers);
    if (request.method === "HEAD") return response.end();
    const stream = fs.createReadStream(file, { start: from, end: to });
    stream.on("end", () => seen({ address: request.socket.remoteAddress, name, done: to + 1, size }));
    // A device that breaks off is no error: it comes back for the rest.
    stream.on("error", () => response.destroy()).pipe(response);
  });
  return new Promise((resolve, reject) => server.once("error", reject).listen(port, host, () => resolve(server)));
}

module.exports = { serve, range };
