import { after, bytesToText, cancel, connect as dial, end as hangUp, random, textToBytes, write, dataToBytes } from "#host";
import { backoff } from "../core/backoff";
import { chr, u16 } from "../core/bytes";
import { emit, on, removeListener, run, type Listener } from "../core/emitter";
import { error } from "../core/errors";
import { valid } from "../core/utf8";
import type { Bytes, Link, LinkHandler, Timer } from "../host";
import { check, connectPacket, normalise, type Options } from "./options";
import * as p from "./packet";
import { Session, type Done, type Entry } from "./session";

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

interface Subscription {
  _qos: number;
  _fn?: Handler;
  /** The broker granted it once, so it is asked for again on a link without the session. */
  _ok?: boolean;
}

export interface Status {
  connected: boolean;
  queued: number;
  queuedBytes: number;
  inflight: number;
  sent: number;
  received: number;
  dropped: number;
  reconnects: number;
}

export interface Client extends LinkHandler, p.Sink {
  options: Options;
  connected: boolean;
  reconnecting: boolean;
  disconnecting: boolean;
  publish(topic: string, payload: unknown, options?: PublishOptions | Done, done?: Done): this;
  subscribe(
    filter: string | string[] | { [filter: string]: SubscribeOptions },
    options?: SubscribeOptions | ((err?: Error, granted?: Granted[]) => void),
    done?: (err?: Error, granted?: Granted[]) => void,
  ): this;
  unsubscribe(filter: string | string[], done?: Done): this;
  end(force?: boolean | Done, done?: Done): this;
  reconnect(): this;
  status(): Status;
  on(event: string, listener: Listener): this;
  removeListener(event: string, listener: Listener): this;
  emit(event: string, a?: unknown, b?: unknown, c?: unknown): void;

  _on: { [event: string]: Listener[] };
  _session: Session;
  _subs: { [filter: string]: Subscription };
  _link: Link;
  _timer: Timer;
  /** Bytes of a packet that has not wholly come. */
  _in: Bytes;
  /** Answers and pings: they go before the queue. */
  _out: Bytes;
  /** Written and not yet drained, or the link is not open. */
  _busy: boolean;
  _done: Done[];
  /** Half keep-alives since something came. */
  _idle: number;
  _wrote: boolean;
  /** Connection attempts since the last stable connection. */
  _try: number;
  /** Connections in a row that ended before they were stable. */
  _early: number;
  _cut: boolean;
  _again: boolean;
  /** The last topic that came, checked, and its text. */
  _topic: Bytes;
  _name: string;
  _sent: number;
  _got: number;
  _lost: number;
  _dials: number;
  _dial(): void;
  _hang(polite: boolean): void;
  _drop(reason: unknown): void;
  _control(bytes: Bytes): void;
  _pump(): void;
  _connack(head: number, body: Bytes): void;
  _publish(flags: number, body: Bytes): void;
  _add(bytes: Bytes, id: number, done?: Done, first?: boolean): void;
  _ask(type: number, filters: { [filter: string]: SubscribeOptions }, done?: Done, first?: boolean): void;
}

const WHY = ["", "refuses the protocol version", "refuses the clientId", "is unavailable", "refuses username or password", "does not authorise this client"];

/** One timer serves three waits: for the next attempt, for CONNACK, and for the next half keep-alive. */
function tick(c: Client): void {
  const o = c.options;
  if (!c._link) c._dial();
  else if (!c.connected) c._drop(error("timeout", "no CONNACK within connectTimeout"));
  else {
    c._timer = after(o.keepalive! * 500 || 30000, tick, c);
    c._try = c._early = 0;
    if (o.keepalive) {
      if (c._idle > 1) c._drop(error("timeout", "nothing came within 1.5 times keepalive"));
      // [MQTT-3.1.2-23]
      else if (c._idle++ || !c._wrote) c._control(p.PINGREQ_PACKET);
      c._wrote = false;
    }
  }
}

