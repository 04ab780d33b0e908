"use strict";
const net = require("node:net");
const tls = require("node:tls");
const dgram = require("node:dgram");
const { DEMO, registry } = require("./registry");
const { Session } = require("./session");
const { format } = require("./time");

const RULES = {
  /** Milliseconds between updates of one device, and between alerts; what comes sooner is not stored. */
  updateSpacing: 5000,
  statusSpacing: 10000,
  alertSpacing: 600000,
  udpSpacing: 4000,
  /** `b` on 8282, and how long without valid data a line may be. */
  heartbeat: 40000,
  patience: 80000,
  idle: 60000,
  maxLine: 1024,
  /** Whether a checkout of one's own is answered with a line; nobody promises either. */
  answerCheckout: false,
};

/** Where time comes from: a test that has its own gives `now`, `after` and `cancel`. */
const REAL = {
  now: () => Date.now(),
  after: (fn, ms) => {
    const timer = setTimeout(fn, ms);
    if (timer.unref) timer.unref();
    return timer;
  },
  cancel: clearTimeout,
};

/**
 * A platform on this machine. Options: `accounts` (see registry.js), `rules`, `clock`, and `before(message, session)`, which returns
 * false to swallow a message. What happens is in `seen` (every line that came) and in `violations`.
 */
class Cloud {
  constructor({ accounts = DEMO, rules = {}, clock = REAL, before } = {}) {
    this.rules = { ...RULES, ...rules };
    this.clock = clock;
    this.before = before;
    Object.assign(this, registry(accounts));
    this.sessions = new Set();
    this.heard = {};
    this.seen = [];
    this.alerts = [];
    this.violations = [];
    this.tokens = 0;
    this.servers = [];
    this.keep = true;
  }

  time(pattern) {
    return format(this.clock.now(), pattern);
  }

  /** A connection as calls: `peer` has write(bytes) and end(); give what comes to `data` and the end to `closed`. */
  accept(peer, port = 8282) {
    return new Session(this, peer, port);
  }

  /** The same for a Node stream. */
  handle(stream, port = 8282) {
    const peer = { write: (bytes) => stream.write(Buffer.from(bytes, "latin1")), end: () => stream.end(), address: stream.remoteAddress };
    const session = this.accept(peer, port);
    stream.on("data", (data) => session.data(data.toString("latin1")));
    stream.on("close", () => session.closed());
    stream.on("end", () => session.closed());
    stream.on("error", () => session.closed());
    return session;
  }

  /** Listens on 127.0.0.1 with free ports: { 8181, 8282, 9090 } and, with `secure` ({ key, cert }), 8585. */
  async listen({ secure } = {}) {
    const ports = {};
    const bind = (server, port) =>
      new Promise((done) =>
        server.listen(0, "127.0.0.1", () => {
          this.servers.push(server);
          ports[port] = server.address().port;
          done();
        }),
      );
    for (const port of [8181, 8282])
      await bind(
        net.createServer((socket) => this.handle(socket, port)),
        port,
      );
    if (secure)
      await bind(
        tls.createServer(secure, (socket) => this.handle(socket, 8585)).on("tlsClientError", () => {}),
        8585,
      );
    const udp = dgram.createSocket("udp4").on("message", (data) => this.datagram(data.toString("utf8")));
    await new Promise((done) => udp.bind(0, "127.0.0.1", done));
    ports[9090] = udp.address().port;
    this.servers.push(udp);
    return ports;
  }

  async close() {
    for (const session of this.sessions) session.end();
    for (const server of this.servers.splice(0)) await new Promise((done) => server.close(done));
  }

