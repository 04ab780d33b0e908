"use strict";
/**
 * One MQTT 3.1.1 connection as the services hold it: the codec is mqtt-packet, the rules are here. What the connection means is
 * the business of its session, which `cloud.open` chooses when CONNECT arrives.
 */
const mqtt = require("mqtt-packet");

const MAX_PACKET = 300 * 1024;
/** The services refuse to wait longer, whatever keep-alive was asked for. */
const MAX_SILENCE = 1767000;
const CONNECT_WITHIN = 30000;

class Wire {
  /** `link`: { write(buffer), end(), destroy() }; `from`: { service, commonName, sni }. */
  constructor(cloud, link, from) {
    this.cloud = cloud;
    this.clock = cloud.clock;
    this.link = link;
    this.from = from;
    this.number = cloud.trace.open(from);
    this.over = false;
    this.session = undefined;
    this.unparsed = 0;
    this.packetId = 0;
    this.parser = mqtt.parser({ protocolVersion: 4 });
    this.parser.on("packet", (packet) => this.take(packet));
    this.parser.on("error", (error) => this.close(`malformed: ${error.message}`));
    this.heard = this.clock.now();
    this.silence = CONNECT_WITHIN;
    this.watch();
  }

  watch() {
    const left = this.heard + this.silence - this.clock.now();
    if (left <= 0) this.close(this.session ? "keep-alive" : "no CONNECT");
    else this.timer = this.clock.after(() => this.watch(), left);
  }

  receive(buffer) {
    this.clock.run();
    if (this.over) return;
    this.heard = this.clock.now();
    this.unparsed += buffer.length;
    if (this.unparsed > MAX_PACKET) {
      this.close("packet too large");
      return;
    }
    this.parser.parse(buffer);
  }

  take(packet) {
    this.unparsed = 0;
    if (this.over) return;
    this.cloud.trace.packet(this.number, "c2s", packet);
    if (packet.cmd === "connect") this.connect(packet);
    else if (!this.session) this.close(`${packet.cmd} before CONNECT`);
    else if (packet.cmd === "pingreq") this.send({ cmd: "pingresp" });
    else if (packet.cmd === "disconnect") this.finish(true);
    else if (packet.cmd === "subscribe") this.subscribe(packet);
    else if (packet.cmd === "unsubscribe") this.unsubscribe(packet);
    else if (packet.cmd === "publish") this.publish(packet);
    else if (packet.cmd === "puback") this.session.puback(packet.messageId);
    else this.close(`${packet.cmd} is not for devices`);
  }

  connect(packet) {
    if (this.session) return this.close("second CONNECT");
    if (packet.protocolVersion !== 4) return this.refuse(1, "not MQTT 3.1.1");
    const { session, code, problem, act } = this.cloud.open(this, packet);
    if (act === "silent") return undefined;
    if (act === "drop") return this.close("as told");
    if (!session) return this.refuse(code, problem);
    this.silence = Math.min(MAX_SILENCE, packet.keepalive * 1500 || MAX_SILENCE);
    this.clock.cancel(this.timer);
    this.watch();
    this.session = session;
    return session.start(packet);
  }

  refuse(returnCode, problem) {
    this.send({ cmd: "connack", returnCode, sessionPresent: false });
    this.close(problem);
  }

  publish(packet) {
    if (packet.qos === 2 && this.cloud.qos2 !== "puback") return this.close("QoS 2");
    const problem = this.session.publish(packet, () => {
      if (packet.qos && !this.over) this.send({ cmd: "puback", messageId: packet.messageId });
    });
    return problem && this.close(problem);
  }

  subscribe(packet) {
    const granted = [];
    for (const { topic, qos } of packet.subscriptions) {
      const problem = this.session.subscribe(topic, Math.min(qos, 1));
      if (problem) return this.close(problem);
      granted.push(Math.min(qos, 1));
    }
    this.send({ cmd: "suback", messageId: packet.messageId, granted });
    return this.session.subscribed();
  }

  unsubscribe(packet) {
    packet.unsubscriptions.forEach((topic) => this.session.unsubscribe(topic));
    this.send({ cmd: "unsuback", messageId: packet.messageId });
  }

  /** To the device; → the packet id of a QoS 1 message. */
  deliver(topic, payload, qos = 0, dup = false, messageId = undefined) {
    if (qos && messageId === undefined) messageId = this.packetId = (this.packetId % 65535) + 1;
    this.send({ cmd: "publish", topic, payload, qos, dup, retain: false, messageId });
    return messageId;
  }

  send(packet) {
    if (this.over) return;
    this.cloud.trace.packet(this.number, "s2c", packet);
    this.link.write(mqtt.generate(packet));
  }

  /** The service ends it, for a reason that tests read in `cloud.closed`. */
  close(reason) {
    if (this.over) return;
    this.cloud.closed.push({ conn: this.number, id: this.session && this.session.id, reason });
    this.finish(false);
  }

  finish(polite) {
    if (this.over) return;
    this.over = true;
    this.clock.cancel(this.timer);
    this.link.end();
    this.cloud.trace.close(this.number);
    this.cloud.wires.delete(this);
    if (this.session) this.session.stop(polite);
  }

  /** As a cable that is cut. */
  destroy(reason) {
    if (this.over) return;
    this.cloud.closed.push({ conn: this.number, id: this.session && this.session.id, reason });
    const { link } = this;
    this.link = { write() {}, end() {} };
    this.finish(false);
    link.destroy();
  }
}

module.exports = { Wire };
