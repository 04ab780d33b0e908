"use strict";
/**
 * A local Watson IoT platform: organisations with API keys, devices and gateways; topics rewritten and guarded as the platform
 * does it, status messages, shared applications, and the server of device management.
 *
 *   const cloud = createCloud({ orgs: { abc123: { keys: { KEY: TOKEN }, devices: { "type:id": TOKEN }, gateways: { "type:id": TOKEN } } } });
 *   await cloud.listen({ tls });        // loopback; → its port
 *   cloud.peer(peer);                   // or a peer of the Espruino mock
 *
 * `cloud.packets` has all that went over the wires, `refused` the CONNECTs, `denied` the subscriptions, `closed` the connections
 * that the platform ended and why. `clock`: { now, after, cancel } for tests on another clock.
 */
const fs = require("node:fs");
const net = require("node:net");
const tls = require("node:tls");
const { Devices } = require("./manage");
const { connected, disconnected, topicOf } = require("./status");
const { Wire } = require("./wire");

const QUEUE = 5000;
const real = { now: () => Date.now(), after: (fn, ms) => setTimeout(fn, ms).unref(), cancel: (timer) => clearTimeout(timer) };
const SAMPLE = {
  abc123: {
    keys: { "a-abc123-k3yk3yk3y0": "S3cret(tok*en)" },
    devices: { "therm:t-001": "dev-Tok(1)", "therm:t-002": "dev-Tok(2)" },
    gateways: { "gwtype:gw-01": "gw-Tok(1)" },
    // Types that a gateway may register devices of.
    types: ["therm", "sensor", "gwtype"],
  },
};

class Cloud {
  constructor({ orgs = SAMPLE, clock = real, keep = 20000 } = {}) {
    Object.assign(this, { orgs, clock, keep });
    this.packets = [];
    this.refused = [];
    this.denied = [];
    this.closed = [];
    this.events = [];
    this.wires = new Set();
    this.sessions = new Map();
    this.turn = 0;
    this.devices = new Devices(this);
    this.servers = [];
  }

  record(wire, dir, packet) {
    if (this.packets.length >= this.keep) this.packets.splice(0, this.keep / 2);
    this.packets.push({ clientId: wire.client && wire.client.clientId, dir, packet });
  }

  /** Who a CONNECT is from, or the code of its refusal. */
  identify({ clientId, username, password }) {
    const part = clientId.split(":");
    const role = part[0].toLowerCase();
    const named = { a: part.length === 3 || (part[0] === "A" && part.length === 4), d: part.length === 4, g: part.length === 4 }[role];
    if (!named || !part.every((text) => /^[\w.-]{1,36}$/.test(text))) return { code: 2 };
    const [, org] = part;
    const client = { clientId, role, org, shared: part[0] === "A", user: username || "", type: role === "a" ? undefined : part[2] };
    client.id = role === "a" ? part[2] : part[3];
    if (org === "quickstart") return { client, code: role === "g" || password ? 5 : 0 };
    const known = this.orgs[org];
    const secret = String(password || "");
    if (!known || !secret) return { code: 5 };
    const wanted =
      role === "a"
        ? known.keys[username]
        : username === "use-token-auth" && known[role === "d" ? "devices" : "gateways"][`${part[2]}:${part[3]}`];
    return wanted === secret ? { client, code: 0 } : { code: 5 };
  }

  enter(wire) {
    const { clientId } = wire.client;
    for (const other of [...this.wires]) if (other !== wire && other.client && other.client.clientId === clientId) other.close("stolen");
    let session = this.sessions.get(clientId);
    const present = !wire.clean && !!session;
    if (!present) session = { filters: new Map(), inflight: new Map(), queue: [] };
    wire.session = session;
    if (wire.clean) this.sessions.delete(clientId);
    else this.sessions.set(clientId, session);
    session.client = wire.client;
    wire.send({ cmd: "connack", returnCode: 0, sessionPresent: present });
    const waiting = [...session.inflight.values(), ...session.queue.splice(0)];
    session.inflight.clear();
    for (const { topic, payload, qos } of waiting) wire.deliver(topic, payload, qos);
    this.route(wire.client.org, topicOf(wire.client), JSON.stringify(connected(wire)), 0);
  }