export const Client = function (this: Client, options: Options) {
  this.options = options;
  this._on = {};
  this._subs = {};
  this._done = [];
  this._session = new Session(options.store);
  this._try = this._early = this._sent = this._got = this._lost = this._dials = 0;
  this._dial();
} as unknown as { new (options: Options): Client };

Client.prototype = {
  on,
  removeListener,
  emit,

  publish(topic, payload, options, done) {
    if (typeof options === "function") {
      done = options;
      options = {};
    }
    const o = (options || {}) as PublishOptions;
    check(o, " n:qos b:retain b:binary ");
    const qos = o.qos || 0;
    const name = topic === this._topic ? topic : p.topicBytes(topic);
    const bytes = o.binary ? (payload as Bytes) : dataToBytes(payload);
    if (qos > 2 || typeof bytes !== "string") throw error("config", qos > 2 ? "option qos: 0, 1 or 2" : "payload: text or bytes, not " + typeof payload);
    const id = qos && this._session._newId();
    this._add(p.packet((p.PUBLISH << 4) | (qos << 1) | (o.retain ? 1 : 0), p.field(name) + (id ? u16(id) : "") + bytes), id, done);
    return this;
  },

  subscribe(filter, options, done) {
    if (typeof options === "function") {
      done = options;
      options = {};
    }
    let filters: { [filter: string]: SubscribeOptions } = {};
    if (typeof filter === "string") filters[filter] = options || {};
    else if (Array.isArray(filter)) for (let i = 0; i < filter.length; i++) filters[filter[i]] = options || {};
    else filters = filter;
    for (const f in filters) {
      check(filters[f], " n:qos f:handler ");
      if (filters[f].qos! > 2) throw error("config", "option qos: 0, 1 or 2");
    }
    this._ask(p.SUBSCRIBE, filters, done as Done);
    return this;
  },

  unsubscribe(filter, done) {
    const filters: { [filter: string]: SubscribeOptions } = {};
    const list = Array.isArray(filter) ? filter : [filter];
    for (let i = 0; i < list.length; i++) filters[list[i]] = {};
    this._ask(p.UNSUBSCRIBE, filters, done);
    return this;
  },

  _ask(type, filters, done, first) {
    const id = this._session._newId();
    const subs = this._subs;
    const names: string[] = [];
    let body = u16(id);
    for (const f in filters) {
      const b = p.field(p.topicBytes(f, true));
      names.push(f);
      body += type === p.SUBSCRIBE ? b + chr(filters[f].qos || 0) : b;
    }
    // [MQTT-3.8.3-3], [MQTT-3.10.3-2]
    if (!names.length) throw error("config", "no topic filter given");
    for (const f in filters)
      if (type !== p.SUBSCRIBE) delete subs[f];
      else if (!first) subs[f] = { _qos: filters[f].qos || 0, _fn: filters[f].handler };
    this._add(
      p.packet((type << 4) | 2, body),
      id,
      function (err, codes) {
        const granted: Granted[] = [];
        let refused = "";
        for (let i = 0; codes && type === p.SUBSCRIBE && i < names.length; i++) {
          const qos = codes.charCodeAt(i + 2);
          granted.push({ topic: names[i], qos: qos });
          if (qos > 2) {
            refused += " " + names[i];
            delete subs[names[i]];
          } else if (subs[names[i]]) subs[names[i]]._ok = true;
        }
        if (refused) err = error("refused", "the broker refuses to subscribe" + refused);
        if (done) done(err, granted);
        else if (refused) throw err;
      },
      first,
    );
  },

  _add(bytes, id, done, first) {
    const s = this._session;
    const o = this.options;
    let why;
    if (first) why = undefined;
    else if (this.disconnecting) why = error("offline", "the client has ended");
    else if (!id && !this.connected && o.queueQoSZero === false) why = error("offline", "not connected, and queueQoSZero is false");
    else if (s._size + bytes.length > (o.queueLimit || 16384)) why = error("limit", "queueLimit " + (o.queueLimit || 16384) + " bytes reached");
    if (why) {
      this._lost++;
      if (!done) throw why;
      done(why);
    } else {
      s._add({ _id: id, _bytes: bytes, _done: done }, first);
      if (!this._busy) this._pump();
    }
  },

  end(force, done) {
    if (typeof force === "function") {
      done = force;
      force = false;
    }
    if (done) this.on("end", done);
    this.disconnecting = true;
    if (!this._link) {
      cancel(this._timer);
      this._link = 1;
      this._timer = after(0, this._close, this);
    } else if (force || !this.connected) this._hang(true);
    else this._pump();
    return this;
  },

  reconnect() {
    this.disconnecting = false;
    this._again = true;
    if (this._link) this._hang(true);
    else {
      cancel(this._timer);
      this._timer = after(0, tick, this);
    }
    return this;
  },

  status() {
    const s = this._session;
    return {
      connected: this.connected,
      queued: s._queue.length,
      queuedBytes: s._size,
      inflight: s._at,
      sent: this._sent,
      received: this._got,
      dropped: this._lost,
      reconnects: this._dials - 1,
    };
  },

  _dial() {
    const o = this.options;
    this._in = this._out = "";
    this._busy = true;
    this._cut = this._again = false;
    if (this._dials++) this.emit("reconnect");
    this._timer = after(o.connectTimeout || 30000, tick, this);
    this._link = dial(o.host!, o.port!, o.protocol === "mqtts" ? o : undefined, this);
  },

  _hang(polite) {
    if (!this._cut) {
      this._cut = true;
      if (polite && this.connected) write(this._link, p.DISCONNECT_PACKET);
      hangUp(this._link);
    }
  },

  _drop(reason) {
    this._hang(false);
    this.emit("error", reason);
  },

  _control(bytes) {
    this._out += bytes;
    if (!this._busy) this._pump();
    else if (this._out.length > 4096) this._drop(error("limit", "the broker does not read what it asks for"));
  },

  _pump() {
    let out = this._out;
    this._out = "";
    if (this.connected) out += this._session._next(1024, this.options.maxInflight || 20, this._done);
    if (out && !this._cut) {
      this._busy = this._wrote = true;
      write(this._link, out);
    } else if (this.disconnecting && this.connected && !this._session._queue.length) this._hang(true);
  },

  _open() {
    this._busy = false;
    this._control(connectPacket(this.options));
  },

  _drain() {
    const done = this._done;
    this._done = [];
    this._busy = false;
    for (let i = 0; i < done.length; i++) run(this, false, done[i]);
    if (!this._busy) this._pump();
  },

  _data(bytes) {
    this._idle = 0;
    try {
      this._in += bytes;
      this._in = p.parse(this._in, this.options.maxPacketSize || 32768, this);
    } catch (e) {
      this._drop(e);
    }
  },

  _packet(head, body) {
    const type = head >> 4;
    const flags = head & 15;
    const id = p.word(body, 0);
    if (!this.connected) this._connack(head, body);
    else if (type === p.PUBLISH) this._publish(flags, body);
    else {
      if (flags !== (type === p.PUBREL ? 2 : 0)) p.malformed("2.2.2-2");
      if (type === p.PINGRESP ? body : type === p.SUBACK ? body.length < 3 : body.length !== 2) p.malformed("2.2.3");
      if (type < p.PUBACK || type === p.SUBSCRIBE || type === p.UNSUBSCRIBE || type > p.PINGRESP) p.malformed("2.2.1");
      if (type === p.PUBREL) {
        this._session._release(id);
        this._control(p.ack(p.PUBCOMP, id));
      } else if (type < p.PINGRESP) {
        const e = this._session._settle(type, id);
        if (type === p.PUBREC) this._control(p.ack(p.PUBREL, id));
        else if (e) {
          if (type < p.SUBACK) this._sent++;
          if (e._done) run(this, false, e._done, undefined, body);
          if (!this._busy) this._pump();
        }
      }
    }
    return this._cut;
  },

  _connack(head, body) {
    const code = body.charCodeAt(1);
    const kept = body.charCodeAt(0);
    const o = this.options;
    if (head !== p.CONNACK << 4 || body.length !== 2) p.malformed("3.2.0-1");
    if (kept > 1 || (kept && (code || o.clean !== false))) p.malformed("3.2.2-1");
    if (code) {
      // Trying again soon will not help: wait the longest.
      this._try = 20;
      const e = error(code > 3 ? "auth" : "refused", "the broker " + (WHY[code] || "answers CONNECT with " + code));
      (e as any).returnCode = code;
      this._drop(e);
    } else {
      cancel(this._timer);
      this._timer = after(o.keepalive! * 500 || 30000, tick, this);
      this._idle = 0;
      this.connected = true;
      this.reconnecting = false;
      this._session._resume(!!kept);
      const again: { [filter: string]: SubscribeOptions } = {};
      let any;
      for (const f in this._subs)
        if (!kept && this._subs[f]._ok && o.resubscribe !== false) {
          again[f] = any = { qos: this._subs[f]._qos as 0 };
        }
      if (any) this._ask(p.SUBSCRIBE, again, undefined, true);
      this.emit("connect", { sessionPresent: !!kept, returnCode: 0 });
      if (!this._busy) this._pump();
    }
  },

  _publish(flags, body) {
    const qos = (flags >> 1) & 3;
    let at = p.word(body, 0) + 2;
    const topic = body.substr(2, at - 2);
    let fresh = true;
    let id;
    if (!(at <= body.length)) p.malformed("3.3.2-1");
    if (qos > 2) p.malformed("3.3.1-4");
    if (!qos && flags & 8) p.malformed("3.3.1-2");
    if (topic !== this._topic) {
      if (!topic || topic.indexOf("\0") >= 0 || !valid(topic)) p.malformed("1.5.3-1");
      if (topic.indexOf("+") >= 0 || topic.indexOf("#") >= 0) p.malformed("3.3.2-2");
      this._topic = topic;
      this._name = bytesToText(topic);
    }
    if (qos) {
      id = p.word(body, at);
      at += 2;
      if (!id) p.malformed("2.3.1-1");
      if (qos > 1) fresh = this._session._hold(id);
    }
    if (fresh) {
      const payload = body.substr(at);
      const packet = { qos: qos, retain: (flags & 1) > 0, dup: flags > 7, messageId: id };
      const name = this._name;
      this._got++;
      for (const f in this._subs) {
        const fn = this._subs[f]._fn;
        if (fn && p.matches(f, name)) run(this, false, fn, name, payload, packet);
      }
      this.emit("message", name, payload, packet);
    }
    if (id && !this._cut) this._control(p.ack(qos > 1 ? p.PUBREC : p.PUBACK, id));
    if (this._session._count > (this.options.receiveMaximum || 100)) throw error("limit", "more than receiveMaximum messages of QoS 2 are not released");
  },

  _close(reason) {
    const o = this.options;
    const early = this.connected && !this._cut;
    cancel(this._timer);
    this._link = undefined;
    this.connected = false;
    this._done = [];
    if (reason && !this._cut) this.emit("error", error("network", reason));
    // Dropped again and again soon after a good CONNACK: that is what a second client with our name does.
    if (early && ++this._early > 2)
      this.emit("error", error("conflict", "dropped " + this._early + " times soon after connecting: does another client use " + o.clientId + "?"));
    this.emit("close");
    if (this.disconnecting) {
      const queue = this._session._queue;
      for (let i = 0; i < queue.length; i++) {
        const done = queue[i]._done;
        queue[i]._done = undefined;
        if (done) run(this, false, done, error("offline", "the client has ended"));
      }
      this.emit("end");
    } else if (!this._link) {
      if (this._again) this._dial();
      else if (o.reconnectPeriod) {
        if (!this.reconnecting) {
          this.reconnecting = true;
          this.emit("offline");
        }
        this._timer = after(backoff(this._try++, o.reconnectPeriod, o.maxReconnectPeriod || 60000, random()), tick, this);
      }
    }
  },
} as Client;

/**
 * Connects to a broker and keeps connected until `end`; nothing is emitted before this returns.
 */
export function connect(url: string | Options, options?: Options): Client {
  return new Client(normalise(url, options));
}
