"use strict";
/** The messages that wait for one device. */
const bag = require("./bag");

const MAX_QUEUE = 50;
const MAX_SIZE = 64 * 1024;
const LOCK = 60000;
const MAX_DELIVERIES = 10;

class Mailbox {
  constructor(id, clock) {
    this.id = id;
    this.clock = clock;
    this.queue = [];
    /** What became of each message: "completed", "expired", "dead" or "purged". */
    this.done = [];
    this.serial = 0;
  }

  /** `options`: any system property by its name (`messageId`), `properties`, `ttl` in ms (an hour), `topic` for a bag of one's own. */
  add(body, { properties = {}, ttl = 3600000, bag: own, ...system } = {}) {
    if (this.queue.length >= MAX_QUEUE) throw new Error("403004 device queue is full");
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    if (bytes.length > MAX_SIZE) throw new Error("413001 message too large");
    const message = {
      messageId: system.messageId || `c2d-${++this.serial}`,
      bytes,
      expires: this.clock.now() + ttl,
      deliveries: 0,
      packetId: undefined,
      lock: undefined,
    };
    message.bag =
      own ?? bag.format({ messageId: message.messageId, to: `/devices/${this.id}/messages/deviceBound`, ...system }, properties);
    this.queue.push(message);
    return message;
  }

  finish(message, how) {
    this.clock.cancel(message.lock);
    message.outcome = how;
    this.queue.splice(this.queue.indexOf(message), 1);
    this.done.push(message);
  }

  /** Sends what may be sent. A lock that ends without PUBACK frees the message for the next try. */
  pump(wire, qos) {
    for (const message of [...this.queue]) {
      if (message.expires <= this.clock.now()) this.finish(message, "expired");
      else if (message.packetId === undefined) this.deliver(message, wire, qos);
    }
  }

  deliver(message, wire, qos) {
    if (message.deliveries >= MAX_DELIVERIES) {
      this.finish(message, "dead");
      return;
    }
    const again = message.deliveries++ > 0;
    const topic = `devices/${this.id}/messages/devicebound/${message.bag}`;
    message.packetId = wire.deliver(topic, message.bytes, qos, qos > 0 && again);
    if (!qos) {
      this.finish(message, "completed");
      return;
    }
    message.lock = this.clock.after(() => {
      message.packetId = undefined;
      if (!wire.over) this.pump(wire, qos);
    }, LOCK);
  }

  acknowledge(packetId) {
    const message = this.queue.find((one) => one.packetId === packetId);
    if (message) this.finish(message, "completed");
  }

  /** The connection is gone: nothing is in flight any more. */
  unlock() {
    for (const message of this.queue) {
      this.clock.cancel(message.lock);
      message.packetId = undefined;
    }
  }

  purge() {
    [...this.queue].forEach((message) => this.finish(message, "purged"));
  }
}

module.exports = { Mailbox };
