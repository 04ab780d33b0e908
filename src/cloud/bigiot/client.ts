import { after, cancel, connect, datagram, end, random, write } from "#host";
import { backoff } from "../../core/backoff";
import { hex } from "../../core/bytes";
import { emitter } from "../../core/emitter";
import { error, type CloudError } from "../../core/errors";
import { parse } from "../../core/json";
import { md5 } from "../../core/md5";
import type { Bytes, Link, Timer } from "../../host";
import { cut } from "./line";
import { checked, type Options } from "./options";
import { encode, peer, recipient, said, values, who, type Message, type Peer, type Say } from "./protocol";

export type Done<T = unknown> = (err?: Error, result?: T) => void;
export type Data = string | number | boolean | number[];
export type SayCallback = (msg: any, id: string, name: string) => void;
type Id = number | string;
type Values = { [id: string]: string };

/** What waits to be written or answered. An update has no line yet: it is made of the newest values when its time has come. */
interface Item {
  _line: Bytes;
  _all: Done<any>[];
  _lane: Lane;
  /** For a question: how many lines of updates went before it. */
  _sent?: number;
}

/** Everything of one kind, in order, with the time that the platform wants between two of them. */
interface Lane {
  _dev: Device;
  _gap: number;
  _list: Item[];
  _timer?: Timer;
  /** What of the gap is left when the timer has run. */
  _rest?: number;
  /** The question that awaits its answer. */
  _item?: Item;
}

function wait(d: Device, ms: number): void {
  if (d._timer) cancel(d._timer);
  d._timer = ms < 0 ? 0 : after(tick, ms, d);
}

function post(d: Device, bytes: Bytes): void {
  const link = d._link;
  d._busy = true;
  d._still = 0;
  if (d.options.udp)
    datagram(d.options.host || HOST, d.options.port || 9090, bytes.trim(), 2000, function () {
      heard.call(link, link);
    });
  else write(link, bytes);
}

function finish(d: Device, item: Item, err?: Error, result?: unknown): void {
  for (let i = 0; i < item._all.length; i++) d.emit(item._all[i], err, result);
  if (err && !item._all.length) d.emit("error", err);
}

const HOST = "www.bigiot.net";

/** Lets the link go and waits for the next attempt; what is worth it is kept, the rest is told. */
function close(d: Device, e?: Error, ms?: number, how?: unknown): void {
  const was = d.online;
  const link = d._link;
  const gone = d._gone;
  const join = d._join;
  const lost: Item[] = [];
  d._link = undefined;
  d.online = false;
  d._gone = [];
  d._join = [];
  if (link && !d.options.udp) end(link);
  wait(d, d._off ? -1 : ms || backoff(d._try++, d.options.reconnectPeriod || 5000, d.options.maxReconnectPeriod || 60000, random()));
  while (gone.length) {
    const item = gone.pop()!;
    // An update has no line, an alert a long gap: they go again.
    if (item._line && item._lane._gap < 20000) lost.push(item);
    else item._lane._list.unshift(item);
  }
  for (const kind in d._lane) {
    const lane = d._lane[kind];
    if (lane._item) lost.push(lane._item);
    lane._item = undefined;
    while (kind !== "update" && kind !== "alert" && lane._list.length) lost.push(lane._list.shift()!);
  }
  if (e) d.emit("error", e);
  if (was) d.emit("offline", how || e);
  e = e || error("offline", "the connection is gone");
  for (let i = 0; i < join.length; i++) d.emit(join[i], e);
  for (let i = 0; i < lost.length; i++) finish(d, lost[i], e);
}

/** Writes what may go now, when the last write is gone. */
function pump(d: Device): void {
  if (d._busy || !d._link) return;
  const o = d.options;
  const most = o.maxLine || 1024;
  let out = d._beat ? '{"M":"beat"}\n' : "";
  d._beat = false;
  for (const kind in d._lane) {
    const lane = d._lane[kind];
    while (d.online && !lane._timer && lane._list.length && out.length < (o.udp ? 1 : most)) {
      const item = lane._list[0];
      const ids = Object.keys(d._want);
      let n = ids.length;
      let line = item._line;
      if (!line) {
        if (Object.keys(d._sent).length > 63) d._sent = {};
        for (let size = n; n && (!line || line.length > most); size >>= 1) {
          const part: Values = {};
          n = size;
          for (let i = 0; i < n; i++) part[ids[i]] = d._want[ids[i]];
          line = encode({ M: kind, ID: d.id, V: part, K: o.udp && o.apiKey }) + "\n";
        }
        for (let i = 0; i < n; i++) {
          d._sent[ids[i]] = d._want[ids[i]];
          delete d._want[ids[i]];
        }
        d._lines++;
      }
      if (item._line || n === ids.length) {
        lane._list.shift();
        if (!line) finish(d, item);
        else if (kind === "isOL" || kind === "status" || kind === "time") {
          item._sent = d._lines;
          lane._item = item;
        } else d._gone.push(item);
      }
      if (line && lane._gap) {
        lane._rest = Math.max(lane._gap - 5000, 0);
        lane._timer = after(tick, lane._gap - lane._rest, lane);
      }
      out += line;
    }
  }
  if (out) post(d, out);
}

