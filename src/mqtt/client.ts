import { chr } from "../core/bytes";
import { emitter } from "../core/emitter";
import { error } from "../core/errors";
import type { Bytes } from "../host";
import { sendPacket, tick, told } from "./link";
import { check, normalise, type Loose, type Options } from "./options";
import { field, SUBSCRIBE, topical } from "./packet";
import { enqueue, restore } from "./session";
import type { State } from "./state";
import { answer, publication } from "./take";
import type { Client, Granted } from "./types";

export type { Client, Granted, Handler, Packet, PublishOptions, Status, SubscribeOptions } from "./types";

/** The prototype of clients; types.ts says what the public ones do. */
export const methods: any = {
  /**
   * Also takes what `subscribe` has made, one function being cheaper than two: the methods themselves, the first byte, what follows the
   * identifier, the callback, what hears the answer, and whether it goes first, past a full queue too. Then it returns why it did not.
   * Without a callback a refusal is an `error` event.
   */
  publish: function (this: State) {
    const c = this;
    const args: any = arguments;
    const to = args[0];
    const made = to === methods;
    let head = args[1];
    let after = args[2];
    let done = args[3];
    let before = "";
    let o: any;
    if (!made) {
      o = after;
      if (typeof o === "function") {
        done = o;
        o = undefined;
      }
      o = o || {};
      check(o, " n:qos b:retain b:binary ");
      before = field("topic", to);
      if (typeof to !== "string" || !topical(before.substr(2))) throw error("config", "topic " + to + ": not empty, no NUL, no wildcard");
      after = o.binary && typeof head === "string" ? head : field("payload", head);
      // What is not given counts as 0.
      head = 48 | (o.qos << 1) | o.retain;
    }
    if (done) check({ callback: done }, " f:callback ");
    // What a new session asks for goes anyway, and before what waits: the answers to it are to be heard.
    const e =
      !args[5] &&
      (c._ended
        ? error("offline", "the client has ended")
        : c._size + before.length + after.length > (c.options.queueLimit || 16384)
          ? error("limit", "queueLimit reached: " + c._size + " bytes wait")
          : c._queue.length > 65534 && error("limit", "all 65535 identifiers are in use"));
    if (e) {
      c._dropped = ~~c._dropped! + 1;
      if (done) c.emit(done, e);
      else if (c._ended) throw e;
      else c.emit("error", e);
    } else {
      const entry = enqueue(c, head, before, after, made ? args[4] : done, args[5]);
      if (c.options.store && !made && entry._want && !entry._key)
        c.emit("error", error("storage", "store is full: " + to + " would not outlive a reboot"));
      delete c._went;
      // One with an identifier cannot join a write that is under way.
      if (!c._busy || !entry._want) sendPacket(c);
      if (c._note && c.connected && !made && !o.binary) c._note(c, to, head, before, after, entry);
    }
    return made ? e : c;
  },

  /** Also UNSUBSCRIBE, and SUBSCRIBE for a new session: then the client, the type, the arguments, and whether it is the latter. */
  subscribe: function (this: State) {
    const c = this;
    let args: any = arguments;
    let type = SUBSCRIBE;
    let again: unknown;
    if (args[0] === c) {
      type = args[1];
      again = args[3];
      args = args[2];
    }
    let to = args[0];
    let given = args[1];
    let done = args[2];
    let after = "";
    if (typeof given === "function") {
      done = given;
      given = undefined;
    }
    given = given || {};
    if (typeof to === "string") to = [to];
    const many = Array.isArray(to);
    const names: string[] = many ? to.slice() : Object.keys(to || {});
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
    if (!after) throw error("config", "topic filter: none");
    function told(err?: Error, codes?: Bytes) {
      const granted: Granted[] = [];
      // UNSUBACK has no codes [MQTT-3.11].
      for (let i = 0; type === SUBSCRIBE && codes && i < names.length; i++) {
        const f = names[i];
        const qos = codes.charCodeAt(i + 2);
        granted.push({ topic: f, qos: qos });
        // NaN where a code is missing.
        if (!(qos < 3)) {
          delete c._subs[f];
          if (c._handlers) delete c._handlers[f];
          err = error("refused", "the broker refuses to subscribe " + f);
        } else if (c._subs[f] < 4) c._subs[f] |= 4;
      }
      if (done) done(err, granted);
      else if (err && codes) throw err;
    }
    // Not the one of a short way, which knows four arguments.
    const e = methods.publish.call(c, methods, (type << 4) | 2, after, done, told, again);
    for (let i = 0; !e && i < names.length; i++) {
      const f = names[i];
      delete c._came;
      delete c._subs[f];
      if (c._handlers) delete c._handlers[f];
      if (type === SUBSCRIBE) {
        const one = many ? given : to[f];
        if (c.options.resubscribe !== false || one.handler) c._subs[f] = one.qos || 0;
        if (one.handler) (c._handlers = c._handlers || {})[f] = one.handler;
      }
    }
    return c;
  },

  end: function (this: State) {
    const c = this;
    const force = arguments[0];
    const done = typeof force === "function" ? force : arguments[2] || arguments[1];
    if (done) {
      check({ callback: done }, " f:callback ");
      const once = function () {
        c.removeListener("end", once);
        done();
      };
      c.on("end", once);
    }
    c._ended = 1;
    delete c._went;
    // A broker that acknowledges nothing, though it may answer pings, is as good as one that is silent. Never from here: on Espruino
    // what is in use 15 times at once, calls inside calls, is never freed.
    tick(c, c.connected && force !== true && (c._busy || c._queue.length) ? c.options.keepalive! * 1500 || 30000 : 0);
    return c;
  },

  reconnect: function (this: State) {
    delete this._ended;
    this._attempt = -1;
    tick(this, 0);
    return this;
  },

  _told: told,
  _publication: publication,
  _answer: answer,
};
emitter(methods);

/** Connects as the options say, over those that a URL has said, and keeps connected until `end`; nothing is emitted before this returns. */
export function connect(options?: Options, place?: Loose): Client {
  const c: State = Object.create(methods);
  c._idle = c._at = c._size = c._last = 0;
  c.connected = false;
  c.options = normalise(options, place || {});
  c._queue = [];
  c._subs = {};
  restore(c);
  c._dials = -1;
  tick(c);
  tick(c, c.options.manualConnect ? -1 : 0);
  return c as never;
}
