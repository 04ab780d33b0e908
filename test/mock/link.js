"use strict";
const { Duplex } = require("node:stream");

/**
 * The wire between a device's socket and its peer, with latency and loss on the device's clock. What is lost is sent again after
 * `retry` ms, in order: to the ends, TCP's loss is delay.
 */
class Link {
  constructor(net, host, port) {
    this.net = net;
    this.host = host;
    this.port = port;
    this.toDevice = [];
    this.toPeer = [];
    /** What the device will read as the end: "fin", "reset" or an error number of the interpreter. */
    this.ending = undefined;
    this.silent = false;
    /** The peer does not read: what is written waits at the socket. */
    this.held = false;
    this.dead = false;
    this.peer = undefined;
    this.sent = 0;
    this.received = 0;
  }

  due(queue) {
    const { latency = 0, loss = 0, retry = 1000 } = this.net.faults;
    const last = queue.length ? queue[queue.length - 1].due : 0;
    const lost = loss > 0 && this.net.random() < loss;
    return Math.max(last, this.net.clock.now() + latency + (lost ? retry : 0));
  }

  /** From the peer. */
  push(bytes) {
    if (!this.dead && !this.silent && bytes.length) {
      this.toDevice.push({ due: this.due(this.toDevice), bytes });
      this.net.wake();
    }
  }

  finish(how) {
    if (this.dead || this.ending !== undefined || this.silent) return;
    this.toDevice.push({ due: this.due(this.toDevice), how });
    this.net.wake();
  }

  /** From the device: how many bytes the network took. */
  send(bytes) {
    if (this.silent || this.dead) return bytes.length;
    if (this.held) return 0;
    this.toPeer.push({ due: this.due(this.toPeer), bytes });
    this.deliver();
    return bytes.length;
  }

  deliver() {
    let any = false;
    while (this.toPeer.length && this.toPeer[0].due <= this.net.clock.now() && !this.silent) {
      const { bytes, how } = this.toPeer.shift();
      any = true;
      if (how) this.peer.closed(how === "reset");
      else {
        this.sent += bytes.length;
        this.peer.bytes(bytes);
      }
    }
    return any;
  }

  /** At most `size` bytes, "" when nothing has come, undefined at the end. */
  receive(size) {
    const now = this.net.clock.now();
    let bytes = "";
    while (bytes.length < size && this.toDevice.length && this.toDevice[0].due <= now) {
      const head = this.toDevice[0];
      if (head.how !== undefined) {
        if (bytes) return bytes;
        this.ending = head.how;
        return undefined;
      }
      const part = head.bytes.slice(0, size - bytes.length);
      bytes += part;
      if (part.length === head.bytes.length) this.toDevice.shift();
      else head.bytes = head.bytes.slice(part.length);
    }
    this.received += bytes.length;
    return bytes;
  }

  next(now) {
    const later = (queue) => (queue.length && queue[0].due > now ? queue[0].due : Infinity);
    return this.silent ? Infinity : Math.min(this.dead ? Infinity : later(this.toDevice), later(this.toPeer));
  }

  /** The device's side is gone. */
  close(how = "fin") {
    if (this.dead) return;
    this.toPeer.push({ due: this.due(this.toPeer), how });
    this.deliver();
    this.dead = true;
    if (this.toPeer.length) this.net.dying.add(this);
  }

  /** Faults. */
  silence() {
    this.silent = true;
  }
  reset() {
    this.finish("reset");
    this.peer.closed(true);
  }
  /** The interpreter's own error, such as -3 (timeout), -9 (reset) or -14 (bad TLS data). */
  fail(code) {
    this.finish(code);
    this.peer.closed(true);
  }
}

/** The peer as plain calls, all synchronous: for scripted brokers. */
class Peer {
  constructor(link) {
    this.link = link;
    this.onData = () => {};
    this.onClose = () => {};
    this.over = false;
  }
  write(bytes) {
    this.link.push(bytes);
  }
  end() {
    this.link.finish("fin");
  }
  reset() {
    this.link.finish("reset");
  }
  bytes(bytes) {
    if (!this.over) this.onData(bytes);
  }
  closed(had) {
    if (this.over) return;
    this.over = true;
    this.onClose(had);
  }
}

/** The peer as a Node stream, as `broker.handle` and `net.Server` listeners expect it. */
function stream(peer) {
  const duplex = new Duplex({
    allowHalfOpen: false,
    read() {},
    write(chunk, encoding, done) {
      peer.write(Buffer.from(chunk, encoding).toString("latin1"));
      done();
    },
    final(done) {
      peer.end();
      done();
    },
    destroy(error, done) {
      if (error) peer.reset();
      else peer.end();
      done(error);
    },
  });
  peer.onData = (bytes) => {
    peer.link.net.touched();
    duplex.push(Buffer.from(bytes, "latin1"));
  };
  peer.onClose = (had) => {
    peer.link.net.touched();
    if (had) duplex.destroy();
    else duplex.push(null);
  };
  duplex.link = peer.link;
  duplex.setNoDelay = duplex.setKeepAlive = duplex.setTimeout = () => duplex;
  duplex.remoteAddress = "127.0.0.1";
  return duplex;
}

module.exports = { Link, Peer, stream };