/** Puts something into the lane of its kind. */
function ask(d: Device, gap: number, done: Done<any> | undefined, m: Message): boolean {
  const o = d.options;
  const most = o.maxLine || 1024;
  const line = encode(m) + "\n";
  const lane = d._lane[m.M] || (d._lane[m.M] = { _dev: d, _gap: gap, _list: [] });
  const all = done ? [done] : [];
  const item = m.V && lane._list[0];
  const e =
    d._off || (o.udp && gap > 5000)
      ? error("offline", d._off ? "checked out: checkIn first" : m.M + " needs a connection, not UDP")
      : line.length > (m.V ? most - 60 : most)
        ? error("limit", m.M + " is longer than maxLine allows: send less at a time")
        : lane._list.length >= (o.queueLimit || 16) || Object.keys(d._want).length > 63 || (item && item._all.length > 63)
          ? error("limit", "queueLimit: too many of " + m.M + " wait, slow down")
          : undefined;
  if (e) {
    d.dropped++;
    d.emit(done || "error", e);
    return false;
  }
  for (const id in m.V) d._want[id] = m.V[id];
  if (item) item._all = item._all.concat(all);
  else lane._list.push({ _line: m.V ? "" : line, _all: all, _lane: lane });
  pump(d);
  return true;
}

/** The one function for timers. A lane's: its gap, or the first 5 s of it, are over. The device's: see below. */
function tick(on: any): void {
  const d: Device = on._dev || on;
  const o = d.options;
  const asked = d._link;
  const item: Item = on._item;
  const unit = (o.heartbeat || 45000) / 3;
  const tls = o.tls || o.port === 8585;
  on._timer = 0;
  if (on !== d) {
    on._item = undefined;
    if (on._rest) on._timer = after(tick, on._rest, on);
    on._rest = 0;
    if (item) finish(d, item, error("timeout", "no answer within 5 s"));
    pump(d);
  } else if (!asked) {
    // The next attempt.
    d._step = 0;
    d._in = "";
    d._key = o.apiKey!;
    d._busy = d._beat = d._owed = false;
    d._ask = !tls && (o.port || 8282) === 8282;
    d._mute = -1;
    const link: any = (d._link = o.udp ? {} : connect(o.host || HOST, o.port || (tls ? 8585 : 8282), tls ? o : undefined, heard));
    link._dev = d;
    d.online = !!o.udp;
    if (o.udp) pump(d);
    else wait(d, 3000);
  } else if (!d.online) {
    // The next step of checking in: silence is all the answer that a refusal gets, so every step has its time.
    if (!d._step && (o.user || !o.checkoutFirst)) d._step = 1;
    const leave = !(d._step & 1);
    if (d._step > (o.user ? 1 : 3))
      close(
        d,
        d._mute < 0
          ? error("timeout", "no connection")
          : error("auth", "no answer to the check-in of " + d.id + ": wrong key, unknown id, or online elsewhere"),
      );
    else {
      post(d, encode({ M: leave ? "checkout" : o.user ? "login" : "checkin", ID: d.id, K: leave ? d._key : o.apiKey }) + "\n");
      if (leave) d._owed = true;
      else d._key = o.apiKey!;
      d._step++;
      wait(d, leave ? 200 : 5000);
    }
  } else if (d._owed) {
    // An answer to our own checkout would have come by now.
    d._owed = false;
    wait(d, unit - 2000);
  } else if (d._mute++ > 5 && d._ask) close(d, error("timeout", "nothing came for two heartbeats"));
  else {
    // A third of a heartbeat. Long enough after the check-in, what came before is nobody's fault any more.
    d._still++;
    if (++d._age > 3) d._try = 0;
    if (d._age > 40) d._kick = 0;
    wait(d, unit);
    if (d._age % 9) {
      if (d._still > 2 && !d._ask) d._beat = true;
      pump(d);
    } else
      ask(
        d,
        10000,
        function (err) {
          if (err && (err as CloudError).code === "timeout" && d._link === asked && !d._ask) close(d, err);
        },
        { M: "status" },
      );
  }
}

