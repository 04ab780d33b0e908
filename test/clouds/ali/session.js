"use strict";
/** A device's connection: the documented topics, the limits, and nothing else. */
const { answer } = require("./thing");

const MAX_MESSAGE = 256 * 1024;
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether `topic` is under `filter`. */
function matches(filter, topic) {
  const want = filter.split("/");
  const have = topic.split("/");
  return (
    want.every((level, i) => level === "#" || (i < have.length && (level === "+" || level === have[i]))) &&
    (want[want.length - 1] === "#" || want.length === have.length)
  );
}

// What the platform documents, behind /sys/{pk}/{dn}/.
const HEARD = `thing/event/+/post_reply thing/event/\\w+/post_reply thing/event/property/(batch|history|pack)/post_reply thing/service/property/set
  thing/service/\\+ thing/service/\\w+ rrpc/request/\\+ thing/ota/firmware/get_reply thing/file/download_reply thing/deviceinfo/(update|delete)_reply
  thing/config/get_reply thing/config/push thing/config/log/(get_reply|push) thing/log/post_reply thing/property/desired/(get|delete)_reply
  thing/topo/(add|delete|get)_reply thing/topo/add/notify thing/topo/change thing/sub/register_reply thing/list/found_reply thing/(disable|enable|delete)
  thing/model/(up_raw_reply|down_raw) thing/job/(notify|get_reply|update_reply) thing/file/upload/mqtt/(init|send|cancel)_reply`;
const SAID = `thing/event/(\\w+/post|property/(batch|history|pack)/post) thing/service/(property/set_reply|\\w+_reply) rrpc/response/.+ thing/ota/firmware/get
  thing/file/download thing/deviceinfo/(update|delete) thing/config/get thing/config/push_reply thing/config/log/get thing/log/post
  thing/property/desired/(get|delete) thing/topo/(add|delete|get) thing/topo/add/notify_reply thing/topo/change_reply thing/sub/register thing/list/found
  thing/(disable|enable|delete)_reply thing/model/(up_raw|down_raw_reply) thing/job/(notify_reply|get|update)`;
const any = (words) => new RegExp(`^(${words.trim().split(/\s+/).map((word) => word.replace(/(^|\/)\+(?=\/|$)/g, "$1\\+")).join("|")})$`); // prettier-ignore
const heard = any(HEARD);
const said = any(SAID);

class Session {
  constructor(cloud, wire, device, pairs) {
    Object.assign(this, { cloud, wire, device, pairs, filters: new Map(), children: new Set(), sent: [], calls: new Map() });
  }

  start(kept, clean) {
    this.clean = clean;
    this.device.session = this;
    if (kept) this.filters = kept;
    this.cloud.online(this.device);
  }

  stop() {
    if (this.device.session !== this) return;
    this.device.session = undefined;
    for (const child of this.children) child.session = undefined;
    if (!this.clean) this.device.kept = this.filters;
  }

  /** The device itself and those that it has logged in. */
  *devices() {
    yield this.device;
    yield* this.children;
  }

  mayHear(filter) {
    if (filter.startsWith(`/broadcast/${this.device.productKey}/`)) return true;
    for (const { key } of this.devices()) {
      const k = escaped(key);
      if (filter.startsWith(`/sys/${key}/`) && heard.test(filter.slice(key.length + 6))) return true;
      if (
        new RegExp(
          `^(/ota/device/upgrade/${k}|/shadow/get/${k}|/ext/ntp/${k}/response|/ext/error/${k}|/${k}/user/.+|/ext/session/${k}/combine/(batch_)?log(in|out)_reply)$`,
        ).test(filter)
      )
        return true;
      if (this.pairs.ext & 1 && new RegExp(`^/ext/rrpc/\\+/(${k}/user/.+|sys/${k}/thing/service/.+)$`).test(filter)) return true;
    }
    return false;
  }

  /** Whose topic it is to publish on, and what stands behind its head. */
  maySay(topic) {
    for (const device of this.devices()) {
      const k = escaped(device.key);
      if (topic.startsWith(`/sys/${device.key}/`) && said.test(topic.slice(device.key.length + 6))) return device;
      if (
        new RegExp(
          `^(/ota/device/(inform|progress|request)/${k}|/shadow/update/${k}|/ext/ntp/${k}/request|/${k}/user/.+|/ext/session/${k}/combine/(batch_)?log(in|out)|/ext/rrpc/[^/]+/(${k}/user/.+|sys/${k}/.+))$`,
        ).test(topic)
      )
        return device;
    }
    return undefined;
  }

  subscribe(packet) {
    const wrong = packet.subscriptions.length > 8;
    const granted = packet.subscriptions.map(({ topic, qos }) => {
      const allowed = !wrong && this.mayHear(topic) && (this.filters.size < 100 || this.filters.has(topic));
      if (!allowed) this.cloud.refused.push(`subscribe ${topic}${wrong ? ": more than 8 in a packet" : ""}`);
      else this.filters.set(topic, Math.min(qos, 1));
      return allowed ? Math.min(qos, 1) : 128;
    });
    this.wire.send({ cmd: "suback", messageId: packet.messageId, granted });
    this.cloud.subscribed(this.device, packet.subscriptions.map(({ topic }) => topic)); // prettier-ignore
  }

  unsubscribe(packet) {
    packet.unsubscriptions.forEach((topic) => this.filters.delete(topic));
    this.wire.send({ cmd: "unsuback", messageId: packet.messageId });
  }

  /** More messages a second than these vanish. */
  overRate(qos) {
    const now = this.cloud.now();
    this.sent = this.sent.filter((one) => now - one.at < 1000);
    if (this.sent.filter((one) => one.qos === qos).length >= this.cloud.perSecond[qos]) return true;
    this.sent.push({ at: now, qos });
    return false;
  }

  publish(packet) {
    const { topic, qos, payload } = packet;
    if (qos === 2) return this.wire.close("QoS 2");
    if (qos) this.wire.send({ cmd: "puback", messageId: packet.messageId });
    const device = this.maySay(topic);
    if (!device || packet.retain) return void this.cloud.refused.push(`publish ${packet.retain ? "retained " : ""}${topic}`);
    if (payload.length > MAX_MESSAGE || this.overRate(qos)) return void this.cloud.lost.push(topic);
    if (/rrpc\/response\/|^\/ext\/rrpc\//.test(topic) && qos) this.cloud.refused.push(`RRPC answer at QoS ${qos}`);
    this.cloud.said(device, topic, payload);
    if (this.cloud.mute && this.cloud.mute(topic)) return undefined;
    return answer(this.cloud, this, device, topic, payload);
  }

  /** Only what is subscribed arrives; broadcasts of the system need no subscription. */
  deliver(topic, body, qos = 0) {
    const open = /^\/sys\/[^/]+\/[^/]+\/broadcast\//.test(topic) || [...this.filters.keys()].some((filter) => matches(filter, topic));
    if (!open) return false;
    this.wire.deliver(topic, Buffer.isBuffer(body) || typeof body === "string" ? body : JSON.stringify(body), qos);
    return true;
  }
}

module.exports = { Session, matches };
