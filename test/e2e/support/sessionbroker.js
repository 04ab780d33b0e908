"use strict";
const mqttPacket = require("mqtt-packet");

/**
 * A broker with one device's session, as strict as section 4 allows. It keeps what it owes over broken links, or loses it (`lose`); it
 * may hold its answers back (`hold`, `flush`), be deaf, or refuse. What a client does against the rules is in `faults`.
 */
class SessionBroker {
  constructor() {
    /** What the device has published, as it came: `{ text, qos, session }`. */
    this.received = [];
    this.faults = [];
    /** Sessions so far; one that was lost counts. */
    this.sessions = 0;
    this.refuse = this.deaf = this.hold = false;
    this.last = 0;
    this.forget();
  }

  forget() {
    this.exists = false;
    /** Identifiers of QoS 2 publications received and not yet released, with their text. */
    this.held = new Map();
    /** What the device shall have: `{ messageId, topic, payload, qos, sent, released }`. */
    this.owed = [];
    this.subscriptions = new Map();
  }

  /** The session is lost, and with it the link. */
  lose() {
    if (this.peer) this.peer.reset();
    this.peer = undefined;
    this.connected = false;
    this.forget();
  }

  accept(peer) {
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    if (this.peer) this.peer.end();
    Object.assign(this, { peer, connected: false, late: [], open: new Map(), turn: 0, told: new Map() });
    // Who did not hear a packet hears no later one of that link: TCP loses nothing in between.
    let lost = false;
    parser.on("packet", (packet) => {
      lost = lost || this.deaf;
      if (this.peer === peer && !lost) this.take(packet);
    });
    parser.on("error", (e) => this.faults.push(e.message));
    peer.onData = (bytes) => {
      this.turn++;
      parser.parse(Buffer.from(bytes, "latin1"));
    };
    peer.onClose = () => {
      if (this.peer === peer) Object.assign(this, { peer: undefined, connected: false });
    };
  }

  send(packet) {
    this.peer.write(mqttPacket.generate(packet, { protocolVersion: 4 }).toString("latin1"));
  }

  /** An answer, now or when it is no longer held back; with the last one of an exchange its identifier is free. */
  answer(packet, last = true) {
    const { peer } = this;
    this.late.push(() => {
      if (this.peer !== peer) return;
      if (last) this.open.delete(packet.messageId);
      else this.told.set(packet.messageId, this.turn);
      this.send(packet);
    });
    if (!this.hold) this.flush();
  }

  flush() {
    while (this.late && this.late.length) this.late.shift()();
  }

  /** To the device, if it has subscribed: true when it was taken. */
  publish(topic, payload) {
    const qos = this.subscriptions.get(topic);
    if (qos === undefined) return false;
    do this.last = (this.last % 65535) + 1;
    while (this.owed.some((one) => one.messageId === this.last));
    const one = { messageId: qos ? this.last : 0, topic, payload, qos, sent: false, released: false };
    if (qos) this.owed.push(one);
    if (this.connected && (qos || !this.hold)) this.transmit(one);
    return true;
  }

  transmit(one) {
    if (one.released) return this.send({ cmd: "pubrel", messageId: one.messageId });
    this.send({ cmd: "publish", ...one, dup: one.sent && one.qos > 0, retain: false });
    one.sent = true;
  }

  /** [MQTT-2.3.1-2]: an identifier in use is given to nothing else. */
  begin(messageId, what) {
    const other = this.open.get(messageId);
    if (other !== undefined && other !== what) this.faults.push(`identifier ${messageId} of ${other} is in use, and given to ${what}`);
    this.open.set(messageId, what);
  }

  take(packet) {
    const { cmd } = packet;
    if (cmd === "connect") return this.connect(packet);
    if (!this.connected) return this.faults.push(`${cmd} before CONNECT`);
    if (Object.hasOwn(TAKES, cmd)) TAKES[cmd].call(this, packet);
    else this.faults.push(`${cmd} from a client`);
  }

  connect({ clean }) {
    if (this.connected) return this.faults.push("CONNECT twice");
    if (this.refuse) {
      this.send({ cmd: "connack", returnCode: 3, sessionPresent: false });
      return this.peer.end();
    }
    if (clean || !this.exists) {
      this.forget();
      this.sessions++;
    }
    this.send({ cmd: "connack", returnCode: 0, sessionPresent: this.exists });
    this.exists = this.connected = true;
    this.owed.forEach((one) => this.transmit(one));
  }

  arrive(text, qos) {
    const before = this.received.filter((one) => one.text === text);
    if (qos !== 1 && before.some(({ session }) => !qos || session === this.sessions)) this.faults.push(`${text} of QoS ${qos} came twice`);
    this.received.push({ text, qos, session: this.sessions });
  }
}

const TAKES = {
  publish({ messageId, payload, qos, dup }) {
    const text = payload.toString().split(" ")[0];
    const known = qos === 2 && this.held.get(messageId);
    if (qos) this.begin(messageId, text);
    if (!known) this.arrive(text, qos);
    else if (known !== text) this.faults.push(`identifier ${messageId} of ${known} is not released, and given to ${text}`);
    else if (!dup) this.faults.push(`${text} went again without DUP`);
    if (qos === 2) {
      this.held.set(messageId, text);
      this.told.set(messageId, Infinity);
    }
    if (qos) this.answer({ cmd: qos === 1 ? "puback" : "pubrec", messageId }, qos === 1);
  },
  pubrel({ messageId }) {
    // [MQTT-4.3.3-1]: with the PUBREL gone, the PUBLISH goes no more. What came in one piece cannot have seen an answer.
    if (this.told.get(messageId) >= this.turn) this.faults.push(`PUBREL of ${this.open.get(messageId)} without a PUBREC`);
    this.held.delete(messageId);
    this.answer({ cmd: "pubcomp", messageId });
  },
  subscribe({ messageId, subscriptions }) {
    this.begin(messageId, "SUBSCRIBE");
    for (const { topic, qos } of subscriptions) this.subscriptions.set(topic, qos);
    this.answer({ cmd: "suback", messageId, granted: subscriptions.map(({ qos }) => qos) });
  },
  unsubscribe({ messageId, unsubscriptions }) {
    this.begin(messageId, "UNSUBSCRIBE");
    for (const topic of unsubscriptions) this.subscriptions.delete(topic);
    this.answer({ cmd: "unsuback", messageId });
  },
  pingreq() {
    this.send({ cmd: "pingresp" });
  },
  puback({ messageId }) {
    this.owed = this.owed.filter((one) => one.messageId !== messageId);
  },
  pubcomp({ messageId }) {
    this.owed = this.owed.filter((one) => one.messageId !== messageId);
  },
  pubrec({ messageId }) {
    const one = this.owed.find((other) => other.messageId === messageId);
    if (one) one.released = true;
    this.send({ cmd: "pubrel", messageId });
  },
  disconnect() {
    this.peer.end();
  },
};

module.exports = { SessionBroker };
