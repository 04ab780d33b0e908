"use strict";
/**
 * A local Azure: the Device Provisioning Service and an IoT Hub that hold devices to the letter. Everything they refuse is in
 * `cloud.closed` with the reason, everything that went over the wires in `cloud.packets` and `cloud.http`.
 *
 *   const cloud = createCloud({ dps: { groups: { g: { key } } } });
 *   await cloud.listen({ tls });           // loopback, free ports: cloud.dps.port, cloud.dps.httpsPort, cloud.hub.port
 *   cloud.handle(duplex, { service });      // or no port at all; without `service` the user name of CONNECT tells which
 *   cloud.rest(duplex);                    // REST in memory
 *   cloud.peer(peer);                      // or a peer of the Espruino mock, answered within the same turn
 *
 * Options: `dps` (dps.js), `hub` (hub.js), `now` (a function, for a clock that the test moves; see clock.js), `qos2` ("close", or
 * "puback" as one field report has it), `keep` (entries of `packets`, 20000).
 */
const { realClock, manualClock } = require("./clock");
const { Dps } = require("./dps");
const { Hub } = require("./hub");
const { Trace } = require("./trace");
const { Wire } = require("./wire");
const listeners = require("./listeners");

class Cloud {
  constructor(options) {
    this.clock = options.now ? manualClock(options.now) : realClock();
    this.trace = new Trace(this.clock, options.keep || 20000);
    this.qos2 = options.qos2 || "close";
    this.wires = new Set();
    this.closed = [];
    this.http = [];
    this.hub = new Hub(this, options.hub || {});
    this.dps = new Dps(this, options.dps || {});
    this.servers = [];
  }

  get packets() {
    return this.trace.list;
  }

  /** Which service a CONNECT is for, and what that one says. */
  open(wire, packet) {
    const service = wire.from.service || (/\/registrations\//.test(packet.username || "") ? "dps" : "hub");
    return this[service].open(wire, packet);
  }

  /** A connection as a Node stream. `from`: { service: "dps" | "hub", commonName (of a client certificate), tls (for the trace) }. */
  handle(stream, from = {}) {
    const link = { write: (bytes) => stream.write(bytes), end: () => stream.end(), destroy: () => stream.destroy() };
    const wire = this.wire(link, from);
    stream.on("data", (bytes) => wire.receive(bytes));
    stream.on("end", () => wire.finish(false));
    stream.on("close", () => wire.finish(false));
    stream.on("error", () => wire.finish(false));
    return wire;
  }

  /** A connection as a peer of the mock's network: `network.serve(8883, cloud.peer)`. */
  peer = (peer, from = {}) => {
    const link = { write: (bytes) => peer.write(bytes.toString("latin1")), end: () => peer.end(), destroy: () => peer.reset() };
    const wire = this.wire(link, from);
    peer.onData = (bytes) => wire.receive(Buffer.from(bytes, "latin1"));
    peer.onClose = () => wire.finish(false);
    return wire;
  };

  /** The REST side of provisioning on a Node stream, without a port. */
  rest(stream) {
    this.restServer ??= listeners.restServer(this);
    this.restServer.emit("connection", stream);
  }

  wire(link, from) {
    const wire = new Wire(this, link, from);
    this.wires.add(wire);
    return wire;
  }

  /** `tls`: { cert, key, ca } as file names; without it MQTT is plain TCP and REST plain HTTP, for hosts without TLS. */
  async listen({ tls } = {}) {
    this.hub.port = await listeners.mqtt(this, "hub", tls);
    this.dps.port = await listeners.mqtt(this, "dps", tls);
    this.dps.httpsPort = await listeners.rest(this, tls);
    return this;
  }

  /** Lets what is due on a clock of the test's own happen. */
  run() {
    this.clock.run();
  }

  async close() {
    [...this.wires].forEach((wire) => wire.destroy("closing"));
    await Promise.all(this.servers.map((server) => new Promise((done) => (server.closeAllConnections?.(), server.close(done)))));
    this.servers = [];
  }
}

const createCloud = (options = {}) => new Cloud(options);

module.exports = { createCloud };
