"use strict";
/** Sockets for the cloud: loopback, whatever port is free. */
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const net = require("node:net");
const tls = require("node:tls");
const { commonName, restHandler } = require("./dps-rest");

function start(cloud, server) {
  cloud.servers.push(server);
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => done(server.address().port));
  });
}

// TLS 1.2 with the services' suites, and the plain RSA exchange that Espruino's Linux build is limited to.
const secure = ({ cert, key, ca }) => ({
  cert: fs.readFileSync(cert),
  key: fs.readFileSync(key),
  ...(ca ? { ca: fs.readFileSync(ca), requestCert: true, rejectUnauthorized: false } : {}),
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
  ciphers: "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:AES256-GCM-SHA384:AES128-GCM-SHA256@SECLEVEL=1",
});

function mqtt(cloud, service, files) {
  const accept = (socket) => {
    socket.setNoDelay(true);
    const name = files && commonName(socket);
    const shown = files && { sni: socket.servername || null, protocol: socket.getProtocol(), clientCertCN: name || null };
    cloud.handle(socket, { service, commonName: name, tls: shown });
  };
  const server = files ? tls.createServer(secure(files), accept) : net.createServer(accept);
  server.on("tlsClientError", (error) => cloud.trace.add({ packet: "TLS_ERROR", error: error.message }));
  return start(cloud, server);
}

function restServer(cloud, files) {
  const handler = restHandler(cloud.dps);
  const server = files ? https.createServer(secure(files), handler) : http.createServer(handler);
  return server.on("tlsClientError", () => {});
}

const rest = (cloud, files) => start(cloud, restServer(cloud, files));

module.exports = { mqtt, rest, restServer };
