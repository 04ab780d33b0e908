"use strict";
/**
 * A TPM on SPI as the host sees it: a register file behind headers and wait states (TCG PC Client Platform TPM Profile, 6.3 to 6.5).
 * What a host must not do is in `faults`. Options: `waits()` idle bytes before the data of a transfer, `burst()` what the FIFO takes
 * or gives at a time, `lazy` reads of a register that go by before a state is entered, `backend(command, done(err, reply))`.
 */
class Tis {
  constructor(options) {
    Object.assign(this, { waits: () => 0, burst: () => 32, lazy: 2 }, options);
    this.faults = [];
    this.transfers = 0;
    this.active = false;
    this.state = "idle";
    this.pending = 0;
    this.room = 0;
    this.reset();
    /** What the module is given. */
    this.exchange = (bytes, more) => {
      let out = "";
      for (const char of bytes) out += String.fromCharCode(this.clock(char.charCodeAt(0)));
      if (!more) this.deselect();
      return out;
    };
  }

  fault(text) {
    this.faults.push(text);
  }

  reset() {
    this.header = [];
    this.left = undefined;
    this.done = 0;
  }

  deselect() {
    if (this.header.length !== 4 || this.done !== this.length) this.fault(`chip select rose after ${this.header.length} + ${this.done}`);
    this.reset();
  }

  /** One byte in, one out. */
  clock(byte) {
    if (this.header.length < 4) {
      this.header.push(byte);
      if (this.header.length < 4) return 0;
      this.transfers++;
      const [first, locality, high, low] = this.header;
      this.reading = !!(first & 0x80);
      this.length = (first & 0x3f) + 1;
      this.address = high * 256 + low;
      if (locality !== 0xd4 || high) this.fault(`address ${this.header}`);
      this.left = this.waits();
      return this.left ? 0 : 1;
    }
    if (this.left) return --this.left ? 0 : 1;
    if (this.done === this.length) return (this.fault("more bytes than announced"), 0xff);
    const at = this.address === 0x24 ? 0x24 : this.address + this.done;
    this.done++;
    if (!this.reading) return (this.write(at, byte), 0);
    return this.read(at);
  }

  /** Whether a state that was asked for has been reached; it takes some looking. */
  reached() {
    return !this.pending || !--this.pending;
  }

  read(at) {
    if (at === 0) {
      if (this.state === "requested" && this.reached()) {
        this.active = true;
        this.state = "idle";
      }
      return 0x81 | (this.active ? 0x20 : 0) | (this.state === "requested" ? 4 : 0);
    }
    if (!this.active) return 0xff;
    if (at === 0x18) {
      this.room = Math.min(this.burst(), this.state === "reply" ? this.reply.length : Infinity);
      if (this.state === "readying" && this.reached()) this.state = "ready";
      const invalid = this.state === "command" && this.pending && !this.reached();
      const bits = { ready: 0x40, reply: 0x10, command: this.complete() ? 0 : 0x08 };
      return (invalid ? 0 : 0x80) | (bits[this.state] || 0);
    }
    if (at === 0x19) return this.room & 255;
    if (at === 0x1a) return this.room >> 8;
    if (at === 0x24) {
      if (this.state !== "reply" || this.room-- <= 0) return (this.fault("reads what is not there"), 0xff);
      const byte = this.reply.charCodeAt(0);
      this.reply = this.reply.slice(1);
      if (!this.reply) this.state = "spent";
      return byte;
    }
    return 0;
  }

  complete() {
    return this.command.length >= 6 && this.command.length >= Buffer.from(this.command, "latin1").readUInt32BE(2);
  }

  write(at, byte) {
    if (at === 0 && byte === 2 && !this.active) {
      this.state = "requested";
      this.pending = this.lazy;
    } else if (at === 0 && byte === 0x20) this.active = false;
    else if (!this.active && at) this.fault("writes without the locality");
    else if (at === 0x18 && byte === 0x40) {
      this.state = "readying";
      this.pending = this.lazy;
      this.command = "";
    } else if (at === 0x18 && byte === 0x20) this.go();
    else if (at === 0x24) {
      if (this.state === "ready") this.state = "command";
      if (this.state !== "command" || this.room-- <= 0 || this.complete()) this.fault("writes what does not fit");
      this.command += String.fromCharCode(byte);
      this.pending = this.lazy;
    }
  }

  go() {
    if (this.state !== "command" || !this.complete()) return this.fault("goes without a command");
    this.state = "busy";
    this.backend(this.command, (err, reply) => {
      if (this.state !== "busy" || err) return;
      this.reply = reply;
      this.state = "reply";
    });
  }
}

module.exports = { Tis };
