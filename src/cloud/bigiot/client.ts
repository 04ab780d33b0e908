import { connect, datagram, end, hash, random, unicode, write } from "#host";
import { backoff } from "../../core/backoff";
import { hex } from "../../core/bytes";
import { error, type CloudError } from "../../core/errors";
import { parse } from "../../core/json";
import type { Bytes, Link } from "../../host";
import { ask, finish, pump, wait } from "./lane";
import { cut } from "./line";
import { encode, peer, said, type Message } from "./protocol";
import type { Device, Item } from "./types";

/** A line or, to enter and leave, its kind. */
export function post(d: Device, bytes: Bytes): void {
  if (bytes.charAt(0) !== "{") bytes = encode({ M: bytes, ID: d.id, K: d._key });
  const link = d._link;
  d._busy = true;
  d._still = 0;
  if (d.options.udp)
    datagram(d.options.host!, d.options.port || 9090, bytes.trim(), 2000, function () {
      heard.call(link, link);
    });
  else write(link, bytes);
}

/** Lets the link go and waits for the next attempt; what is worth it is kept, the rest is told. */
export function close(d: Device, e?: Error, how?: unknown): void {
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
  // A minute or two, so that two units with one number do not throw each other out for ever.
  const slow = e && (e as CloudError).code === "conflict";
  const floor = d.options.reconnectPeriod || 5000;
  wait(
    d,
    d._off ? -1 : backoff(slow ? 0 : d._try++, slow ? 60000 : floor, slow ? 120000 : d.options.maxReconnectPeriod || 60000, random()),
  );
  while (gone.length) {
    const item = gone.pop()!;
    // An update has no line: it goes again.
    if (!item._line) item._lane._list.unshift(item);
    else if (item !== d._kept) lost.push(item);
  }
  if (d._kept) d._kept._lane._list.unshift(d._kept);
  d._kept = undefined;
  for (const kind in d._lane) {
    const lane = d._lane[kind];
    if (lane._item) lost.push(lane._item);
    lane._item = undefined;
    while (kind !== "update" && kind !== "alert" && lane._list.length) lost.push(lane._list.shift()!);
  }
  if (e) d.emit("error", e);
  if (was) d.emit("offline", how || e);
  e = e || error("offline", "the connection is gone");
  d.emit(join, e);
  for (let i = 0; i < lost.length; i++) finish(d, lost[i], e);
}

/** The one function for timers. A lane's: its gap, or the first 5 s of it, are over. The device's: see below. */
export function tick(on: any): void {
  const d: Device = on._dev || on;
  const o = d.options;
  const asked = d._link;
  const item: Item = on._item;
  const unit = (o.heartbeat || 45000) / 3;
  const tls = o.tls || o.port === 8585;
  on._timer = 0;
  if (on !== d) {
    on._item = undefined;
    if (on._rest) wait(on, on._rest);
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
    const link: any = (d._link = o.udp ? {} : connect(o.host!, o.port || (tls ? 8585 : 8282), tls ? o : undefined, heard));
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
      if (leave) d._owed = true;
      else d._key = o.apiKey!;
      post(d, leave ? "checkout" : o.user ? "login" : "checkin");
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
    d.emit(join, undefined, e);
    if (Object.keys(d._want).length && d.online) ask(d, undefined, { M: "update", V: {} });
    pump(d);
  } else if (entering && kind === "token" && d._key === o.apiKey) {
    const text = m.K + o.userKey;
    // Without Unicode the host has no MD5: the line is not shipped there.
    const own = unicode && hash("md5", text);
    if (o.userKey && (own || o.md5)) {
      d._key = own ? hex(own) : o.md5!(text);
      post(d, "checkin");
      wait(d, 5000);
    } else {
      d._off = true;
      close(d, error("config", "device " + d.id + " is set to encrypted login: option " + (o.userKey ? "md5" : "userKey") + " is needed"));
    }
  } else if (!d._step && kind.substr(0, 7) === "WELCOME" && d._timer) {
    wait(d, -1);
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
      if (item._sent === d._lines) {
        d._sent = {};
        d._kept = undefined;
      }
      if (kind === "time") wait(lane, -1);
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
