"use strict";
/** A device's connection to the hub: the documented topics and nothing else. */
const { randomUUID } = require("node:crypto");
const bag = require("./bag");

const MAX_MESSAGE = 256 * 1024;
const RESPONSES = "$iothub/twin/res/#";
const DESIRED = "$iothub/twin/PATCH/properties/desired/#";
const METHODS = "$iothub/methods/POST/#";
const ANY_MAIL = "devices/+/messages/devicebound/#";

const decoded = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

class HubSession {
  constructor(hub, wire, device, about) {
    this.hub = hub;
    this.wire = wire;
    this.clock = wire.clock;
    this.device = device;
    this.id = device.id;
    Object.assign(this, about);
    this.path = `devices/${this.id.replace("/", "/modules/")}`;
    this.mailbox = `devices/${this.id}/messages/devicebound/#`;
  }

  start() {
    const { device, hub } = this;
    if (device.wire) device.wire.close("another connection of this device (400027)");
    if (this.clean) {
      device.subscriptions.clear();
      device.mail.purge();
    }
    for (const filter of [...device.subscriptions.keys()]) {
      if (hub.sessions === "none" || (hub.sessions === "c2d" && !this.isMail(filter))) device.subscriptions.delete(filter);
    }
    device.wire = this.wire;
    device.modelId = this.modelId;
    device.connects++;
    this.wire.send({ cmd: "connack", returnCode: 0, sessionPresent: !this.clean && device.subscriptions.size > 0 });
    this.mail();
    if (this.expires !== undefined) this.expire();
  }

  expire() {
    const left = (this.expires + this.hub.grace) * 1000 - this.clock.now();
    // Node's timers end at 2^31 ms: a token may live longer.
    if (left <= 0) this.wire.close("token expired");
    else this.timer = this.clock.after(() => this.expire(), Math.min(left, 0x7fffffff));
  }

  stop(polite) {
    this.clock.cancel(this.timer);
    const { device } = this;
    if (device.wire !== this.wire) return;
    device.wire = undefined;
    device.mail.unlock();
    if (!polite && this.will) {
      const { topic, payload, qos } = this.will;
      this.telemetry(topic.split("/messages/events")[1].replace(/^\//, ""), { payload, qos, retain: false, dup: false }, true);
    }
    if (this.clean) device.subscriptions.clear();
  }

  has(filter) {
    return this.device.subscriptions.has(filter);
  }
  isMail(filter) {
    return filter === this.mailbox || filter === ANY_MAIL;
  }

  subscribe(filter, qos) {
    if (![RESPONSES, DESIRED, METHODS].includes(filter) && !this.isMail(filter)) return `subscription to ${filter}`;
    this.device.subscriptions.set(filter, qos);
    return undefined;
  }

  subscribed() {
    this.mail();
  }

  unsubscribe(filter) {
    this.device.subscriptions.delete(filter);
  }

  puback(packetId) {
    this.device.mail.acknowledge(packetId);
  }

  mail() {
    const { subscriptions, mail } = this.device;
    const filter = [this.mailbox, ANY_MAIL].find((one) => subscriptions.has(one));
    if (filter) mail.pump(this.wire, subscriptions.get(filter));
  }

  desired(patch) {
    if (this.has(DESIRED)) this.wire.deliver(`${DESIRED.slice(0, -1)}?$version=${patch.$version}`, JSON.stringify(patch));
  }

  /** → why the connection has to end, or nothing. */
  publish(packet, acknowledge) {
    const { topic } = packet;
    const events = `${this.path}/messages/events/`;
    if (topic.startsWith(events)) return this.event(topic.slice(events.length), packet, acknowledge);
    const match = /^\$iothub\/(twin\/GET|twin\/PATCH\/properties\/reported|methods\/res\/(-?\d+))\/\?\$rid=([^&]+)$/.exec(topic);
    if (!match) return `publish to ${topic}`;
    if (packet.retain) return `retained publish to ${topic}`;
    acknowledge();
    if (match[1] === "twin/GET") return this.answer("get", match[3], () => ({ status: 200, body: this.device.twin.document }));
    if (match[2] === undefined) return this.answer("reported", match[3], () => this.report(packet.payload));
    return this.result(match[3], Number(match[2]), packet.payload);
  }

  event(text, packet, acknowledge) {
    const scripted = this.hub.scripts.telemetry.shift();
    if (scripted === "drop") return "as told";
    const problem = this.telemetry(text, packet, false, scripted === "silent");
    if (problem || scripted === "silent") return problem;
    if (scripted && scripted.delay) this.clock.after(acknowledge, scripted.delay);
    else acknowledge();
    return undefined;
  }

  telemetry(text, packet, isWill, unacknowledged = false) {
    let found;
    try {
      found = bag.parse(text);
    } catch (error) {
      return `property bag: ${error.message}`;
    }
    const body = Buffer.from(packet.payload);
    if (body.length + found.size > MAX_MESSAGE) return "message too large";
    if (packet.retain) found.properties["mqtt-retain"] = "true";
    if (isWill) found.properties["iothub-MessageType"] = "Will";
    const { qos, dup, messageId: packetId } = packet;
    const at = this.clock.now();
    this.hub.telemetry.push({
      id: this.id, at, body, text: body.toString("utf8"), system: found.system, properties: found.properties,
      bag: text, qos, dup, packetId, conn: this.wire.number, unacknowledged,
    }); // prettier-ignore
    return undefined;
  }

  report(payload) {
    let patch;
    try {
      patch = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    } catch {
      return { status: 400, message: "not JSON" };
    }
    return this.device.twin.report(patch);
  }

  /** Scripted answers come instead of the natural one, and nothing is applied then. */
  answer(what, rid, natural) {
    const scripted = this.hub.scripts[what].shift();
    if (scripted === "silent") return undefined;
    if (scripted === "drop") return "as told";
    const own = typeof scripted === "number" ? { status: scripted } : scripted || {};
    const { status, version, message, body } = own.status === undefined ? natural() : own;
    const version$ = version === undefined ? "" : `&$version=${version}`;
    const fault = status >= 300 && message !== undefined ? failure(status, message) : undefined;
    const content = own.body ?? body ?? fault;
    const text = content === undefined ? "" : typeof content === "string" ? content : JSON.stringify(content);
    const send = () =>
      !this.wire.over && this.has(RESPONSES) && this.wire.deliver(`$iothub/twin/res/${status}/?$rid=${rid}${version$}`, text);
    if (own.delay) this.clock.after(send, own.delay);
    else send();
    return undefined;
  }

  result(rid, status, payload) {
    if (payload.length > 128 * 1024) return "method answer too large";
    let answer;
    try {
      answer = payload.length ? JSON.parse(payload.toString("utf8")) : undefined;
    } catch {
      return "method answer is not JSON";
    }
    const call = this.device.calls.get(decoded(rid)) || this.device.calls.get(rid);
    if (call) call(status, answer);
    else this.hub.stray.push({ id: this.id, rid, status, payload: answer });
    return undefined;
  }
}

const failure = (status, message) => ({
  errorCode: status * 1000,
  message,
  trackingId: randomUUID(),
  timestampUtc: new Date(0).toISOString(),
});

module.exports = { HubSession };
