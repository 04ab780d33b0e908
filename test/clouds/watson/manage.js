"use strict";
/**
 * The server of device management. What devices tell is in `cloud.devices.of(org, type, id)`; what the operator of the platform
 * does are its methods, each with a promise of the device's answer.
 */
const { randomUUID } = require("node:crypto");

const LEAST_LIFETIME = 3600;

class Device {
  constructor(devices, org, type, id) {
    Object.assign(this, { devices, org, type, id });
    this.managed = false;
    this.info = {};
    this.errorCodes = [];
    this.log = [];
    this.observed = {};
    this.notified = [];
    this.waiting = new Map();
    this.watchers = [];
  }

  /** The connection that speaks for it: its own, or that of the gateway it was managed through. */
  get wire() {
    const { cloud } = this.devices;
    return cloud.wireOf(this.via || `d:${this.org}:${this.type}:${this.id}`);
  }

  send(path, body) {
    const { wire } = this;
    if (!wire) return false;
    const topic = `iotdm-1/${wire.client.role === "g" ? `type/${this.type}/id/${this.id}/` : ""}${path}`;
    if (wire.wants(topic) < 0) return false;
    wire.deliver(topic, JSON.stringify(body), 1);
    return true;
  }

  /** Asks the device; → its answer, `{ rc, … }`. */
  request(path, d) {
    const reqId = randomUUID();
    return new Promise((done, fail) => {
      this.waiting.set(reqId, done);
      if (!this.send(path, d === undefined ? { reqId } : { reqId, d })) fail(new Error(`${this.type}:${this.id} does not listen`));
    });
  }

  reboot() {
    return this.request("mgmt/initiate/device/reboot");
  }

  factoryReset() {
    return this.request("mgmt/initiate/device/factory_reset");
  }

  update(field, value) {
    return this.request("device/update", { fields: [{ field, value }] });
  }

  observe(...fields) {
    return this.request("observe", { fields: fields.map((field) => ({ field })) });
  }

  cancel(...fields) {
    return this.request("cancel", { fields: fields.map((field) => ({ field })) });
  }

  custom(bundle, action, fields = {}) {
    return this.request(`mgmt/custom/${bundle}/${action}`, { fields: Object.entries(fields).map(([field, value]) => ({ field, value })) });
  }

  /** The next notification that `fits`. */
  notification(fits) {
    return new Promise((done) => this.watchers.push({ fits, done }));
  }

  /** The documented conversation, to the end of the download: → the last state of the firmware. */
  async download(firmware) {
    const value = {
      version: "",
      name: "",
      uri: "",
      verifier: "",
      ...firmware,
      state: 0,
      updateStatus: 0,
      updatedDateTime: new Date(this.devices.cloud.clock.now()).toISOString(),
    };
    const steps = [await this.update("mgmt.firmware", value), await this.observe("mgmt.firmware")];
    this.firmware = value;
    const end = this.notification((now) => now.state !== 1);
    steps.push(await this.request("mgmt/initiate/firmware/download"));
    if (steps[2].rc === 202) await end;
    steps.push(await this.cancel("mgmt.firmware"));
    return { codes: steps.map(({ rc }) => rc), firmware: this.firmware };
  }

  /** `restarts`: the device answers, restarts, and tells the end when it is back. */
  async install() {
    const codes = [(await this.observe("mgmt.firmware")).rc];
    const end = this.notification((now) => now.updateStatus !== undefined && now.updateStatus !== 1);
    codes.push((await this.request("mgmt/initiate/firmware/update")).rc);
    if (codes[1] === 202) await end;
    codes.push((await this.cancel("mgmt.firmware")).rc);
    return { codes, firmware: this.firmware };
  }

  answer(message) {
    const done = this.waiting.get(message.reqId);
    this.waiting.delete(message.reqId);
    if (done) done(message);
  }

  notify({ d }) {
    for (const { field, value } of d.fields || [{ field: d.field, value: d.value }]) {
      this.notified.push({ field, value });
      if (field !== "mgmt.firmware") continue;
      this.firmware = { ...this.firmware, ...value };
      const fitting = this.watchers.filter(({ fits }) => fits(value));
      this.watchers = this.watchers.filter((one) => !fitting.includes(one));
      fitting.forEach(({ done }) => done(value));
    }
  }

  /** What the device asks; → the code of the answer. */
  asked(path, d, wire) {
    const finite = (...values) => values.every((value) => Number.isFinite(value));
    if (path === "mgmt/manage") {
      const { lifetime = 0, supports = {}, deviceInfo = {}, metadata = {} } = d;
      if (lifetime !== 0 && !(lifetime >= LEAST_LIFETIME)) return 400;
      Object.assign(this, { managed: true, lifetime, supports, metadata, info: { ...this.info, ...deviceInfo } });
      this.manages = (this.manages || 0) + 1;
      this.via = wire.client.clientId;
      return 200;
    }
    if (!this.managed) return 403;
    if (path === "mgmt/unmanage") return ((this.managed = false), 200);
    if (path === "device/update/location") return finite(d.latitude, d.longitude) ? ((this.location = d), 200) : 400;
    if (path === "add/diag/errorCodes") return finite(d.errorCode) ? (this.errorCodes.push(d.errorCode), 200) : 400;
    if (path === "clear/diag/errorCodes") return ((this.errorCodes = []), 200);
    if (path === "add/diag/log")
      return typeof d.message === "string" && [0, 1, 2].includes(d.severity) && !isNaN(Date.parse(d.timestamp))
        ? (this.log.push(d), 200)
        : 400;
    if (path === "clear/diag/log") return ((this.log = []), 200);
    return 404;
  }
}

class Devices {
  constructor(cloud) {
    this.cloud = cloud;
    this.map = new Map();
  }

  of(org, type, id) {
    const key = `${org}:${type}:${id}`;
    if (!this.map.has(key)) this.map.set(key, new Device(this, org, type, id));
    return this.map.get(key);
  }

  heard(wire, { type, id, path }, payload) {
    const device = this.of(wire.client.org, type, id);
    let body;
    try {
      body = JSON.parse(payload.toString("utf8"));
    } catch {
      return wire.close("protocol");
    }
    if (path === "response") return device.answer(body);
    if (path === "notify") return device.notify(body);
    const rc = device.asked(path, body.d || {}, wire);
    if (body.reqId === undefined) return undefined;
    return device.send("response", { rc, reqId: body.reqId, ...(rc > 299 ? { message: "refused" } : {}) });
  }
}

module.exports = { Devices };