/** Takes one message in. */
function take(d: Device, m: Message): void {
  const o = d.options;
  let kind = m.M;
  let result: any = kind;
  const e = peer(m);
  // A check-in was sent last.
  const entering = !d.online && d._step && !(d._step & 1);
  if (kind === "b" || kind === "ping") {
    d._ask = d._beat = true;
    pump(d);
  } else if (kind === "say") {
    said(m, e as any, o.commands!);
    if (d._say) d.emit(d._say as any, m.C, e.id, e.name);
    d.emit(kind, e);
    const word = (e as any).command;
    if (word) {
      d.emit("command", word, e);
      if (o.commands!.hasOwnProperty(word)) d.emit(o.commands![word], e);
    }
  } else if (kind === "login" || kind === "logout") d.emit(kind, e);
  else if (kind === "update") d.emit(kind, m.V, e);
  else if (entering && (kind === "checkinok" || kind === "loginok")) {
    const join = d._join;
    d._join = [];
    d.online = true;
    d._age = d._mute = d._still = 0;
    wait(d, d._owed ? 2000 : (o.heartbeat || 45000) / 3);
    for (const id in d._want) d._sent[id] = d._want[id];
    d._want = d._sent;
    d._sent = {};
    d.emit("online", e);
    for (let i = 0; i < join.length; i++) d.emit(join[i], undefined, e);
    if (Object.keys(d._want).length && d.online) ask(d, o.updateInterval || 5000, undefined, { M: "update", V: {} });
    pump(d);
  } else if (entering && kind === "token" && d._key === o.apiKey) {
    if (o.userKey) {
      d._key = hex(md5(m.K + o.userKey));
      post(d, encode({ M: "checkin", ID: d.id, K: d._key }) + "\n");
      wait(d, 5000);
    } else {
      d._off = true;
      close(d, error("config", "device " + d.id + " is set to encrypted login: option userKey is needed"));
    }
  } else if (!d._step && kind.indexOf("WELCOME") === 0 && d._timer) {
    cancel(d._timer);
    tick(d);
  } else {
    // An answer to a question?
    if (kind === "checked" || kind === "connected") kind = "status";
    if (kind === "time") result = "" + m.T;
    if (kind === "isOL") {
      result = {};
      for (const id in m.R) result[id] = +m.R[id] > 0;
    }
    const lane = d._lane[kind];
    const item = lane && lane._item;
    if (item) {
      lane._item = undefined;
      // Whatever went before the question has arrived.
      if (item._sent === d._lines) d._sent = {};
      if (kind === "time") {
        cancel(lane._timer);
        lane._timer = 0;
      }
      finish(d, item, undefined, result);
      pump(d);
    }
    if (d.online && (kind === "checkout" || result === "connected")) {
      if (kind === "checkout" && d._owed) d._owed = false;
      else {
        const twice = ++d._kick > 1;
        close(
          d,
          twice ? error("conflict", "checked out " + d._kick + " times soon after check-in: is id " + d.id + " used twice?") : undefined,
          twice ? 60000 * (1 + random()) : 0,
          { ip: m.IP, time: e.time },
        );
      }
    }
  }
}

function heard(this: Link, what: any): void {
  const d: Device = (this as any)._dev;
  const most = (d.options.maxLine || 1024) * 2;
  if (d._link !== this) return;
  d._mute = 0;
  if (what === this) {
    const gone = d._gone;
    d._gone = [];
    d._busy = false;
    for (let i = 0; i < gone.length; i++) finish(d, gone[i]);
    pump(d);
  } else if (typeof what !== "string") close(d, error("network", what.message || "the connection was closed"));
  else {
    const all = cut(d._in, what, most);
    d._in = all.pop()!;
    for (let i = 0; i < all.length && d._link === this; i++) {
      try {
        if (all[i].length > most) throw error("limit", "a line of more than " + most + " bytes is dropped");
        const m = all[i].trim() && parse(all[i]);
        if (m && typeof m.M === "string") take(d, m);
        else if (m !== "") throw error("protocol", "a line is no object with an M");
      } catch (e) {
        d.dropped++;
        d.emit("error", e);
      }
    }
  }
}

