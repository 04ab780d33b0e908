"use strict";
/** Our module, as it is shipped for Node, in the role of the official SDK. */
const fs = require("node:fs");
const path = require("node:path");
const { outcome, until } = require("./outcome");

const dist = path.join(__dirname, "../../../dist/node");
const available = () => ["iotcentral", "sas"].every((name) => fs.existsSync(path.join(dist, `${name}.js`)));
const read = (file) => fs.readFileSync(file, "utf8");

/** Timers of the module that wait long, so that a test need not: `hurry(ms)` runs those that were set for that time. */
const waiting = new Map();
function watchTimers() {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  globalThis.setTimeout = (fn, ms, ...args) => {
    const timer = set(fn, ms, ...args);
    if (ms >= 60000) waiting.set(timer, { fn, ms, args });
    return timer;
  };
  globalThis.clearTimeout = (timer) => {
    waiting.delete(timer);
    clear(timer);
  };
}

function hurry(ms) {
  for (const [timer, it] of [...waiting]) {
    if (it.ms !== ms) continue;
    clearTimeout(timer);
    it.fn(...it.args);
  }
}

const LIFETIME = 3600;
const RENEWAL = LIFETIME * 750;

class Ours {
  constructor(setup) {
    watchTimers();
    this.setup = setup;
    this.name = "thincloud";
    this.iotcentral = require(path.join(dist, "iotcentral.js"));
    this.sas = require(path.join(dist, "sas.js"));
  }

  certificate(wanted) {
    return wanted ? { cert: read(this.setup.x509.cert), key: read(this.setup.x509.key) } : {};
  }

  provision({ id, payload, x509, untrusted }) {
    const { ca, cloud, idScope, key } = this.setup;
    const place = { idScope, registrationId: id, dpsHost: "localhost", dpsPort: cloud.dps.port, ntp: "" };
    const options = {
      ...place,
      ...(payload && { payload }),
      ...(untrusted ? { registrationTimeout: 2000 } : { ca }),
      ...this.certificate(x509),
    };
    const password = x509 ? undefined : this.sas.token({ idScope, registrationId: id, key });
    return outcome((done) => this.iotcentral.register(options, id, password, done));
  }

  async open({ id, modelId, product, keepalive, x509 }) {
    const { ca, cloud, key } = this.setup;
    const options = { host: "localhost", port: cloud.hub.port, deviceId: id, ca, ntp: "", ...this.certificate(x509) };
    if (!x509) options.deviceKey = key;
    if (modelId) options.modelId = modelId;
    if (product) options.agent = product;
    if (keepalive) options.keepalive = keepalive;
    options.logger = { info() {}, debug() {} };
    const client = this.iotcentral.hub(options);
    this.client = client;
    this.patches = [];
    this.handlers = {};
    this.heard = [];
    client.on("error", () => {});
    client.on("desired", (patch) => this.patches.push(JSON.parse(JSON.stringify(patch))));
    client.on("c2d", (body, properties) => this.heard.push({ body, messageId: properties["$.mid"], properties }));
    client.on("method", (name, body, respond) => {
      const handler = this.handlers[name];
      const [status, value] = handler ? handler(body && JSON.parse(body)) : [404];
      respond(status, value);
    });
    const opened = await outcome((done) => client.connect(done));
    if (!opened.ok) client.end(true);
    return opened;
  }

  send(body, { system = {}, properties = {}, component } = {}) {
    const { expiryTimeUtc, ...named } = system;
    const all = {
      ...named,
      ...(expiryTimeUtc && { expiry: expiryTimeUtc.toISOString() }),
      ...(component && { component: component.name }),
    };
    return outcome((done) => this.client.sendTelemetry(body, { ...all, ...properties }, done));
  }

  async twin() {
    await until(() => this.patches.length, 2000);
    return { ok: this.patches.length > 0, error: "no twin", result: { desired: this.patches[0] } };
  }

  report(patch) {
    return outcome((done) => this.client.sendProperty(patch, done));
  }

  desired() {
    return this.patches;
  }

  methods(handlers) {
    Object.assign(this.handlers, handlers);
  }

  messages() {
    return this.heard;
  }

  async renew({ valid }) {
    const { cloud } = this.setup;
    const { clientId } = this.client.options;
    for (let cycles = valid < 60 ? 2 : 1; cycles; cycles--) {
      const before = cloud.hub.device(clientId).connects;
      hurry(RENEWAL);
      await until(() => cloud.hub.device(clientId).connects > before && this.client.connected, 4000);
    }
    return { ok: true };
  }

  close() {
    return outcome((done) => this.client.disconnect(false, done));
  }
}

module.exports = { Ours, available };
