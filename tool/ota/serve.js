"use strict";
// Packages over HTTP with ranges, as devices fetch them, and a line for each that tells how far each device is.
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { pipeline } = require("node:stream");

/** Bytes asked for, from `Range: bytes=A-B` or `A-`; undefined when there is none, false when it lies outside. */
function range(header, size) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header || "");
  if (!match) return undefined;
  const from = Number(match[1]);
  const to = match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  return from <= to && { from, to };
}

/** What the path of a request names, without its query; undefined when it is malformed. */
function asked(url) {
  try {
    return decodeURIComponent(url.split("?")[0].slice(1));
  } catch {
    return undefined;
  }
}

/** The size of a file of the folder itself that may be served; undefined when there is none. */
function sizeOf(folder, name) {
  if (!name || path.basename(name) !== name || !name.endsWith(".ota")) return undefined;
  try {
    const stat = fs.statSync(path.join(folder, name));
    return stat.isFile() ? stat.size : undefined;
  } catch {
    // There is none, or there can be none of such a name.
    return undefined;
  }
}

/**
 * Serves `*.ota` of one folder, and nothing else. `seen({address, name, done, size})` is called with each answer.
 * @param {string} folder
 * @param {{ port?: number, host?: string, seen?: (line: object) => void }} [options]
 */
function serve(folder, { port = 8080, host = "0.0.0.0", seen = () => {} } = {}) {
  const server = http.createServer((request, response) => {
    const name = asked(request.url);
    const size = sizeOf(folder, name);
    if (size === undefined) return response.writeHead(404).end();
    if (!["GET", "HEAD"].includes(request.method)) return response.writeHead(405).end();
    const part = range(request.headers.range, size);
    if (part === false) return response.writeHead(416, { "Content-Range": `bytes */${size}` }).end();
    const { from, to } = part || { from: 0, to: size - 1 };
    const headers = { "Content-Type": "application/octet-stream", "Content-Length": to - from + 1, "Accept-Ranges": "bytes" };
    response.writeHead(part ? 206 : 200, part ? { ...headers, "Content-Range": `bytes ${from}-${to}/${size}` } : headers);
    if (request.method === "HEAD" || !size) return response.end();
    const stream = fs.createReadStream(path.join(folder, name), { start: from, end: to });
    stream.on("end", () => seen({ address: request.socket.remoteAddress, name, done: to + 1, size }));
    // A device that breaks off is no error: it comes back for the rest. The file is closed then.
    pipeline(stream, response, () => {});
  });
  return new Promise((resolve, reject) => server.once("error", reject).listen(port, host, () => resolve(server)));
}

module.exports = { serve, range };
