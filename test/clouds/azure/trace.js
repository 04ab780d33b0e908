"use strict";
/** What went over the wires, in the form of the recorded transcripts; the oldest is forgotten past `limit` entries. */
class Trace {
  constructor(clock, limit) {
    this.clock = clock;
    this.limit = limit;
    this.begin = clock.now();
    this.connections = 0;
    this.list = [];
  }

  add(entry) {
    if (this.list.length >= this.limit) this.list.splice(0, Math.ceil(this.limit / 2));
    this.list.push({ t_ms: this.clock.now() - this.begin, ...entry });
  }

  /** Begins a new scenario: everything before is forgotten. */
  clear() {
    this.list = [];
    this.begin = this.clock.now();
  }

  open({ tls }) {
    const conn = ++this.connections;
    if (tls) this.add({ conn, dir: "c2s", packet: "TLS", ...tls });
    return conn;
  }

  close(conn) {
    this.add({ conn, dir: "-", packet: "TCP_CLOSED" });
  }

  packet(conn, dir, packet) {
    this.add({
      conn,
      dir,
      packet: packet.cmd.toUpperCase(),
      ...(shown[packet.cmd] ? shown[packet.cmd](packet) : { messageId: packet.messageId }),
    });
  }
}

const text = (value) => (value === undefined || value === null ? null : Buffer.from(value).toString("utf8"));

const shown = {
  connect: (p) => ({
    protocolId: p.protocolId,
    protocolVersion: p.protocolVersion,
    clean: p.clean,
    keepalive: p.keepalive,
    clientId: p.clientId,
    username: p.username === undefined ? null : p.username,
    password: text(p.password),
    will: p.will ? { topic: p.will.topic, qos: p.will.qos, retain: p.will.retain, payload: text(p.will.payload) } : null,
  }),
  connack: (p) => ({ returnCode: p.returnCode, sessionPresent: p.sessionPresent }),
  publish: (p) => ({
    topic: p.topic,
    qos: p.qos,
    retain: p.retain,
    dup: p.dup,
    messageId: p.messageId === undefined ? null : p.messageId,
    payload: text(p.payload),
    payload_len: Buffer.byteLength(p.payload),
  }),
  subscribe: (p) => ({ messageId: p.messageId, subscriptions: p.subscriptions.map(({ topic, qos }) => ({ topic, qos })) }),
  suback: (p) => ({ messageId: p.messageId, granted: p.granted }),
  unsubscribe: (p) => ({ messageId: p.messageId, topics: p.unsubscriptions }),
  pingreq: () => ({}),
  pingresp: () => ({}),
  disconnect: () => ({}),
};

module.exports = { Trace };
