"use strict";
/** DPS over MQTT. */
const { randomUUID } = require("node:crypto");

const RESPONSES = "$dps/registrations/res/#";
const REQUEST = /^\$dps\/registrations\/(PUT\/iotdps-register|GET\/iotdps-get-operationstatus)\/\?(.+)$/;
const MAX_BODY = 64 * 1024;

class DpsSession {
  constructor(dps, wire, about) {
    this.dps = dps;
    this.wire = wire;
    Object.assign(this, about);
    this.listening = false;
  }

  start() {
    this.wire.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
  }
  stop() {}
  puback() {}
  subscribed() {}

  subscribe(filter) {
    if (filter !== RESPONSES) return `subscription to ${filter}`;
    this.listening = true;
    return undefined;
  }

  unsubscribe(filter) {
    if (filter === RESPONSES) this.listening = false;
  }

  publish({ topic, payload, retain }, acknowledge) {
    const match = REQUEST.exec(topic);
    const fields = match && new URLSearchParams(match[2].replace(/\+/g, "%2B"));
    const rid = fields && fields.get("$rid");
    const operationId = (fields && fields.get("operationId")) || undefined;
    const register = match && match[1].startsWith("PUT");
    if (!rid || retain || register !== (operationId === undefined)) return `publish to ${topic}`;
    if (payload.length > MAX_BODY) return "request too large";
    acknowledge();
    const answer = this.dps.request(this.id, this.identity, { text: payload.toString("utf8"), operationId, by: "mqtt" });
    if (answer.drop) return "as told";
    if (answer.silent) return undefined;
    if (answer.stray) this.answer(randomUUID(), { status: 200, body: { operationId: "5.0.0", status: "failed" } });
    this.answer(rid, answer);
    return undefined;
  }

  answer(rid, { status, retryAfter, body }) {
    if (!this.listening) return;
    const topic = `$dps/registrations/res/${status}/?$rid=${rid}${retryAfter === undefined ? "" : `&retry-after=${retryAfter}`}`;
    this.wire.deliver(topic, typeof body === "string" ? body : JSON.stringify(body));
  }
}

module.exports = { DpsSession };
