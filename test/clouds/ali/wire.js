"use strict";
/** One MQTT 3.1.1 connection as the platform holds it; what a device says in it is the business of session.js. */
const mqtt = require("mqtt-packet");
const { identify } = require("./sign");
const { Session } = require("./session");

const text = (value) => (value === undefined || value === null ? undefined : value.toString());

class Wire {
  /** `link`: { write(buffer), end(), destroy() }. */
  constructor(cloud, link, secure) {
    Object.assign(this, { cloud, link, secure, over: false, packetId: 0 });
    this.parser = mqtt.parser({ protocolVersion: 4 });
    this.parser.on("packet", (packet) => this.take(packet));
    this.parser.on("error", (error) => this.close(`malformed: ${error.message}`));
  }

  receive(buffer) {
    if (!this.over) this.parser.parse(buffer);
  }

  take(packet) {
    if (this.over) return;
    this.record("c2s", packet);
    if (packet.cmd === "connect") this.connect(packet);
    else if (packet.cmd === "disconnect") this.finish();
    else if (!this.session) this.close(`${packet.cmd} before CONNECT`);
    else if (packet.cmd === "pingreq") this.send({ cmd: "pingresp" });
    else if (packet.cmd === "subscribe") this.session.subscribe(packet);
    else if (packet.cmd === "unsubscribe") this.session.unsubscribe(packet);
    else if (packet.cmd === "publish") this.session.publish(packet);
    else if (packet.cmd !== "puback") this.close(`${packet.cmd} is not for devices`);
  }

  connect(packet) {
    if (this.session) return this.close("second CONNECT");
    if (packet.protocolVersion !== 4) return this.refuse(1, "not MQTT 3.1.1");
    if (packet.will) return this.refuse(2, "a will");
    const found = identify(this.cloud, packet, this.secure);
    if (found.problem) return this.refuse(found.code, found.problem);
    if (found.registration) return this.register(found);
    if (!(packet.keepalive >= 30 && packet.keepalive <= 1200)) return this.refuse(2, `keep-alive ${packet.keepalive}`);
    const { device } = found;
    if (!this.cloud.countConnect(device)) return this.refuse(3, "more than 5 connections a minute");
    if (device.session) device.session.wire.close("kicked: another connection of this identity");
    device.active = true;
    this.session = new Session(this.cloud, this, device, found.pairs || {});
    const kept = !packet.clean && device.kept;
    if (packet.clean) device.kept = undefined;
    this.send({ cmd: "connack", returnCode: 0, sessionPresent: Boolean(kept) });
    this.session.start(kept, packet.clean);
  }

  /** The secret comes by itself, and that is all this connection is for. */
  register({ registration, productKey, deviceName }) {
    this.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
    const given = this.cloud.grant(productKey, deviceName, registration);
    this.send({
      cmd: "publish",
      topic: registration === "regnwl" ? "/ext/regnwl" : "/ext/register",
      payload: JSON.stringify({ productKey, deviceName, ...given }),
      qos: 0,
    });
  }

  refuse(returnCode, problem) {
    this.send({ cmd: "connack", returnCode, sessionPresent: false });
    this.close(problem);
  }

  deliver(topic, payload, qos = 0) {
    const messageId = qos ? (this.packetId = (this.packetId % 65535) + 1) : undefined;
    this.send({ cmd: "publish", topic, payload, qos, dup: false, retain: false, messageId });
  }

  send(packet) {
    if (this.over) return;
    this.record("s2c", packet);
    this.link.write(mqtt.generate(packet));
  }

  record(dir, packet) {
    const { packets } = this.cloud;
    if (packets.length > 5000) packets.splice(0, 2500);
    const { cmd, topic, qos } = packet;
    const one = { dir, cmd };
    if (cmd === "connect")
      Object.assign(one, {
        clientId: packet.clientId,
        username: packet.username,
        password: text(packet.password),
        keepalive: packet.keepalive,
        clean: packet.clean,
      });
    if (cmd === "publish") Object.assign(one, { topic, qos, retain: packet.retain, payload: text(packet.payload) });
    if (cmd === "subscribe") one.filters = packet.subscriptions.map((item) => item.topic);
    if (cmd === "suback") one.granted = packet.granted;
    if (cmd === "connack") one.returnCode = packet.returnCode;
    packets.push(one);
  }

  close(reason) {
    if (this.over) return;
    this.cloud.closed.push(reason);
    this.finish();
  }

  finish() {
    if (this.over) return;
    this.over = true;
    this.link.end();
    this.cloud.wires.delete(this);
    if (this.session) this.session.stop();
  }

  /** As a cable that is cut. */
  destroy() {
    const { link } = this;
    this.link = { write() {}, end() {} };
    this.finish();
    link.destroy();
  }
}

module.exports = { Wire };
