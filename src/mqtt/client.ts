import { after, bytesToText, cancel, connect as dial, end as hangUp, listeners, random, write } from "#host";
import { backoff } from "../core/backoff";
import { chr } from "../core/bytes";
import { emitter, kept, type Emitter } from "../core/emitter";
import { error } from "../core/errors";
import type { Bytes, Link, Timer } from "../host";
import { check, connectPacket, normalise, type Options } from "./options";
import { field, matching, PINGREQ, PINGRESP, PUBACK, PUBLISH, PUBREC, PUBREL, SUBACK, SUBSCRIBE, topical, UNSUBSCRIBE } from "./packet";
import { enqueue, next, release, restore, settle, type Done, type Session } from "./session";

export type Handler = (topic: string, payload: Bytes, packet: Packet) => void;

/** What came with a message besides topic and payload. */
export interface Packet {
  qos: number;
  retain: boolean;
  dup: boolean;
  messageId?: number;
}

export interface PublishOptions {
  qos?: 0 | 1 | 2;
  retain?: boolean;
  /** The payload is bytes already, one per char: not text to encode. */
  binary?: boolean;
}

export interface SubscribeOptions {
  qos?: 0 | 1 | 2;
  /** Called for each message under the filter, before the `message` event. */
  handler?: Handler;
}

export interface Granted {
  topic: string;
  qos: number;
}

export interface Status {
  connected: boolean;
  queued: number;
  bytes: number;
  inflight: number;
  sent: number;
  received: number;
  dropped: number;
  reconnects: number;
}

type Filters = { [filter: string]: SubscribeOptions };
type OnGranted = (err?: Error, granted?: Granted[]) => void;

export interface Client extends Emitter {
  options: Options;
  connected: boolean;
  publish(topic: string, payload: unknown, options?: PublishOptions | Done, done?: Done): Client;
  subscribe(
    filter: string | string[] | { [filter: string]: SubscribeOptions },
    options?: SubscribeOptions | OnGranted,
    done?: OnGranted,
  ): Client;
  unsubscribe(filter: string | string[], options?: {} | OnGranted, done?: OnGranted): Client;
  end(force?: boolean | Done, done?: Done): Client;
  reconnect(): Client;
  status(): Status;
}

/**
 * What the client knows besides its session. A field costs a variable even when it holds nothing: those that are not set
 * at the start are made when they are needed. For the same reason they are numbers where a boolean would do.
 */
interface State extends Omit<Client, "options" | "publish">, Session {
  options: Options;
  publish(...args: any[]): Client;
  _link?: Link;
  _timer?: Timer;
  /** Bytes of a packet that has not wholly come. */
  _in: Bytes;
  /** What waits for the link: answers, pings, and messages of QoS 0 on their way. */
  _out: Bytes;
  /** Something is written and not yet gone: so many messages of QoS 0, and their callbacks. */
  _busy?: number;
  _going?: number;
  _gone?: Done[];
  /** What is subscribed: its QoS, and 4 more when the broker has granted it. */
  _subs: { [filter: string]: number };
  _handlers?: { [filter: string]: Handler };
  /** Half keep-alives since something came; whether something went since the last of them. */
  _idle: number;
  _wrote?: number;
  /** Attempts since the last stable connection (-1: the next comes at once), and connections in a row that broke off before they were stable. */
  _attempt?: number;
  _early?: number;
  _ended?: number;
  _offline?: number;
  _count?: number;
  _received?: number;
  _dropped?: number;
  _dials: number;
  /** The message that came last, if it was of QoS 0 and for one listener: its bytes up to the payload, their number, that of the payload, of both. */
  _head?: Bytes;
  _n: number;
  _m: number;
  _total: number;
  _name: string;
  _packet: Packet;
  _list: Handler[];
  _call: Handler;
  /** The message that went last, if it was of QoS 0 and without options: its topic, its bytes up to the payload, the payload's length. */
  _to?: string;
  _pre: Bytes;
  _length: number;
  /** So many of them may wait for the link. */
  _most: number;
  _hot?: number;
  _close(e?: Error): void;
  _send(b?: Bytes): Bytes | undefined;
  _flush(): void;
  _told(what: any, at?: number): number | void;
  _take(what: Bytes, at: number): number;
}

/** Hears the link. */
function heard(this: any, what: any): void {
  const c = this._client;
  if (c._link === this) c._told(what);
}

/** For `tick`. */
const WARM = -2;