  /** UDP: the key in every datagram, no answer. */
  datagram(text) {
    let m;
    try {
      m = JSON.parse(text);
    } catch {
      return void this.violations.push({ rule: "json", text });
    }
    const device = this.devices[m.ID];
    this.seen.push({ at: this.clock.now(), port: 9090, message: m });
    if (!device || device.key !== m.K) return void this.violations.push({ rule: "key", M: m.M });
    if (m.M === "update") this.store(device, m.V, this.rules.udpSpacing);
    else if (m.M === "say") this.deliver(m.toID, { M: "say", ID: "D" + m.ID, NAME: device.name, C: m.C, T: this.time(), SIGN: m.SIGN });
  }

  store(device, values, spacing = this.rules.updateSpacing) {
    const now = this.clock.now();
    // Half a second of grace: what is measured is when lines arrive.
    if (device.last !== undefined && now - device.last < spacing - 500)
      return void this.violations.push({ rule: "update spacing", device: device.id, ms: now - device.last });
    for (const id of Object.keys(values || {})) {
      if (!device.interfaces.includes(id)) this.violations.push({ rule: "interface", device: device.id, id });
      else if (typeof values[id] !== "string") this.violations.push({ rule: "value", device: device.id, id });
      else {
        device.values[id] = values[id];
        if (this.keep) device.history.push({ at: now, id, value: values[id] });
      }
    }
    device.last = now;
    this.tell(device.owner, { M: "update", ID: "D" + device.id, V: values });
  }

  session(id) {
    return [...this.sessions].find((one) => one.id === id);
  }

  online(id) {
    return !!this.session(id) || !!this.heard[id];
  }

  /** A user in a browser: `listener(message)` hears what the device and its peers say. */
  user(id, listener = () => {}) {
    const me = "U" + id;
    this.heard[me] = listener;
    this.announce(me, "login");
    const name = this.users[id].name + "(web)";
    return {
      say: (to, C, more) => this.deliver(to, { M: "say", ID: me, NAME: name, C, T: this.time(), ...more }),
      checkout: (device) => this.expel("D" + device, "198.51.100.7"),
      leave: () => {
        delete this.heard[me];
        this.announce(me, "logout");
      },
    };
  }

  /** What a smart speaker's skill does: a plain say, with its own detail in `S`. */
  speak(device, word, detail) {
    this.deliver("D" + device, {
      M: "say",
      ID: "U" + this.devices[device].owner,
      NAME: "天猫精灵",
      C: word,
      S: detail && JSON.stringify(detail),
      T: this.time(),
    });
  }

  name(id) {
    return id[0] === "U" ? this.users[id.slice(1)].name + "(web)" : this.devices[id.slice(1)].name;
  }

  owner(id) {
    return id[0] === "U" ? id.slice(1) : (this.devices[id.slice(1)] || {}).owner;
  }

  /** All of one owner, online or not. */
  family(id) {
    const owner = this.owner(id);
    return ["U" + owner].concat(Object.keys(this.devices).filter((one) => this.devices[one].owner === owner).map((one) => "D" + one)); // prettier-ignore
  }

  announce(id, kind) {
    for (const to of this.family(id)) if (to !== id) this.tell(to, { M: kind, ID: id, NAME: this.name(id), T: this.time() });
  }

  tell(to, message) {
    const id = /^\d/.test(to) ? "U" + to : to;
    const session = this.session(id);
    if (session) session.send(message);
    if (this.heard[id]) this.heard[id](message);
    return !!session || !!this.heard[id];
  }

  /** An absent one loses the message with no trace. */
  deliver(to, message) {
    const group = to[0] === "G" ? (this.groups[to.slice(1)] || { members: [] }).members : undefined;
    const targets = to === "ALL" ? this.family(message.ID) : group || [to];
    for (const id of targets) if (id !== message.ID) this.tell(id, message);
  }

  /** Somebody with the key, or the owner's panel, puts a device out. */
  expel(id, ip) {
    const session = this.session(id);
    if (!session) return false;
    session.leave();
    session.send({ M: "checkout", IP: ip, T: this.time() });
    return true;
  }
}

exports.createCloud = (options) => new Cloud(options);
exports.format = format;
