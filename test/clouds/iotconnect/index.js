"use strict";
/**
 * A local IoTConnect: discovery and identity over HTTP, and behind them the local IoT Hub, which verifies tokens and topics. Every message
 * of a device is held against the shapes of its generation: what is wrong is in `cloud.faults`, the rest in `cloud.messages`.
 *
 *   const cloud = createCloud({ at: 5, version: "1.0", template: { att, set, r } });
 *   cloud.attach(device);                 // names, HTTPS and MQTT in the network of the mock
 *   await cloud.listen({ tls });          // or on loopback: cloud.url, cloud.port
 *
 * `script(what, answers)`, what being "discovery" or "sync": a number is a refusal of that code, `{ status, body }` any answer, "silent"
 * and "drop" none. MQTT is scripted at `cloud.hub` (../azure/hub.js). Packages in `cloud.files` { path: Buffer } are served in ranges.
 */
const http = require("node:http");
const https = require("node:https");
const fs = require("node:fs");
const { createCloud: azure } = require("../azure");
const sas = require("../azure/sas");
const { range } = require("../../../tool/ota/serve.js");
const { fault1, fault21, TOPICS } = require("./shapes");
const answers = require("./answers");

const KEY = Buffer.from("the device's own key").toString("base64");

const toBytes = (body) => (Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body), "utf8"));

class Cloud {
  constructor(options) {
    this.cpId = options.cpId || "acme01";
    this.uniqueId = options.uniqueId || "dev1";
    this.env = options.env || "PROD";
    this.version = options.version || "1.0";
    this.platform = options.platform || "az";
    this.at = options.at || 5;
    this.key = options.key || KEY;
    this.dtg = "4b7a1c0e-1111-4000-8000-0000000000d1";
    this.cd = "XG4E2CA";
    this.host = options.host || "hub.sim.test";
    this.agent = options.agent || "https://agent.example";
    this.hubPort = options.hubPort || 8883;
    this.edge = options.edge || 0;
    this.sc = options.sc || { sf: 15, df: 0 };
    this.devices = options.devices || [{ id: this.uniqueId, tg: "", s: 1 }];
    this.template = { att: [], set: [], r: null, ota: null, ...options.template };
    this.id = `${this.cpId}-${this.uniqueId}`;
    this.scripts = { discovery: [], sync: [] };
    this.files = {};
    this.requests = [];
    this.messages = [];
    this.faults = [];
    const identity = [2, 3].includes(this.at) ? { x509: true } : { key: this.key };
    // With a provisioning service the hub knows nobody who was not enrolled there.
    const devices = options.dps ? {} : { [this.id]: identity };
    this.azure = azure({ now: options.now, hub: { names: [this.host], devices }, dps: options.dps });
    this.hub = this.azure.hub;
    const { telemetry } = this.hub;
    telemetry.push = (item) => {
      this.heard(item);
      return Array.prototype.push.call(telemetry, item);
    };
  }

  script(what, list) {
    this.scripts[what] = this.scripts[what].concat(list);
    return this;
  }

  now() {
    return this.azure.clock.now();
  }

  /** A message to the device. */
  send(message) {
    return this.hub.send(this.id, typeof message === "string" ? message : JSON.stringify(message));
  }

  command(cmdType, data = {}) {
    return this.send({ cmdType, data: { cpid: this.cpId, guid: "g", uniqueId: this.uniqueId, cmdType, ...data } });
  }

  of(mt) {
    return this.messages.filter((m) => m.mt === mt || m.topic === mt).map((m) => m.json);
  }

  /** The elements of such messages, with `od` where they were stored. */
  elements(mt) {
    return this.of(mt).flatMap(({ od, d }) => d.map((e) => ({ ...e, od })));
  }