/**
 * One timer serves three waits: for the next attempt, for CONNACK, and for the next half keep-alive.
 * With `ms` it is set (negative: nothing is awaited), without it has run.
 *
 * With `WARM`, once messages come or go at QoS 0, it hides two functions behind two that only compare: what comes begins with the
 * bytes of the last message up to its payload, what goes has topic and length of the last. Each leaves the rest to the function it
 * hides. The interpreter reads a function anew whenever it runs: these are short, and "ram" has them copied where flash is slow;
 * there a text in quotes would be allocated each time. They are made here, because what a function sees lives as long as it does.
 */
function tick(c: any, ms?: number): void {
  const o = c.options;
  if (ms === WARM) {
    c._hot = 1;

    c._told = function (what: any) {
      "ram";
      let at = 0;
      let end = 0;
      let done;
      if (what.substr) {
        c._idle = 0;
        what = c._in += what;
        end = what.length;
      }
      while (at >= 0) {
        try {
          if (end) {
            while (what.substr(at, c._n) === c._head && c[(listeners || "$on") + "message"] === c._list && c._list[0] === c._call) {
              at += c._total;
              if (at > end) return (c._in = what.substr(at - c._total));
              c._received++;
              c._call(c._name, what.substr(at - c._m, c._m), c._packet);
            }
            // All is taken in, or the rest begins as that message did and is not whole.
            if (at === end || (end - at < c._n && c._head && !c._head.indexOf(what.substr(at)))) return (c._in = what.substr(at));
          } else if (what === c._link) {
            c._count = ~~c._count + ~~c._going;
            c._going = 0;
            while (c._gone && (done = c._gone.shift())) done();
            if (what === c._link && !c._queue[c._at]) {
              c._busy = 0;
              return c._flush();
            }
          }
        } catch (e) {
          c.emit("error", e);
        }
        at = methods._told.call(c, what, at);
      }
    };

    c.publish = function (to: any, payload: any, o: any, done: any) {
      "ram";
      if (typeof o === "function") {
        done = o;
        o = undefined;
      }
      if (
        to === c._to &&
        (!o || Object.keys(o).length === (o.qos === 0 ? 1 : 0)) &&
        typeof payload === "string" &&
        payload.length === c._length &&
        c._fresh < c._most
      ) {
        c._out += c._pre;
        c._out += payload;
        c._fresh++;
        if (done) (c._calls = c._calls || []).push(done);
        if (!c._busy) c._flush();
        return c;
      }
      return methods.publish.call(c, to, payload, o, done);
    };
    return;
  }
  if (ms !== undefined) {
    if (c._timer) cancel(c._timer);
    c._timer = ms < 0 ? 0 : after(tick, ms, c);
    return;
  }
  c._timer = 0;
  if (c._ended || c._attempt! < 0) c._close();
  else if (!c._link) {
    let hello;
    if (c._dials > 0) c.emit("reconnect");
    try {
      hello = connectPacket(o);
    } catch (e) {
      if (c._dials < 0) throw e;
      return c._close(e as Error);
    }
    // The first time, from `connect`, only to find fault.
    if (!++c._dials) return tick(c, o.manualConnect ? -1 : 0);
    const tls = o.protocol === "mqtts";
    c._in = c._out = "";
    c._busy = 0;
    tick(c, o.connectTimeout || 30000);
    c._link = dial(o.host || "localhost", o.port || (tls ? 8883 : 1883), tls ? o : undefined, heard);
    (c._link as { _client: State })._client = c;
    c._send(hello);
  } else if (!c.connected || c._idle > 1) c._close(error("timeout", c.connected ? "nothing came within 1.5 keepalive" : "no CONNACK"));
  else {
    delete c._attempt;
    delete c._early;
    tick(c, o.keepalive! * 500 || 30000);
    // [MQTT-3.1.2-23]
    if (o.keepalive && (c._idle++ || !c._wrote)) c._send("\xc0");
    c._wrote = 0;
  }
}

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
      if (!done) throw e;
      c.emit(done, e);
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
      const fixed = c._send();
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

  /** The link is let go, why is told, and the next attempt is awaited unless the client is to end. */
  _close: function (this: State, e?: Error) {
    const c = this;
    const o = c.options;
    const link = c._link;
    const broken = error("network", "the link broke first");
    let lost: any;
    if (c.connected) {
      c.connected = false;
      if (!e) {
        c._busy = 0;
        c._send("\xe0");
      }
      lost = (c._gone || []).concat(c._calls || []);
    }
    c._link = undefined;
    delete c._head;
    delete c._to;
    delete c._calls;
    delete c._gone;
    delete c._going;
    delete c._fresh;
    tick(c, -1);
    if (e) c.emit("error", e);
    if (link) {
      hangUp(link);
      c.emit("close");
    }
    if (lost) c.emit(lost, broken);
    if (c._ended) {
      tick(c, -1);
      for (let i = 0; i < c._queue.length; i++) {
        // The entry may live on after `reconnect`; it is answered only once.
        const done = c._queue[i]._done;
        c._queue[i]._done = undefined;
        if (done) c.emit(done, error("offline", "the client has ended"));
      }
      c.emit("end");
    } else if (c._attempt! < 0 || o.reconnectPeriod !== 0) {
      // Espruino on a PC crashes when a TLS link opens while the last one still closes.
      tick(
        c,
        c._attempt! < 0
          ? link && o.protocol === "mqtts"
            ? 100
            : 0
          : backoff(c._attempt || 0, o.reconnectPeriod || 1000, o.maxReconnectPeriod || 60000, random()),
      );
      c._attempt = (c._attempt || 0) + 1;
      // Last, because the handler may call `end` or `reconnect`, whose timer counts.
      if (!c._offline) {
        c._offline = 1;
        c.emit("offline");
      }
    }
  },

  /** Writes what waits, `b` (a packet without its length) before the queue, when the last write is gone; what has no identifier may join meanwhile. Returns the fixed header of the last packet that joined. */
  _send: function (this: State, b?: Bytes) {
    const c = this;
    const list = b ? [b] : [];
    let head;
    const first = c._queue[c._at];
    if (c.connected && first) {
      const room = 1024 - c._out.length;
      // While a write is under way one small packet may join; it cannot be one that has an identifier.
      if (!c._busy || (!first._id && first._bytes.length < room)) next(c, list, c._busy ? 1 : room);
    }
    // A packet can be most of what fits into memory: no more copies of it than need be.
    while ((b = list.shift())) {
      let n = b.length - 1;
      head = b.substr(0, 1);
      for (; n > 127; n >>= 7) head += chr((n & 127) | 128);
      c._out += head += chr(n);
      c._out += b.substr(1);
    }
    if (!c._busy) c._flush();
    return head;
  },

  /** Writes what waits for the link, the last write being gone. */
  _flush: function (this: State) {
    const c = this;
    const b = c._out;
    if (b && c._link) {
      c._out = "";
      c._busy = c._wrote = 1;
      if (c._fresh) {
        c._going = c._fresh;
        c._fresh = 0;
      }
      if (c._calls) {
        c._gone = c._calls;
        c._calls = undefined;
      }
      write(c._link, b);
    } else if (c._ended && c.connected && !c._queue.length) tick(c, 0);
  },

  /** What the link says, bytes from `at` on. Packets a broker may not send close the link. Returns where bytes may come again that the short function knows. */
  _told: function (this: State, what: any, at?: number): number | void {
    const c = this;
    const known = at !== undefined;
    if (what === c._link) {
      if (c._going) {
        c._count = (c._count || 0) + c._going;
        delete c._going;
      }
      // What the callbacks publish goes in one write.
      const gone = c._gone;
      if (gone) {
        c._gone = undefined;
        c.emit(gone as never);
      }
      c._busy = 0;
      c._send();
    } else if (!what.substr) {
      // Dropped again and again soon after CONNACK: that is what a second client of our name does.
      c._close(
        c.connected && (c._early = (c._early || 0) + 1) > 2
          ? error("conflict", "dropped " + c._early + " times soon after CONNACK: is " + c.options.clientId + " used twice?")
          : what.message && error("network", what.message),
      );
    } else if (c._out.length > 8192) c._close(error("limit", "the broker does not read the answers it asks for"));
    else {
      if (at === undefined) {
        c._idle = at = 0;
        what = c._in += what;
      }
      const from = at;
      try {
        for (let next = at; c._link && next >= 0; next = c._take(what, at)) {
          at = next;
          if (at > from && c._head && at < what.length) {
            if (known) return at;
            c._in = what.substr(at);
            return c._told("");
          }
        }
        if (at) c._in = what.substr(at);
      } catch (e) {
        c._close(e as Error);
      }
    }
  },

  /** Takes in the packet at `at`: where it ends, or -1 when it has not wholly come. Throws for what a broker may not send. */
  _take: function (this: State, what: Bytes, at: number): number {
    const c = this;
    const o = c.options;
    let wrong = "";
    let free;
    let e: any;
    let n = 0;
    let from: number = at + 1;
    let b = 128;
    for (let m = 1; b > 127; m *= 128) {
      if (m > 2097152) throw error("protocol", "the broker broke [MQTT-2.2.3]: remaining length");
      // NaN past the end: leaves the loop, and the length test below asks for more bytes.
      b = what.charCodeAt(from++);
      n += (b & 127) * m;
    }
    if (n > (o.maxPacketSize || 32768)) throw error("limit", "a packet of " + n + " bytes is over maxPacketSize");
    if (from + n > what.length) return -1;
    const head = what.charCodeAt(at);
    const type = head >> 4;
    let body = what.substr(from, n);
    let i = type === PUBLISH ? body.charCodeAt(0) * 256 + body.charCodeAt(1) + 2 : 0;
    const id = body.substr(i, 2);
    const code = id.charCodeAt(1);
    if (!c.connected) {
      const present = id.charCodeAt(0);
      if (head !== 32 || body.length !== 2 || present > 1 || (present && (code || o.clean !== false))) wrong = "3.2.0-1";
      else if (code > 5) wrong = "3.2.2-6";
      else if (code) {
        // Trying again soon is unlikely to help: draw from the widest range.
        c._attempt = 20;
        e = error(
          code > 3 ? "auth" : "refused",
          "CONNACK " +
            code +
            ": " +
            ["", "protocol version", "clientId", "server unavailable", "username or password", "not authorised"][code],
        );
        e.returnCode = code;
        throw e;
      } else {
        c.connected = true;
        delete c._offline;
        // CONNECT went too long ago to count.
        c._at = c._wrote = 0;
        tick(c, o.keepalive! * 500 || 30000);
        if (!present) {
          const again: Filters = {};
          for (const f in c._subs)
            if (c._subs[f] > 3) again[(e = f)] = { qos: (c._subs[f] & 3) as 0, handler: c._handlers && c._handlers[f] };
          free = "";
          if (e) c.publish(c, SUBSCRIBE, [again], true);
        }
        c.emit("connect", { sessionPresent: present > 0, returnCode: 0 });
        c._send();
      }
    } else if (type === PUBLISH) {
      const qos = (head >> 1) & 3;
      e = body.substr(2, i - 2);
      wrong =
        qos > 2
          ? "3.3.1-4"
          : !qos && head & 8
            ? "3.3.1-2"
            : i > body.length || (qos && (id === "\0\0" || id.length < 2))
              ? "2.3.1-1"
              : o.anyTopic || topical(e)
                ? ""
                : "3.3.2-1";
      if (!wrong) {
        const name = bytesToText(e);
        if (qos) i += 2;
        if (qos < 2 || !(c._held && c._held[id])) {
          const payload = body.substr(i);
          body = "";
          const packet: Packet = { qos: qos, retain: (head & 1) > 0, dup: (head & 8) > 0 };
          if (qos) packet.messageId = id.charCodeAt(0) * 256 + code;
          if (qos > 1) {
            (c._held = c._held || {})[id] = (o.store && o.store.put(id)) || -1;
            if (Object.keys(c._held).length > 256) throw error("limit", "over 256 messages of QoS 2 wait for PUBREL");
          }
          c._received = ~~c._received! + 1;
          const list = (c as any)[kept() + "message"];
          delete c._head;
          // `on` makes the list of an event's listeners anew; Espruino's `removeListener` takes from the one there is.
          if (!qos && list && list.length === 1) {
            c._list = list;
            c._call = list[0];
            c._n = from - at + i;
            c._m = payload.length;
            c._total = c._n + c._m;
            c._head = what.substr(at, c._n);
            c._name = name;
            c._packet = packet;
            if (!c._hot) tick(c, WARM);
          }
          const under = matching(c._handlers, name);
          if (under.length) {
            delete c._head;
            c.emit(under, name, payload, packet);
          }
          c.emit("message", name, payload, packet);
        }
        // PUBACK or PUBREC
        if (qos) c._send(chr(48 + 16 * qos) + id);
      }
    } else if (
      type < PUBACK ||
      type > PINGRESP ||
      type === SUBSCRIBE ||
      type === UNSUBSCRIBE ||
      type === PINGREQ ||
      (head & 15) !== (type === PUBREL ? 2 : 0)
    )
      wrong = "2.2.2-2";
    else if (type === PINGRESP ? body : type === SUBACK ? body.length < 3 : body.length !== 2) wrong = "2.2.3";
    else if (type === PUBREL) {
      free = id;
      c._send("p" + id);
    } else if (type < PINGRESP) {
      e = settle(c, type, id);
      if (type === PUBREC) c._send("b" + id);
      else if (e) {
        if (type < SUBACK) c._count = ~~c._count! + 1;
        if (e._done) c.emit(e._done, undefined, body);
        c._send();
      }
    }
    if (free !== undefined) release(c, free);
    if (wrong) throw error("protocol", "the broker broke [MQTT-" + wrong + "]");
    return from + n;
  },
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
