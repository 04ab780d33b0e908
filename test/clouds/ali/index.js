"use strict";
/**
 * A local Alibaba Cloud IoT platform. It checks every signature by its content, keeps shadows, tags and update plans, answers as
 * documented and enforces the limits. What it refuses is in `refused`, what it drops in silence in `lost`, why it closed in `closed`.
 *
 *   const cloud = createCloud({ devices: [{ productKey, deviceName, secret }], products: { pk: { secret, dynamic: true } } });
 *   await cloud.listen();                  // loopback, free ports: cloud.port (MQTT), cloud.httpPort
 *   network.serve(1883, cloud.peer);       // or in the memory of the Espruino mock
 *   cloud.set(device, params), cloud.call(device, service, params), cloud.rrpc(device, payload) → promises of what came back
 *   cloud.plan(device, { module, version, files, … })
 */
const crypto = require("node:crypto");
const fs = require("node:fs");
const net = require("node:net");
const tls = require("node:tls");
const { digest, serve } = require("./files");
const { register } = require("./register");
const shadows = require("./shadow");
const { Wire } = require("./wire");

class Cloud {
  constructor(options) {
    Object.assign(this, {
      devices: new Map(),
      products: new Map(),
      wires: new Set(),
      servers: [],
      packets: [],
      closed: [],
      refused: [],
      lost: [],
      http: [],
    });
    Object.assign(this, {
      plans: new Map(),
      files: new Map(),
      urls: new Map(),
      ranges: true,
      messages: [],
      errors: [],
      calls: new Map(),
      counter: 0,
      skew: 0,
    });
    this.now = options.now || Date.now;
    this.later = options.now ? (fn) => fn() : setImmediate;
    this.connectsPerMinute = options.connectsPerMinute || 5;
    // Of each QoS, within a second.
    this.perSecond = options.perSecond || [30, 10];
    this.strictTls = options.strictTls || false;
    this.config = options.config;
    this.model = options.types || {};
    for (const [key, product] of Object.entries(options.products || {})) this.products.set(key, product);
    for (const { productKey, deviceName, ...rest } of options.devices || []) this.device(productKey, deviceName, rest);
  }

  device(productKey, deviceName, more = {}) {
    const key = `${productKey}/${deviceName}`;
    const fresh = {
      key,
      productKey,
      deviceName,
      properties: {},
      events: [],
      tags: {},
      desired: {},
      logs: [],
      versions: {},
      progress: [],
      connects: [],
      topology: new Set(),
      shadow: shadows.fresh(),
    };
    this.devices.set(key, { ...fresh, ...more });
    return this.devices.get(key);
  }

  secret() {
    return crypto.randomBytes(16).toString("hex");
  }

  /** Dynamic registration: only the latest secret counts. */
  grant(productKey, deviceName, kind) {
    const device = this.devices.get(`${productKey}/${deviceName}`) || this.device(productKey, deviceName);
    if (kind !== "regnwl") return { deviceSecret: (device.secret = this.secret()) };
    device.clientId = this.secret().slice(0, 13);
    device.token = `^1^1700000000000^${this.secret().slice(0, 15)}`;
    return { clientId: device.clientId, deviceToken: device.token };
  }

  types(device) {
    return this.model[device.productKey] || {};
  }

  countConnect(device) {
    const now = this.now();
    device.connects = device.connects.filter((at) => now - at < 60000);
    if (device.connects.length >= this.connectsPerMinute) return false;
    device.connects.push(now);
    return true;
  }

  online() {}

  /** A job that is not done is pushed when its device can hear it. */
  subscribed(device, filters) {
    if (!filters.some((filter) => filter.startsWith("/ota/device/upgrade/"))) return;
    for (const plan of this.plans.values()) if (plan.key === device.key && plan.state !== "done") this.later(() => this.push(plan));
  }

  said(device, topic, payload) {
    this.messages.push({ device: device.key, topic, payload: payload.toString(), bytes: payload });
    const call = this.calls.get(topic);
    if (call) call(payload);
  }

  ota(device, what, body) {
    const { params = {} } = body || {};
    const module = params.module || "default";
    const plan = this.plans.get(`${device.key} ${module}`);
    if (what === "inform") {
      device.versions[module] = params.version;
      if (plan && plan.data.version === params.version) plan.state = "done";
    }
    if (what === "progress") {
      device.progress.push({ step: Number(params.step), desc: params.desc, module });
      if (plan && plan.state === "pending") plan.state = "upgrading";
      if (plan && Number(params.step) < 0) plan.state = "failed";
    }
  }

