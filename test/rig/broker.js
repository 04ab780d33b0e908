"use strict";
/**
 * Real brokers on free loopback ports: aedes in this process, mosquitto as a child. Both have the same handle:
 * `{ name, port, url, stop(), restart(), drop() }`; `restart` keeps the port and forgets every session, `drop` cuts the
 * connections but keeps the sessions (aedes only).
 */
const { spawn, spawnSync } = require("child_process");
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");
const tls = require("tls");

const LOCAL = "127.0.0.1";
const delay = (ms) => new Promise((done) => setTimeout(done, ms));

function listen(server, port) {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, LOCAL, () => done(server.address().port));
  });
}

async function freePort() {
  const server = net.createServer();
  const port = await listen(server, 0);
  await new Promise((done) => server.close(done));
  return port;
}

/**
 * Options: `port` (0), `tls` ({ cert, key } as file names, optionally `ca` to demand client certificates), `users`
 * ({ name: password }; without it everybody may come), `refuse` (topic filter prefixes that may not be subscribed), and
 * whatever aedes takes.
 */
async function startAedes(options = {}) {
  const { port: wanted = 0, tls: secure, users, refuse = [], ...rest } = options;
  const { Aedes } = await import("aedes");
  let broker, server, port = wanted; // prettier-ignore
  const sockets = new Set();

  async function start() {
    broker = await Aedes.createBroker({ queueLimit: 100000, maxInflightInbound: 0, ...rest });
    if (users) {
      broker.authenticate = (client, user, password, done) => {
        const known = user !== undefined && Object.hasOwn(users, user) && String(password) === users[user];
        done(known ? null : Object.assign(new Error("who are you?"), { returnCode: 4 }), known);
      };
    }
    broker.authorizeSubscribe = (client, subscription, done) =>
      done(null, refuse.some((prefix) => subscription.topic.indexOf(prefix) === 0) ? null : subscription);
    const accept = (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {});
      broker.handle(socket);
    };
    server = secure ? tls.createServer(tlsOptions(secure), accept) : net.createServer(accept);
    server.on("tlsClientError", () => {});
    port = await listen(server, port);
  }

  function drop() {
    sockets.forEach((socket) => socket.destroy());
  }

  async function stop() {
    drop();
    await new Promise((done) => server.close(done));
    await new Promise((done) => broker.close(done));
  }

  await start();
  return {
    name: "aedes",
    get port() {
      return port;
    },
    get url() {
      return `${secure ? "mqtts" : "mqtt"}://${secure ? "localhost" : LOCAL}:${port}`;
    },
    get broker() {
      return broker;
    },
    drop,
    stop,
    async restart(downtime = 0) {
      await stop();
      await delay(downtime);
      await start();
    },
  };
}

function tlsOptions({ cert, key, ca }) {
  return {
    cert: fs.readFileSync(cert),
    key: fs.readFileSync(key),
    ...(ca ? { ca: fs.readFileSync(ca), requestCert: true, rejectUnauthorized: true } : {}),
    // Espruino's Linux build knows only TLS 1.2 with the RSA key exchange
    maxVersion: "TLSv1.2",
    ciphers: "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-GCM-SHA256@SECLEVEL=1",
  };
}

const mosquittoBinary = () =>
  [process.env.MOSQUITTO_BIN, "mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].find(
    (name) => name && !spawnSync(name, ["-h"]).error,
  );

/** Options: `port` (0), `tls` ({ cert, key[, ca] } as file names), `users` ({ name: password }), `lines` (more configuration). Undefined, said loudly, when mosquitto is not installed. */
async function startMosquitto(options = {}) {
  const binary = mosquittoBinary();
  if (!binary) {
    console.error("NOT VERIFIED: mosquitto is not installed");
    return undefined;
  }
  const { tls: secure, users, lines = [] } = options;
  const port = options.port || (await freePort());
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-mosquitto-"));
  const file = path.join(dir, "mosquitto.conf");
  fs.writeFileSync(file, mosquittoConfig(dir, port, secure, users, lines));
  let child;

  async function start() {
    let said = "";
    child = spawn(binary, ["-c", file], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (text) => (said += text));
    child.stderr.on("data", (text) => (said += text));
    for (let i = 0; i < 100; i++) {
      if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}: ${said}`);
      if (await reachable(port)) return;
      await delay(50);
    }
    throw new Error(`mosquitto does not answer: ${said}`);
  }

  async function halt() {
    if (child.exitCode === null) {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGKILL"); // no farewell: what a device sees when a broker dies
      await ended;
    }
  }

  const atExit = () => {
    child.kill("SIGKILL");
    fs.rmSync(dir, { recursive: true, force: true });
  };
  process.on("exit", atExit);
  await start();
  return {
    name: "mosquitto",
    port,
    url: `${secure ? "mqtts" : "mqtt"}://${secure ? "localhost" : LOCAL}:${port}`,
    get pid() {
      return child.pid;
    },
    async stop() {
      process.removeListener("exit", atExit);
      await halt();
      fs.rmSync(dir, { recursive: true, force: true });
    },
    async restart(downtime = 0) {
      await halt();
      await delay(downtime);
      await start();
    },
  };
}

function mosquittoConfig(dir, port, secure, users, lines) {
  const config = ["user root", "persistence false", "log_type error", "log_dest stderr", "set_tcp_nodelay true"];
  config.push("max_queued_messages 0", "max_inflight_messages 0");
  config.push(`listener ${port} ${LOCAL}`, `allow_anonymous ${users ? "false" : "true"}`);
  if (users) {
    const file = path.join(dir, "users");
    fs.writeFileSync(file, "");
    for (const name of Object.keys(users)) spawnSync("mosquitto_passwd", ["-b", file, name, users[name]]);
    config.push(`password_file ${file}`);
  }
  if (secure) {
    config.push(`certfile ${secure.cert}`, `keyfile ${secure.key}`, "tls_version tlsv1.2");
    if (secure.ca) config.push(`cafile ${secure.ca}`, "require_certificate true");
  }
  return config.concat(lines).join("\n") + "\n";
}

function reachable(port) {
  return new Promise((done) => {
    const socket = net.connect(port, LOCAL);
    socket.on("connect", () => done(true) || socket.destroy());
    socket.on("error", () => done(false));
  });
}

module.exports = { LOCAL, delay, freePort, listen, startAedes, startMosquitto };
