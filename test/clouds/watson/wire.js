"use strict";
/** One MQTT 3.1.1 connection; the codec is mqtt-packet. Everything that is sent and received is in `cloud.packets`. */
const mqtt = require("mqtt-packet");
const { allowed, matches, published, shown } = require("./topics");

const MAX_PAYLOAD = 131072;
const REASONS = {
  normal: ["The connection has completed normally.", 0],
  lost: ["The connection was closed by the client.", 160],
  silent: ["The connection has timed out.", 163],
  stolen: ["The client ID was reused.", 288],
  topic: ["The topic is not allowed.", 180],
  protocol: ["The client broke the protocol.", 153],
  size: ["The message is too large.", 287],
  closed: ["The server is closing.", 111],
};

class Wire {
  /** `link`: { write(buffer), end() } */
  constructor(cloud, link, { address = "127.0.0.1", secure = false } = {}) {
    Object.assign(this, { cloud, link, address, secure, clock: cloud.clock });
    this.count = { readMsg: 0, writeMsg: 0, readBytes: 0, writeBytes: 0 };
    this.ids = 0;
    this.held = new Set();
    this.parser = mqtt.parser({ protocolVersion: 4 });
    this.parser.on("packet", (packet) => this.take(packet));
    this.parser.on("error", () => this.close("protocol"));
    this.watch(30000);
  }

  watch(ms) {
    this.clock.cancel(this.timer);
    this.silence = ms;
    this.timer = ms ? this.clock.after(() => this.close("silent"), ms) : undefined;
  }

  receive(buffer) {
    if (this.over) return;
    this.count.readBytes += buffer.length;
    this.watch(this.silence);
    this.parser.parse(buffer);
  }

  take(packet) {
    if (this.over) return undefined;
    this.cloud.record(this, "client->server", packet);
    const { cmd, messageId } = packet;
    if (!this.client !== (cmd === "connect")) return this.close("protocol");
    if (cmd === "connect") return this.connect(packet);
    if (cmd === "publish") return this.publish(packet);
    if (cmd === "subscribe") return this.subscribe(packet);
    if (cmd === "unsubscribe") {
      for (const filter of packet.unsubscriptions) this.session.filters.delete(filter);
      return this.send({ cmd: "unsuback", messageId });
    }
    if (cmd === "pingreq") return this.send({ cmd: "pingresp" });
    if (cmd === "disconnect") return this.close("normal");
    if (cmd === "pubrel") {
      this.held.delete(messageId);
      return this.send({ cmd: "pubcomp", messageId });
    }
    if (cmd === "pubrec") return this.send({ cmd: "pubrel", messageId });
    if (cmd === "puback" || cmd === "pubcomp") return this.session.inflight.delete(messageId);
    return this.close("protocol");
  }

  connect(packet) {
    const { client, code } = this.cloud.identify(packet);
    const returnCode = packet.protocolVersion === 4 ? code : 1;
    if (returnCode) {
      this.cloud.refused.push({ clientId: packet.clientId, returnCode });
      this.send({ cmd: "connack", returnCode, sessionPresent: false });
      return this.finish();
    }
    this.client = client;
    this.clean = packet.clean;
    this.since = this.clock.now();
    this.watch(packet.keepalive * 1500);
    return this.cloud.enter(this);
  }

  publish(packet) {
    const { topic, qos, messageId, payload } = packet;
    if (payload.length > MAX_PAYLOAD) return this.close("size");
    const what = published(this.client, topic);
    if (!what) return this.close("topic");
    // The platform documents that it has no other QoS there, not what becomes of one: the strictest.
    if (qos && this.client.org === "quickstart") return this.close("protocol");
    this.count.readMsg++;
    if (qos === 1) this.send({ cmd: "puback", messageId });
    const again = qos === 2 && this.held.has(messageId);
    if (qos === 2) {
      this.held.add(messageId);
      this.send({ cmd: "pubrec", messageId });
    }
    if (!again) this.cloud.publish(this, what, packet);
    return undefined;
  }

  subscribe({ subscriptions, messageId }) {
    const granted = [];
    const fresh = [];
    for (const { topic, qos } of subscriptions) {
      const filter = allowed(this.client, topic);
      granted.push(!filter ? 128 : this.client.org === "quickstart" ? 0 : qos);
      if (filter) {
        this.session.filters.set(topic, { filter, qos });
        fresh.push(filter);
      } else this.cloud.denied.push({ clientId: this.client.clientId, topic });
    }
    this.send({ cmd: "suback", messageId, granted });
    this.cloud.retained(this, fresh);
  }

  /** The QoS at which this connection wants a topic, -1 when it does not. */
  wants(topic) {
    let qos = -1;
    // It has none yet while it takes the place of another.
    for (const one of this.session ? this.session.filters.values() : []) if (matches(one.filter, topic)) qos = Math.max(qos, one.qos);
    return qos;
  }

  deliver(topic, payload, qos, retain = false) {
    const packet = { cmd: "publish", topic: shown(this.client, topic), payload, qos, retain, dup: false };
    if (qos) {
      packet.messageId = this.ids = (this.ids % 65535) + 1;
      this.session.inflight.set(packet.messageId, packet);
    }
    this.count.writeMsg++;
    this.send(packet);
  }

  send(packet) {
    if (this.over) return;
    this.cloud.record(this, "server->client", packet);
    const bytes = mqtt.generate(packet);
    this.count.writeBytes += bytes.length;
    this.link.write(bytes);
  }

  close(why) {
    if (this.over) return;
    if (why !== "normal") this.cloud.closed.push({ clientId: this.client && this.client.clientId, why });
    this.finish();
    if (this.client) this.cloud.leave(this, ...REASONS[why]);
  }

  finish() {
    this.over = true;
    this.clock.cancel(this.timer);
    this.link.end();
    this.cloud.wires.delete(this);
  }
}

module.exports = { Wire };