  heard({ text, bag }) {
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      return void this.faults.push({ reason: "no JSON", text });
    }
    const v21 = this.version === "2.1";
    const query = new URLSearchParams(bag);
    const topic = v21 ? (query.get("di") ? "di" : TOPICS[query.get("mt")]) : undefined;
    const reason = v21 ? fault21(json, topic) : bag ? "properties" : fault1(this, json);
    if (reason) this.faults.push({ reason, text });
    else if (topic === "di") answers.di(this, json);
    this.messages.push({ json, topic, mt: json.mt, at: this.now() });
    return undefined;
  }

  /** The token that the cloud itself hands out (authentication type 1). */
  password() {
    const sr = encodeURIComponent(`${this.host}/devices/${this.id}`);
    return this.at === 1 ? sas.sign({ key: this.key, sr, se: Math.floor(this.now() / 1000) + 86400 * 365 }) : "";
  }

  /** → `{ status, body }`, or "silent", "drop". */
  request(method, path, body, asked) {
    this.requests.push({ method, path, body });
    const file = this.files[path];
    const part = file && range(asked, file.length);
    if (file && !part) return { status: 416, body: "no such range" };
    if (file) return { status: 206, body: file.subarray(part.from, part.to + 1), range: `bytes ${part.from}-${part.to}/${file.length}` };
    const what = /\/(api\/sdk|dsdk)\//.test(path) ? "discovery" : /\/(sync$|uid\/)/.test(path) ? "sync" : undefined;
    if (!what) return { status: 404, body: { status: 404, message: "no such path" } };
    const scripted = this.scripts[what].shift();
    if (typeof scripted === "string" || (scripted && scripted.body !== undefined)) return scripted;
    return { status: 200, body: answers[what](this, method, path, body, scripted || 0) };
  }

  /** A connection as a peer of the mock. */
  http = (peer) => {
    let input = "";
    peer.onData = (bytes) => {
      input += bytes;
      const end = input.indexOf("\r\n\r\n");
      const length = Number((/content-length: (\d+)/i.exec(input) || [0, 0])[1]);
      if (end < 0 || input.length < end + 4 + length) return;
      const [method, path] = input.split(" ");
      const asked = (/\r\nrange: (.*)\r\n/i.exec(input) || [])[1];
      const answer = this.request(method, path, Buffer.from(input.slice(end + 4), "latin1").toString("utf8"), asked);
      input = "";
      if (answer === "silent") return;
      if (answer !== "drop") {
        const text = toBytes(answer.body).toString("latin1");
        const date = new Date(this.now()).toUTCString();
        const part = answer.range ? `Content-Range: ${answer.range}\r\n` : "";
        peer.write(`HTTP/1.1 ${answer.status || 200} X\r\nDate: ${date}\r\n${part}Content-Length: ${text.length}\r\n\r\n${text}`);
      }
      peer.end();
    };
    peer.onClose = () => {};
  };

  /** Into the network of the mock; the hub's time is the device's unless `now` was given. */
  attach(device, { commonName } = {}) {
    device.net.name("discovery.iotconnect.io", "agent.example", this.host);
    device.net.serve(443, this.http);
    device.net.serve(80, this.http);
    device.net.serve(8883, (peer) => this.azure.peer(peer, { commonName }));
    return this;
  }

  async listen({ tls } = {}) {
    const files =
      tls && Object.fromEntries(["cert", "key", "ca"].filter((name) => tls[name]).map((name) => [name, fs.readFileSync(tls[name])]));
    const take = (request, response) => {
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        const answer = this.request(request.method, request.url, Buffer.concat(chunks).toString("utf8"), request.headers.range);
        if (answer === "silent") return;
        if (answer === "drop") return void request.socket.destroy();
        const body = toBytes(answer.body);
        const part = answer.range && { "Content-Range": answer.range };
        response.writeHead(answer.status || 200, {
          "Content-Type": "application/json",
          "Content-Length": body.length,
          Connection: "close",
          ...part,
        });
        response.end(body);
      });
    };
    this.server = tls
      ? https.createServer({ ...files, maxVersion: "TLSv1.2", ciphers: "DEFAULT@SECLEVEL=1", requestCert: false }, take)
      : http.createServer(take);
    await this.azure.listen({ tls });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.host = "localhost";
    this.hub.names = ["localhost", "127.0.0.1"];
    this.hubPort = this.hub.port;
    this.url = this.agent = `http${tls ? "s" : ""}://localhost:${this.server.address().port}`;
    return this;
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
    await this.azure.close();
  }
}

const createCloud = (options = {}) => new Cloud(options);

module.exports = { createCloud, KEY };