  leave(wire, reason, code) {
    this.route(wire.client.org, topicOf(wire.client), JSON.stringify(disconnected(wire, reason, code)), 0);
  }

  /** Who is connected is told to a new subscriber. */
  retained(wire, filters) {
    if (!filters.some((filter) => /\/mon$/.test(filter))) return;
    for (const other of this.wires) {
      if (!other.client || other.client.org !== wire.client.org) continue;
      const topic = topicOf(other.client);
      if (wire.wants(topic) >= 0) wire.deliver(topic, JSON.stringify(connected(other)), 0, true);
    }
  }

  publish(wire, what, { topic, payload, qos }) {
    const { org } = wire.client;
    if (what.manage) return this.devices.heard(wire, what.manage, payload);
    if (what.device) {
      const known = this.orgs[org];
      const { type, id } = what.device;
      if (!known.types.includes(type)) return this.complain(wire, topic, type, id);
      known.devices[`${type}:${id}`] ||= `registered-${id}`;
    }
    this.events.push({ org, topic: what.topic, payload });
    return this.route(org, what.topic, payload, qos);
  }

  /** A gateway is told what it may not do. */
  complain(wire, topic, type, id) {
    const { client } = wire;
    const about = {
      Request: "publish",
      Time: new Date(this.clock.now()).toISOString(),
      Topic: topic,
      Type: type,
      Id: id,
      Client: client.clientId,
    };
    this.route(
      client.org,
      `iot-2/type/${client.type}/id/${client.id}/notify`,
      JSON.stringify({ ...about, RC: 403, Message: "Device type is not valid" }),
      0,
    );
  }

  route(org, topic, payload, qos) {
    const groups = new Map();
    for (const wire of this.wires) {
      if (!wire.client || wire.client.org !== org) continue;
      const wanted = wire.wants(topic);
      if (wanted < 0) continue;
      const group = wire.client.shared ? `${wire.client.id}` : wire.client.clientId;
      groups.set(group, [...(groups.get(group) || []), { wire, qos: Math.min(qos, wanted) }]);
    }
    for (const list of groups.values()) {
      const one = list[this.turn++ % list.length];
      one.wire.deliver(topic, payload, one.qos);
    }
    for (const [clientId, session] of this.sessions) {
      if (session.client.org !== org || [...this.wires].some((wire) => wire.client && wire.client.clientId === clientId)) continue;
      const wanted = Wire.prototype.wants.call({ session }, topic);
      if (wanted > 0 && qos) session.queue.push({ topic, payload, qos: Math.min(qos, wanted) });
      if (session.queue.length > QUEUE) session.queue.shift();
    }
  }

  wireOf(clientId) {
    return [...this.wires].find((wire) => wire.client && wire.client.clientId === clientId);
  }

  /** A connection as a Node stream. */
  handle(stream, about) {
    const wire = new Wire(this, { write: (bytes) => stream.write(bytes), end: () => stream.end() }, about);
    this.wires.add(wire);
    stream.on("data", (bytes) => wire.receive(bytes));
    for (const event of ["end", "close", "error"]) stream.on(event, () => wire.close("lost"));
    return wire;
  }

  /** A connection as a peer of the mock's network. */
  peer = (peer) => {
    const wire = new Wire(this, { write: (bytes) => peer.write(bytes.toString("latin1")), end: () => peer.end() });
    this.wires.add(wire);
    peer.onData = (bytes) => wire.receive(Buffer.from(bytes, "latin1"));
    peer.onClose = () => wire.close("lost");
    return wire;
  };

  /** `files`: { cert, key } as file names. */
  async listen({ tls: files } = {}) {
    const accept = (socket) => {
      socket.setNoDelay(true);
      this.handle(socket, { address: socket.remoteAddress, secure: !!files });
    };
    const options = files && { cert: fs.readFileSync(files.cert), key: fs.readFileSync(files.key), minVersion: "TLSv1.2" };
    const server = files ? tls.createServer(options, accept) : net.createServer(accept);
    server.on("tlsClientError", () => {});
    this.servers.push(server);
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    return (this.port = server.address().port);
  }

  async close() {
    for (const wire of [...this.wires]) wire.close("closed");
    await Promise.all(this.servers.splice(0).map((server) => new Promise((done) => server.close(done))));
  }
}

const createCloud = (options) => new Cloud(options);

module.exports = { createCloud, SAMPLE };
