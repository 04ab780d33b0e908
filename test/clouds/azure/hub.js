"use strict";
/** The IoT Hub: registry, identities, what a service may ask of a device. The wire side is hub-session.js. */
const { Twin } = require("./twin");
const { Mailbox } = require("./c2d");
const { HubSession } = require("./hub-session");
const sas = require("./sas");

const METHOD_LIMIT = 128 * 1024;
const VERSIONS = ["2016-11-14", "2018-06-30", "2019-03-30", "2019-10-01", "2020-03-13", "2020-09-30", "2021-04-12"];
const FIRST_WITH_MODEL = "2020-09-30";

class Hub {
  constructor(cloud, options) {
    this.cloud = cloud;
    /** Host names under which devices may address it; the port that it listens on may follow. */
    this.names = options.names || ["localhost", "127.0.0.1", "hub.sim.test"];
    /** Shared access policies, name → key. */
    this.policies = options.policies || {};
    /** Seconds for which a connection outlives its token. */
    this.grace = options.grace || 0;
    /** What survives a connection with clean session 0: "all" subscriptions, only "c2d", or "none". */
    this.sessions = options.sessions || "all";
    this.devices = new Map();
    this.telemetry = [];
    /** Method answers that came too late or that nobody asked for. */
    this.stray = [];
    this.scripts = { connect: [], get: [], reported: [], telemetry: [] };
    this.serial = 0;
    for (const [id, device] of Object.entries(options.devices || {})) this.create(id, device);
  }

  /** A device, or a module named DEVICE/MODULE. `{ key, secondaryKey, x509 }`: base64 keys, or `x509: true` for a certificate whose common name is the id. */
  create(id, identity = {}) {
    const known = this.devices.get(id);
    if (known) return Object.assign(known, identity);
    const device = { id, enabled: true, wire: undefined, subscriptions: new Map(), calls: new Map(), connects: 0, ...identity };
    device.twin = new Twin((patch) => device.wire && device.wire.session.desired(patch));
    device.mail = new Mailbox(id, this.cloud.clock);
    this.devices.set(id, device);
    return device;
  }

  device(id) {
    const device = this.devices.get(id);
    if (!device) throw new Error(`404001 no device ${id}`);
    return device;
  }

  twin(id) {
    return this.device(id).twin;
  }

  connected(id) {
    return this.devices.has(id) && this.devices.get(id).wire !== undefined;
  }

  /**
   * Answers to come, each for one request: `connect`: a return code, "silent" or "drop"; `get` and `reported`: a status,
   * `{ status, body, delay }`, "silent" or "drop"; `telemetry`: "ack", "silent" (no PUBACK), "drop" or `{ delay }`.
   */
  script(what, answers) {
    if (!this.scripts[what]) throw new Error(`no script for ${what}`);
    this.scripts[what] = this.scripts[what].concat(answers);
  }

  /** Cuts the connection, as networks do. */
  drop(id, reason = "dropped") {
    const { wire } = this.device(id);
    if (wire) wire.destroy(reason);
    return wire !== undefined;
  }

  disable(id, disabled = true) {
    this.device(id).enabled = !disabled;
    if (disabled) this.drop(id, "disabled");
  }

  remove(id) {
    this.drop(id, "deleted");
    this.devices.delete(id);
  }

  /** A cloud-to-device message; see c2d.js for the options. → the message, whose `outcome` tells what became of it. */
  send(id, body, options) {
    const { mail, wire } = this.device(id);
    const message = mail.add(body, options);
    if (wire) wire.session.mail();
    return message;
  }

  /** A direct method. → promise of `{ status, payload }`; 404 when the device is away, 504 when it does not answer in `timeout` ms. */
  invoke(id, method, payload, { timeout = 30000, rid = (++this.serial).toString(16) } = {}) {
    const device = this.devices.get(id);
    if (!device || !device.wire || !device.wire.session.has("$iothub/methods/POST/#")) {
      return Promise.resolve({ status: 404, payload: { errorCode: 404103, message: "not online" } });
    }
    const body = payload === undefined ? "" : JSON.stringify(payload);
    if (Buffer.byteLength(body) > METHOD_LIMIT) return Promise.resolve({ status: 413, payload: { errorCode: 413001 } });
    return new Promise((done) => {
      const timer = this.cloud.clock.after(() => {
        device.calls.delete(rid);
        done({ status: 504, payload: { errorCode: 504101, message: "timed out" } });
      }, timeout);
      device.calls.set(rid, (status, answer) => {
        device.calls.delete(rid);
        this.cloud.clock.cancel(timer);
        done({ status, payload: answer });
      });
      device.wire.deliver(`$iothub/methods/POST/${encodeURIComponent(method).replace(/%2A/gi, "*")}/?$rid=${rid}`, body);
    });
  }

  hostKnown(host) {
    return this.names.some((name) => host === name || host === `${name}:${this.port}` || host === `${name}:8883`);
  }

  /** `{ session }`, or `{ code, problem }`. */
  open(wire, packet) {
    const scripted = this.scripts.connect.shift();
    if (typeof scripted === "string") return { act: scripted };
    if (scripted) return { code: scripted, problem: "as told" };
    const match = /^([^/]+)\/([^/]+(?:\/[^/?]+)?)\/\?(.+)$/.exec(packet.username || "");
    if (!match) return { code: 4, problem: "user name" };
    // A module is a device called DEVICE/MODULE.
    const [, host, id, query] = match;
    const fields = new URLSearchParams(query.replace(/\+/g, "%2B"));
    const version = fields.get("api-version");
    if (!this.hostKnown(host)) return { code: 5, problem: `no hub ${host}` };
    if (!VERSIONS.includes(version)) return { code: 4, problem: `api-version ${version}` };
    if (fields.has("model-id") && version < FIRST_WITH_MODEL) return { code: 4, problem: "model-id needs a newer api-version" };
    if (packet.clientId !== id) return { code: 5, problem: "client id is not that of the user name" };
    const device = this.devices.get(id);
    if (!device) return { code: 5, problem: `no device ${id}` };
    if (!device.enabled) return { code: 5, problem: "disabled" };
    const proof = this.authenticate(wire, packet, device, `${host}/${pathOf(id)}`);
    if (proof.problem) return { code: 5, problem: proof.problem };
    if (packet.will && packet.will.topic.indexOf(`${pathOf(id)}/messages/events`)) return { code: 4, problem: "will topic" };
    const about = { modelId: fields.get("model-id") || undefined, client: fields.get("DeviceClientType") || undefined };
    return { session: new HubSession(this, wire, device, { ...about, expires: proof.se, clean: packet.clean, will: packet.will }) };
  }

  authenticate(wire, packet, device, resource) {
    if (device.x509) return wire.from.commonName === device.id && !packet.password ? {} : { problem: "client certificate" };
    if (!packet.password) return { problem: "no token" };
    const token = packet.password.toString("utf8");
    const now = this.cloud.clock.now();
    const { skn } = sas.parse(token) || {};
    if (skn) {
      const covers = (sr) => sr === resource || resource.startsWith(`${sr}/`);
      return sas.verify(token, { resource: covers, keys: [this.policies[skn]], skn, now });
    }
    return sas.verify(token, { resource: (sr) => sr === resource, keys: [device.key, device.secondaryKey], skn: "", now });
  }
}

const pathOf = (id) => `devices/${id.replace("/", "/modules/")}`;

module.exports = { Hub };
