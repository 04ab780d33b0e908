"use strict";

/** The interpreter's words for its error numbers. */
const ERRORS = (
  "connection closed,out of memory,timeout,no route,busy,not found,max sockets,unsent data,connection reset,unknown error," +
  "no connection,bad argument,SSL handshake failed,invalid SSL data,no response"
).split(",");

/** What waits for `read` or a listener, at most, when something waits already. */
const WAITING = 512;

/** What Linux builds of Espruino 2v29 say then: nothing, they end with SIGSEGV. */
const CRASH =
  "a listener of data used a socket, and a TLS socket comes later in the same pass: Espruino ends here. Leave the listener first, with setTimeout or emit";

/**
 * The client sockets, served once per idle pass and one chunk each way. `object` is what the program holds; `emit` (by the loop), `call`
 * (at once) and `heard` (is there a listener?) reach its handlers.
 */
class Sockets {
  constructor(net, chunk, events) {
    this.net = net;
    this.chunk = chunk;
    this.events = events;
    this.list = [];
    /** A listener of data runs; one used a socket in this pass. */
    this.inside = false;
    this.used = false;
  }

  connect(object, options, tls) {
    this.use();
    const link = this.net.open(options, tls);
    const socket = { object, link, tls, send: "", queue: "", unheard: "", connected: false, ending: false, now: false, over: false };
    if (typeof link === "string") return { error: link };
    this.list.push(socket);
    return { socket };
  }

  use() {
    if (this.inside) this.used = true;
  }

  write(socket, bytes) {
    this.use();
    if (socket.ending) return "This socket is closed";
    this.keep(socket, socket.send + bytes);
    this.net.device.wake();
    return undefined;
  }

  /** What is not yet sent, where a program can see it. */
  keep(socket, bytes) {
    socket.send = bytes;
    if (bytes) socket.object.dSnd = bytes;
    else delete socket.object.dSnd;
  }

  end(socket) {
    this.use();
    if (!socket.send) socket.now = true;
    socket.ending = true;
    this.net.device.wake();
  }

  emit(socket, event, ...args) {
    this.events.emit(socket.object, event, args);
  }

  /** Gives what could not be passed on: what nobody listens to waits for `read` or for the first listener, but not much of it. */
  push(socket, data, force) {
    if (!data) return "";
    if (this.events.heard(socket.object, "data")) {
      this.inside = true;
      this.events.call(socket.object, "data", [data]);
      this.inside = false;
      return "";
    }
    if (!socket.unheard) socket.unheard = data;
    else {
      const room = Math.max(0, WAITING - socket.unheard.length);
      if (data.length > room && !force) return data;
      socket.unheard += data.slice(0, room);
      if (data.length > room) return data;
    }
    return "";
  }

  serve(socket) {
    const { link } = socket;
    let busy = false;
    let error = 0;
    if (socket.object.clsNow) socket.now = true;
    // As the interpreter does: only what comes next takes the place of this, so that what is passed on here comes again in each pass.
    let data = this.push(socket, socket.queue);
    if (socket.queue && !data) busy = true;
    if (link.connecting && !socket.now) {
      const bytes = link.receive(1);
      if (bytes !== undefined) return false;
    }
    if (!socket.now) {
      if (socket.send) {
        const sent = link.send(socket.send.slice(0, this.chunk()));
        if (sent) busy = true;
        this.keep(socket, socket.send.slice(sent));
        if (!socket.send && !socket.ending) this.emit(socket, "drain", socket.object);
      } else if (socket.ending) socket.now = true;
      const bytes = link.receive(this.chunk());
      if (bytes === undefined) {
        error = typeof link.ending === "number" ? link.ending : -1;
        socket.now = true;
      } else {
        if (!socket.connected) {
          socket.connected = busy = true;
          this.emit(socket, "connect", socket.object);
          if (!socket.send) this.emit(socket, "drain", socket.object);
        }
        if (bytes) {
          busy = true;
          data = this.push(socket, data + bytes);
          socket.queue = data;
        }
      }
    }
    if (socket.now && this.list.includes(socket)) {
      if (!this.push(socket, data, true)) {
        this.close(socket, error);
        busy = true;
      }
    }
    return busy;
  }

  close(socket, error) {
    const code = socket.send && error === -1 ? -8 : error;
    const had = code < -1;
    socket.over = socket.ending = true;
    this.list.splice(this.list.indexOf(socket), 1);
    socket.link.close();
    this.net.closed(socket.link);
    if (had) this.emit(socket, "error", { code, message: ERRORS[-1 - code] || ERRORS[9] });
    this.emit(socket, "end");
    this.emit(socket, "close", had);
  }

  idle() {
    let busy = false;
    for (const link of [...this.net.dying]) {
      link.deliver();
      // What a silent one holds never arrives.
      if (link.silent || !link.toPeer.length) this.net.dying.delete(link);
    }
    this.used = false;
    // Also those that a listener of data opens meanwhile.
    const seen = new Set();
    for (let socket; (socket = this.list.find((one) => !seen.has(one))); seen.add(socket)) {
      if (this.used && socket.tls && !socket.now) this.net.device.crash(CRASH);
      else {
        if (socket.link.deliver()) busy = true;
        if (this.serve(socket)) busy = true;
      }
    }
    return busy;
  }

  next(now) {
    let due = Infinity;
    for (const link of [...this.list.map((socket) => socket.link), ...this.net.dying]) due = Math.min(due, link.next(now));
    return due;
  }

  /** Wi-Fi gone: the interpreter forgets its sockets and tells nobody; later writes are swallowed. */
  drop() {
    for (const socket of this.list.splice(0)) {
      socket.link.silence();
      this.net.closed(socket.link);
    }
  }
}

module.exports = Sockets;