export interface Device {
  id: string;
  options: Options;
  online: boolean;
  /** Lines from the platform, and calls of the application, that were refused. */
  dropped: number;
  /** Dials at once when there is no connection. */
  checkIn(done?: Done<Peer>): boolean;
  checkOut(done?: Done): boolean;
  sayCallback(f: SayCallback): void;
  say(what: Say, done?: Done): boolean;
  say(userId?: Id | null, groupId?: Id | null, deviceId?: Id | null, msg?: unknown, done?: Done): boolean;
  update(id: Id, data: Data, done?: Done): boolean;
  update(values: { [id: string]: Data }, done?: Done): boolean;
  isOnline(id: Id, done: Done<boolean>): boolean;
  isOnline(ids: Id[], done: Done<{ [id: string]: boolean }>): boolean;
  status(done: Done<"checked" | "connected">): boolean;
  time(done: Done<string>): boolean;
  time(format: string, done: Done<string>): boolean;
  alert(text: string, channel?: string, done?: Done): boolean;
  on(event: string, listener: (a?: any, b?: any) => void): this;
  removeListener(event: string, listener: (a?: any, b?: any) => void): this;
  emit(event: string | ((a?: any, b?: any, c?: any) => void), a?: unknown, b?: unknown, c?: unknown): void;
  _off: boolean;
  _try: number;
  _kick: number;
  _lines: number;
  _gone: Item[];
  /** Who waits for the check-in. */
  _join: Done<any>[];
  _lane: { [kind: string]: Lane };
  /** Newest values that wait, and those that are written but, for all we know, got lost. */
  _want: Values;
  _sent: Values;
  _link?: Link;
  _timer?: Timer;
  _say?: SayCallback;
  /** Bytes of a line that has not ended. */
  _in: Bytes;
  /** 0 the greeting is awaited; then, in turn, a checkout was sent and a check-in was sent. */
  _step: number;
  /** What a checkout has to say: after an encrypted check-in it is not the device's key. */
  _key: string;
  /** The platform asks for beats; one is to be sent; an answer to our checkout may come; something is written and not yet gone. */
  _ask: boolean;
  _beat: boolean;
  _owed: boolean;
  _busy: boolean;
  /** Thirds of a heartbeat since the check-in, since something came (-1: nothing at all), since something went. */
  _age: number;
  _mute: number;
  _still: number;
}

type Constructor = new (id: Id, apiKey: string, options?: Options) => Device;

/** Checks in and stays so until `checkOut`; nothing is emitted before the constructor returns. */
export const Device = function (this: Device, id: Id, apiKey: string, options?: Options) {
  this.options = checked(options || {}, id, apiKey);
  this.id = who(this.options.user ? "U" : "D", id).substr(1);
  this.online = this._off = false;
  this.dropped = this._try = this._kick = this._lines = 0;
  this._gone = [];
  this._join = [];
  this._lane = {};
  this._want = {};
  this._sent = {};
  wait(this, 0);
} as unknown as Constructor;

const proto = Device.prototype;

proto.checkIn = function (this: Device, done?: Done<Peer>) {
  this._off = false;
  if (done) this._join.push(done);
  if (!this._link) wait(this, 0);
  return true;
};

proto.checkOut = function (this: Device, done?: Done) {
  this._off = true;
  if (this.online && !this.options.udp) post(this, encode({ M: "checkout", ID: this.id, K: this._key }) + "\n");
  close(this);
  if (done) this.emit(done);
  return true;
};

proto.sayCallback = function (this: Device, f: SayCallback) {
  this._say = f;
};

proto.say = function (this: Device, a: any) {
  const b = arguments;
  const flat = !a || typeof a !== "object";
  const o: Say = flat ? { userId: a, groupId: b[1], deviceId: b[2], msg: b[3] } : a;
  const m: Message = { M: "say", ID: recipient(o), C: o.msg, SIGN: o.sign };
  if (this.options.udp) {
    m.toID = m.ID;
    m.ID = this.id;
    m.K = this.options.apiKey;
  }
  return ask(this, 0, b[flat ? 4 : 1], m);
};

proto.update = function (this: Device, a: any) {
  const b = arguments;
  const given: { [id: string]: unknown } = {};
  const flat = typeof a !== "object";
  if (flat) given[a] = b[1];
  return ask(this, this.options.updateInterval || 5000, b[flat ? 2 : 1], { M: "update", V: values(flat ? given : a) });
};

proto.isOnline = function (this: Device, id: any, done: any) {
  const ids: string[] = [].concat(id).map(function (one) {
    return who(+one >= 0 ? "D" : "", one);
  });
  return ask(
    this,
    15000,
    function (err, map) {
      done(err, map && !Array.isArray(id) ? map[ids[0]] : map);
    },
    { M: "isOL", ID: ids },
  );
};

proto.status = function (this: Device, done: Done<any>) {
  return ask(this, 10000, done, { M: "status" });
};

proto.time = function (this: Device, a: any) {
  const given = typeof a === "string";
  return ask(this, 5000, given ? arguments[1] : a, { M: "time", F: given ? a : "stamp" });
};

proto.alert = function (this: Device, text: string, channel?: string, done?: Done) {
  return ask(this, 600000, done, { M: "alert", C: text, B: channel || "email" });
};

emitter(proto);
