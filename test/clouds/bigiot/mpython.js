"use strict";
const { print } = require("./line");

/**
 * The second client: what mPython's was measured to do on the wire. It takes what one read of 512 bytes brings for one message and never
 * hears anything again after one that is not, asks to be checked out and in without waiting, and looks for the answer too early.
 */
class MPython {
  constructor(id, key, { write, after }) {
    this.id = String(id);
    this.key = key;
    this.write = write;
    this.after = after;
    this.dead = false;
    this.checked = false;
    this.last = undefined;
    this.said = [];
    this.send({ M: "checkout", ID: this.id, K: this.key });
    this.enter(3);
  }

  send(message) {
    this.write(print(message));
  }

  /** The flag is read at once, before an answer can have come: on a good platform a second check-in always follows. */
  enter(times) {
    this.checkIn();
    if (!this.checked && times > 1) this.after(() => this.enter(times - 1), 1000);
  }

  checkIn() {
    this.send({ M: "checkin", ID: this.id, K: this.key });
  }

  checkOut() {
    this.send({ M: "checkout", ID: this.id, K: this.key });
  }

  say({ user, group, device, msg = null }) {
    this.send({ M: "say", ID: user ? "U" + user : group ? "G" + group : "D" + device, C: msg });
  }

  update(id, data) {
    this.send({ M: "update", ID: this.id, V: { [id]: data } });
  }

  isOnline(device) {
    this.send({ M: "isOL", ID: "D" + device });
  }

  status() {
    this.send({ M: "status" });
  }

  time(format = "stamp") {
    this.send({ M: "time", F: format });
  }

  read(bytes) {
    for (let at = 0; at < bytes.length && !this.dead; at += 512) {
      let m;
      try {
        m = JSON.parse(bytes.slice(at, at + 512));
        if (m.M === "say") this.said.push([m.C, m.ID, m.NAME]);
      } catch {
        this.dead = true;
        return;
      }
      this.last = m;
      if (m.M === "b") this.send({ M: "beat" });
      if (m.M === "checkinok") this.checked = true;
    }
  }
}

module.exports = { MPython };
