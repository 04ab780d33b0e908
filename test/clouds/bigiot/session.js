"use strict";
const { createHash } = require("node:crypto");
const { print, reader } = require("./line");

const md5 = (text) => createHash("md5").update(text).digest("hex");

/** One connection; `id` is who checked in on it. */
class Session {
  constructor(cloud, peer, port) {
    this.cloud = cloud;
    this.peer = peer;
    this.port = port;
    this.id = undefined;
    this.token = undefined;
    this.valid = cloud.clock.now();
    this.last = {};
    this.over = false;
    const { rules } = cloud;
    this.data = reader(
      rules.maxLine,
      (message) => this.take(message),
      (line) => cloud.violations.push({ rule: "line", line: line.slice(0, 80) }),
    );
    cloud.sessions.add(this);
    this.send({ M: "WELCOME TO BIGIOT" });
  }

  send(message) {
    if (!this.over) this.peer.write(print(message));
  }

  /** Any bytes, for a test of what must be survived. */
  raw(bytes) {
    if (!this.over) this.peer.write(bytes);
  }

  end() {
    if (this.over) return;
    this.closed();
    this.peer.end();
  }

  closed() {
    if (this.over) return;
    this.leave();
    this.over = true;
    this.rest();
    this.cloud.sessions.delete(this);
  }

  leave() {
    const { id } = this;
    this.id = undefined;
    if (id) this.cloud.announce(id, "logout");
  }

  rest() {
    if (this.timer) this.cloud.clock.cancel(this.timer);
    this.timer = undefined;
  }

  /** Heartbeats begin with the check-in. */
  watch() {
    const { rules, clock } = this.cloud;
    this.rest();
    if (this.over) return;
    if (this.port !== 8282) this.timer = clock.after(() => this.end(), rules.idle);
    else {
      this.timer = clock.after(() => {
        if (clock.now() - this.valid >= rules.patience) this.end();
        else {
          this.send({ M: "b" });
          this.watch();
        }
      }, rules.heartbeat);
    }
  }

  enter(id, answer) {
    const { cloud } = this;
    const holder = cloud.session(id);
    // Somebody is online with this number: silence. On the same line it is no more than a repetition.
    if (holder && holder !== this) return;
    this.id = id;
    this.send(answer);
    this.watch();
    if (!holder) cloud.announce(id, "login");
  }

  take(m) {
    const { cloud } = this;
    this.valid = cloud.clock.now();
    cloud.seen.push({ at: cloud.clock.now(), port: this.port, message: m, session: this });
    if (!cloud.keep && cloud.seen.length > 100) cloud.seen.splice(0, 50);
    if (cloud.before && cloud.before(m, this) === false) return;
    if (this.id && this.port !== 8282) this.watch();
    const act = Object.hasOwn(KINDS, m.M) ? KINDS[m.M] : undefined;
    if (act) act.call(this, m);
    else cloud.violations.push({ rule: "unknown", M: m.M });
  }

  /** Whether enough time has passed since the last of this kind. */
  spaced(kind, ms) {
    const now = this.cloud.clock.now();
    const ok = this.last[kind] === undefined || now - this.last[kind] >= ms - 500;
    if (!ok) this.cloud.violations.push({ rule: kind + " spacing", ms: now - this.last[kind] });
    this.last[kind] = now;
    return ok;
  }

  member(kind) {
    if (!this.id) this.cloud.violations.push({ rule: "not checked in", M: kind });
    return this.id;
  }
}

/** A wrong key and an unknown number are answered by silence. */
const KINDS = {
  checkin(m) {
    const { cloud } = this;
    const device = cloud.devices[m.ID];
    if (!device) return;
    const answer = { M: "checkinok", ID: "D" + m.ID, NAME: device.name, T: cloud.time() };
    if (!device.encrypted) {
      if (m.K === device.key) this.enter("D" + m.ID, answer);
    } else if (this.token && m.K === md5(this.token + cloud.users[device.owner].key)) this.enter("D" + m.ID, answer);
    else if (m.K === device.key) {
      this.token = md5("token " + ++cloud.tokens);
      this.send({ M: "token", ID: m.ID, K: this.token });
    }
  },

  checkout(m) {
    const { cloud } = this;
    const device = cloud.devices[m.ID];
    const keys = device && [device.key, this.token && md5(this.token + cloud.users[device.owner].key)];
    if (!device || !keys.includes(m.K)) return;
    if (this.id === "D" + m.ID) this.leave();
    else cloud.expel("D" + m.ID, this.peer.address || "127.0.0.1");
    if (cloud.rules.answerCheckout) this.send({ M: "checkout", IP: this.peer.address || "127.0.0.1", T: cloud.time() });
  },

  login(m) {
    const user = this.cloud.users[m.ID];
    if (this.port !== 8585 || !user || user.key !== m.K) return;
    // A new api session ends the one before.
    this.cloud.expel("U" + m.ID, "127.0.0.1");
    this.enter("U" + m.ID, { M: "loginok", ID: "U" + m.ID, N: user.name + "(api)", T: this.cloud.time() });
  },

  getdata(m) {
    const device = this.cloud.devices[m.ID];
    if (this.id && device && "U" + device.owner === this.id) this.send({ M: "update", ID: "D" + m.ID, V: device.values });
  },

  update(m) {
    if (!this.member("update")) return;
    if (this.id !== "D" + m.ID) this.cloud.violations.push({ rule: "another's update", ID: m.ID });
    else this.cloud.store(this.cloud.devices[m.ID], m.V);
  },

  say(m) {
    if (!this.member("say")) return;
    if (!/^([UDG]\d+|ALL)$/.test(m.ID)) this.cloud.violations.push({ rule: "recipient", ID: m.ID });
    else this.cloud.deliver(m.ID, { M: "say", ID: this.id, NAME: this.cloud.name(this.id), C: m.C, T: this.cloud.time(), SIGN: m.SIGN });
  },

  isOL(m) {
    if (!this.member("isOL")) return;
    const R = {};
    for (const id of [].concat(m.ID)) R[id] = this.cloud.online(id) ? "1" : "0";
    this.send({ M: "isOL", R, T: this.cloud.time() });
  },

  status() {
    if (this.spaced("status", this.cloud.rules.statusSpacing)) this.send({ M: this.id ? "checked" : "connected" });
  },

  time(m) {
    this.send({ M: "time", T: this.cloud.time(m.F) });
  },

  alert(m) {
    const { cloud } = this;
    if (!this.member("alert")) return;
    const device = cloud.devices[this.id.slice(1)];
    if (!device) return void cloud.violations.push({ rule: "alert of a user" });
    const now = cloud.clock.now();
    if (device.alerted !== undefined && now - device.alerted < cloud.rules.alertSpacing - 500)
      cloud.violations.push({ rule: "alert spacing" });
    else cloud.alerts.push({ at: now, device: device.id, text: m.C, channel: m.B });
    device.alerted = now;
  },

  beat() {},
  b() {},
  ping() {},
};
KINDS.u = KINDS.update;

module.exports = { Session, md5 };