  /** `files`: [{ name, bytes }]. `over`: "http" (default) or "mqtt", which takes one file. */
  plan(device, { module, version, files, signMethod = "SHA256", over = "http", change = (data) => data }) {
    const base = `http://127.0.0.1:${this.httpPort}`;
    const data = { version, signMethod, ...(module ? { module } : {}) };
    const urls = files.map(({ name, bytes }) => {
      const path = `/${this.counter++}/${name}?Expires=1&OSSAccessKeyId=a%2Bb&Signature=x%3D`;
      this.urls.set(path, bytes);
      return base + path;
    });
    const one = ({ bytes }) => ({
      size: bytes.length,
      sign: digest(signMethod, bytes),
      ...(/md5/i.test(signMethod) ? { md5: digest("md5", bytes) } : {}),
    });
    if (over === "mqtt") {
      const streamId = 1000 + this.counter++;
      this.files.set(`${streamId}/1`, files[0].bytes);
      Object.assign(data, one(files[0]), { dProtocol: "mqtt", streamId, streamFileId: 1 });
    } else if (files.length === 1) Object.assign(data, one(files[0]), { url: urls[0] });
    else
      data.files = files.map((file, i) => ({
        fileName: file.name,
        fileUrl: urls[i],
        fileSize: file.bytes.length,
        fileMd5: digest("md5", file.bytes),
        fileSign: digest(signMethod, file.bytes),
      }));
    const plan = { key: device.key, module: module || "default", state: "pending", data: change(data) };
    this.plans.set(`${device.key} ${plan.module}`, plan);
    this.push(plan);
    return plan;
  }

  push(plan) {
    const device = this.devices.get(plan.key);
    if (device.session)
      device.session.deliver(`/ota/device/upgrade/${plan.key}`, { code: "1000", data: plan.data, id: this.now(), message: "success" }, 1);
  }

  /** Something for a device; → whether it was subscribed. */
  tell(device, topic, body, qos) {
    return Boolean(device.session && device.session.deliver(topic, body, qos));
  }

  /** Tells, and waits for what is published on `back`. */
  exchange(device, topic, body, back, ms = 60000) {
    return new Promise((done, fail) => {
      const timer = setTimeout(() => (this.calls.delete(back), fail(new Error(`nothing came on ${back}`))), ms);
      // What nobody waits for any more holds up no process.
      timer.unref();
      this.calls.set(back, (payload) => (clearTimeout(timer), this.calls.delete(back), done(payload)));
      if (this.tell(device, topic, body)) return;
      clearTimeout(timer);
      fail(new Error(`not subscribed: ${topic}`));
    });
  }

  request(device, path, method, params) {
    const topic = `/sys/${device.key}/${path}`;
    return this.exchange(device, topic, { method, id: String(++this.counter), params, version: "1.0.0" }, `${topic}_reply`).then(
      JSON.parse,
    );
  }

  set(device, params) {
    return this.request(device, "thing/service/property/set", "thing.service.property.set", params);
  }

  call(device, service, params) {
    return this.request(device, `thing/service/${service}`, `thing.service.${service}`, params);
  }

  rrpc(device, payload, id = String(1e15 + ++this.counter), ms = 60000) {
    const head = `/sys/${device.key}/rrpc/`;
    return this.exchange(device, `${head}request/${id}`, payload, `${head}response/${id}`, ms);
  }

  /** A synchronous call of a service, as a device without `ext` gets it. */
  async sync(device, service, params, ms, id = undefined) {
    return JSON.parse(
      await this.rrpc(device, { method: `thing.service.${service}`, id: String(++this.counter), params, version: "1.0.0" }, id, ms),
    );
  }

  desire(device, state) {
    return this.tell(device, `/shadow/get/${device.key}`, shadows.want(device, state, this.now()));
  }

  error(device, code, message) {
    const { session } = device;
    if (!session) return;
    session.children.delete(device);
    device.session = undefined;
    const own = session.device;
    session.deliver(`/ext/error/${own.key}`, {
      id: String(++this.counter),
      code,
      message,
      data: { productKey: device.productKey, deviceName: device.deviceName },
    });
  }

  handle(stream, secure = false) {
    const wire = this.wire({ write: (bytes) => stream.write(bytes), end: () => stream.end(), destroy: () => stream.destroy() }, secure);
    stream.on("data", (bytes) => wire.receive(bytes));
    for (const event of ["end", "close", "error"]) stream.on(event, () => wire.finish());
    return wire;
  }

  /** A connection as a peer of the mock's network. */
  peer = (peer) => {
    const wire = this.wire(
      { write: (bytes) => peer.write(bytes.toString("latin1")), end: () => peer.end(), destroy: () => peer.reset() },
      false,
    );
    peer.onData = (bytes) => wire.receive(Buffer.from(bytes, "latin1"));
    peer.onClose = () => wire.finish();
    return wire;
  };

  wire(link, secure) {
    const wire = new Wire(this, link, secure);
    this.wires.add(wire);
    return wire;
  }

  async listen({ tls: files } = {}) {
    const secure = files && {
      cert: fs.readFileSync(files.cert),
      key: fs.readFileSync(files.key),
      maxVersion: "TLSv1.2",
      ciphers: "ECDHE-RSA-AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-GCM-SHA256@SECLEVEL=1",
    };
    const accept = (socket) => (socket.setNoDelay(true), this.handle(socket, Boolean(files)));
    this.port = await this.start(files ? tls.createServer(secure, accept) : net.createServer(accept));
    this.httpPort = await this.start(serve(this));
    this.authPort = await this.start(register(this, secure));
    return this;
  }

  start(server) {
    this.servers.push(server);
    server.on("tlsClientError", () => {});
    return new Promise((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", () => done(server.address().port)));
  }

  async close() {
    [...this.wires].forEach((wire) => wire.destroy());
    await Promise.all(this.servers.map((server) => new Promise((done) => (server.closeAllConnections?.(), server.close(done)))));
  }
}

/** @type {(options?: any) => any} */
const createCloud = (options = {}) => new Cloud(options);

module.exports = { createCloud };
