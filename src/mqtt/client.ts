import { chr } from "../core/bytes";
import { emitter } from "../core/emitter";
import { error } from "../core/errors";
import type { Bytes } from "../host";
import { sendPacket, tick, told } from "./link";
import { check, normalise, type Options } from "./options";
import { field, PUBLISH, SUBSCRIBE, topical, UNSUBSCRIBE } from "./packet";
import { enqueue, restore } from "./session";
import { WARM, type State } from "./state";
import { answer, publication } from "./take";
import type { Client, Granted } from "./types";

export type { Client, Granted, Handler, Packet, PublishOptions, Status, SubscribeOptions } from "./types";

const methods: any = {
  /**
   * Also SUBSCRIBE and UNSUBSCRIBE, one function being cheaper than three: then the client, the type and their arguments are given.
   * Without a callback a refusal is an `error` event.
   */
  publish: function (this: State) {
    const c = this;
    let args: any = arguments;
    let type = PUBLISH;
    let again;
    if (args[0] === c) {
      type = args[1];
      again = args[3];
      args = args[2];
    }
    let at = type === PUBLISH ? 2 : 1;
    let to = args[0];
    let o = args[at++];
    let done = args[at];
    let names: string[] = [];
    let many = false;
    let head = (type << 4) | 2;
    let before = "";
    let after = "";
    if (typeof o === "function") {
      done = o;
      o = undefined;
    }
    if (done && typeof done !== "function") throw error("config", "callback: a function, not " + done);
    const given = o || {};
    let told = done;
    if (type === PUBLISH) {
      check(given, " n:qos b:retain b:binary ");
      head = 48 | ((given.qos || 0) << 1) | (given.retain ? 1 : 0);
      before = field("topic", to);
      if (typeof to !== "string" || !topical(before.substr(2))) throw error("config", "topic " + to + ": not empty, no NUL, no wildcard");
      after = given.binary && typeof args[1] === "string" ? args[1] : field("payload", args[1]);
    } else {
      if (typeof to === "string") to = [to];
      many = Array.isArray(to);
      names = many ? to.slice() : Object.keys(to || {});
      for (let i = 0; i < names.length; i++) {
        const f = names[i];
        const one = many ? given : to[f];
        const name = field("topic filter", f);
        if (!again) check(one, " n:qos f:handler ");
        if (!topical(name.substr(2), true)) throw error("config", "topic filter " + f + ": + and # stand alone in a level, # last");
        after += name;
        if (type === SUBSCRIBE) after += chr(one.qos || 0);
      }
      // [MQTT-3.8.3-3], [MQTT-3.10.3-2]
      if (!after) throw error("config", "topic filter: there is none");
      told = function (err?: Error, codes?: Bytes) {
        const granted: Granted[] = [];
        for (let i = 0; codes && i < names.length; i++) {
          const f = names[i];
          const qos = codes.charCodeAt(i + 2);
          granted.push({ topic: f, qos: qos });
          // NaN where a code is missing.
          if (type === SUBSCRIBE && !(qos < 3)) {
            delete c._subs[f];
            if (c._handlers) delete c._handlers[f];
            err = error("refused", "the broker refuses to subscribe " + f);
          } else if (c._subs[f] < 4) c._subs[f] |= 4;
        }
        if (done) done(err, granted);
        else if (err && codes) throw err;
      };
    }
    // What a new session asks for goes anyway.
    const e =
      !again &&
      (c._ended
        ? error("offline", "the client has ended")
        : c._size + before.length + after.length > (c.options.queueLimit || 16384)
          ? error("limit", "queueLimit reached: " + c._size + " bytes wait")
          : c._queue.length > 65534 && error("limit", "all 65535 identifiers are in use"));
    if (e) {
      c._dropped = (c._dropped || 0) + 1;
      if (done) c.emit(done, e);
      else if (c._ended) throw e;
      else c.emit("error", e);
    } else {
      const entry = enqueue(c, head, before, after, told);
      if (c.options.store && type === PUBLISH && entry._id && !entry._key)
        c.emit("error", error("storage", "store is full: message " + to + " would not outlive a reboot"));
      delete c._to;
      for (let i = 0; i < names.length; i++) {
        const f = names[i];
        delete c._head;
        delete c._subs[f];
        if (c._handlers) delete c._handlers[f];
        if (type === SUBSCRIBE) {
          const one = many ? given : to[f];
          if (c.options.resubscribe !== false || one.handler) c._subs[f] = one.qos || 0;
          if (one.handler) (c._handlers = c._handlers || {})[f] = one.handler;
        }
      }
      const fixed = sendPacket(c);
      // Where text is bytes, the next of this topic and length goes without a look.
      if (
        fixed &&
        c.connected &&
        head === 48 &&
        !given.binary &&
        !c._queue[c._at] &&
        after.length + before.length < 1024 &&
        field("payload", JSON.parse('"\\u20ac"')).length < 2
      ) {
        c._to = to;
        c._length = after.length;
        c._most = 4096 / (after.length + before.length);
        if (!c._hot) tick(c, WARM);
        c._pre = fixed + before;
      }
    }
    return c;
  },

  subscribe: function (this: State) {
    return this.publish(this, SUBSCRIBE, arguments);
  },

  unsubscribe: function (this: State) {
    return this.publish(this, UNSUBSCRIBE, arguments);
  },

  end: function (this: State) {
    const c = this;
    let force = arguments[0];
    let done = arguments[1];
    if (typeof force === "function") {
      done = force;
      force = false;
    }
    if (done) {
      const once = function () {
        c.removeListener("end", once);
        done();
      };
      c.on("end", once);
    }
    c._ended = 1;
    delete c._to;
    // A broker that acknowledges nothing, though it may answer pings, is as good as one that is silent. Never from here: on Espruino
    // what is in use 15 times at once, calls inside calls, is never freed.
    tick(c, c.connected && !force && (c._busy || c._queue.length) ? c.options.keepalive! * 1500 || 30000 : 0);
    return c;
  },

  reconnect: function (this: State) {
    delete this._ended;
    this._attempt = -1;
    tick(this, 0);
    return this;
  },

  status: function (this: State) {
    return {
      connected: this.connected,
      queued: this._queue.length,
      bytes: this._size,
      inflight: this._at,
      sent: this._count || 0,
      received: this._received || 0,
      dropped: this._dropped || 0,
      reconnects: this._dials && this._dials - 1,
    };
  },

  _told: told,
  _publication: publication,
  _answer: answer,
};
emitter(methods);

/** Connects to a broker and keeps connected until `end`; nothing is emitted before this returns. */
export const connect: (url: string | Options, more?: Options) => Client = function () {
  const c: State = Object.create(methods);
  c._idle = c._at = c._size = c._last = 0;
  c.connected = false;
  c.options = normalise(arguments[0], arguments[1]);
  c._queue = [];
  c._subs = {};
  restore(c);
  c._dials = -1;
  tick(c);
  return c;
};
