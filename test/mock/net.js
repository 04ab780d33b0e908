"use strict";
const node = { net: require("node:net"), tls: require("node:tls"), dgram: require("node:dgram") };
const { Link, Peer, stream } = require("./link");

/** Memory that devices share: port → who answers. */
class Network {
  constructor() {
    this.ports = new Map();
    this.datagrams = new Map();
    this.hosts = new Set(["127.0.0.1", "localhost"]);
  }

  free() {
    let port = 1024;
    while (this.ports.has(port)) port++;
    return port;
  }

  /** `handler(peer)` with synchronous calls: peer.onData, peer.onClose, peer.write, peer.end, peer.reset. */
  serve(port, handler) {
    const at = port || this.free();
    this.ports.set(at, handler);
    return { port: at, close: () => this.ports.delete(at) };
  }

  /** `handler(stream)` with a Node Duplex. */
  listen(port, handler) {
    return this.serve(port, (peer) => handler(stream(peer)));
  }

  /** `handler(bytes, answer)` for each datagram to a UDP port. */
  udp(port, handler) {
    this.datagrams.set(port, handler);
    return { port, close: () => this.datagrams.delete(port) };
  }

  /** Host names that resolve, besides 127.0.0.1 and localhost. */
  name(...hosts) {
    for (const host of hosts) this.hosts.add(host);
  }
}

/** A device's view of a network, with its faults. */
class Net {
  constructor(device, network, faults) {
    this.device = device;
    this.network = network;
    this.faults = faults;
    this.clock = device.clock;
    this.links = [];
    this.dying = new Set();
  }
  random() {
    return this.device.random();
  }
  wake() {
    this.touched();
    this.device.wake();
  }
  touched() {
    this.device.activity++;
  }
  serve(port, handler) {
    return this.network.serve(port, handler);
  }
  listen(port, handler) {
    return this.network.listen(port, handler);
  }
  udp(port, handler) {
    return this.network.udp(port, handler);
  }
  name(...hosts) {
    this.network.name(...hosts);
  }

  /** Sends a datagram; `answer` is called for each that comes back, once the latency has passed. What is lost stays lost. */
  datagram(bytes, port, host, answer) {
    const { latency, loss } = this.faults;
    const handler = this.network.datagrams.get(port | 0);
    if (this.away || !this.network.hosts.has(host) || !handler || (loss > 0 && this.random() < loss)) return;
    const back = (reply) => this.device.machine.loop.add(() => answer(reply, { address: host, port, size: reply.length }), 2 * latency, []);
    handler(bytes, back);
  }

  /** A link, or why not in the interpreter's words. */
  open(options) {
    const host = options.host === undefined ? "127.0.0.1" : String(options.host);
    if (this.away || !this.network.hosts.has(host)) return "Unable to locate host";
    const handler = this.network.ports.get(options.port | 0);
    if (!handler) return "Unable to create socket";
    const link = new Link(this, host, options.port | 0);
    link.peer = new Peer(link);
    this.links.push(link);
    handler(link.peer);
    return link;
  }

  closed(link) {
    const at = this.links.indexOf(link);
    if (at >= 0) this.links.splice(at, 1);
  }
}

/** Loopback or any network of the computer. A refused port comes later, as an error event: the interpreter on Linux throws instead. */
class RealNet extends Net {
  datagram(bytes, port, host, answer) {
    const socket = node.dgram.createSocket("udp4");
    socket.on("error", () => socket.close());
    socket.on("message", (data, from) => {
      answer(data.toString("latin1"), { address: from.address, port: from.port, size: data.length });
      this.wake();
    });
    socket.unref();
    socket.send(Buffer.from(bytes, "latin1"), port, host);
  }

  open(options, tls) {
    const link = new Link(this, options.host || "127.0.0.1", options.port);
    // The interpreter verifies no certificate and sends no server name; the mock shows what that means.
    const pem = (der, kind) => der && `-----BEGIN ${kind}-----\n${Buffer.from(der, "latin1").toString("base64")}\n-----END ${kind}-----\n`;
    const where = { host: link.host, port: link.port };
    const socket = tls
      ? node.tls.connect({
          ...where,
          cert: pem(options.cert, "CERTIFICATE"),
          key: pem(options.key, "PRIVATE KEY"),
          rejectUnauthorized: false,
        })
      : node.net.connect(where);
    link.connecting = true;
    link.peer = {
      bytes: (bytes) => socket.write(Buffer.from(bytes, "latin1")),
      closed: (had) => (had ? socket.destroy() : socket.end()),
    };
    const codes = { ECONNREFUSED: -9, ECONNRESET: -9, ENOTFOUND: -6, ETIMEDOUT: -3, EHOSTUNREACH: -4, ENETUNREACH: -4 };
    socket.once("connect", () => {
      link.connecting = false;
      this.wake();
    });
    socket.on("data", (data) => link.push(data.toString("latin1")));
    socket.on("end", () => link.finish("fin"));
    socket.on("error", (e) => link.finish(codes[e.code] || -10));
    socket.on("close", () => link.finish("fin"));
    this.links.push(link);
    return link;
  }
}

module.exports = { Network, Net, RealNet };
