import { after, cancel, connect as dial, end as hangUp, random, write } from "#host";
import { backoff } from "../core/backoff";
import { error } from "../core/errors";
import type { Bytes } from "../host";
import { connectPacket } from "./options";
import { PUBLISH } from "./packet";
import { next } from "./session";
import type { State } from "./state";
import { frame } from "./take";

/**
 * Hears the link. Short, as the interpreter reads it for each piece; much at once is for the function that takes it in parts.
 *
 * Here and below the client is an argument: as what a method is called of it would be held twice by Espruino while the call lasts,
 * and what is held fifteen times, calls inside calls, is never freed.
 */
function heard(this: any, what: any): void {
  const c = this._client;
  const hear = what.length > 2048 ? told : c._told;
  if (c._link === this) hear(what, c);
}

/**
 * One timer serves three waits: for the next attempt, for CONNACK, and for the next half keep-alive.
 * With `ms` it is set (negative: nothing is awaited), without it has run.
 */
export function tick(c: any, ms?: number): void {
  const o = c.options;
  if (ms !== undefined) {
    if (c._timer) cancel(c._timer);
    c._timer = ms < 0 ? 0 : after(tick, ms, c);
    return;
  }
  c._timer = 0;
  if (c._ended || c._attempt! < 0) closeLink(c);
  else if (!c._link) {
    let hello;
    if (c._dials > 0) {
      const attempt = c._attempt;
      c.emit("reconnect");
      // A `reconnect` of the handler asks for what comes now, and must not be done once more on the new link.
      c._attempt = attempt;
    }
    // An `end` of the handler: its timer counts.
    if (c._ended) return;
    try {
      hello = connectPacket(o);
    } catch (e) {
      if (c._dials < 0) throw e;
      return closeLink(c, e as Error);
    }
    // The first time, from `connect`, only to find fault.
    if (!++c._dials) return;
    const tls = o.protocol === "mqtts";
    c._out = "";
    delete c._in;
    c._busy = 0;
    tick(c, o.connectTimeout || 30000);
    c._link = dial(o.host || "localhost", o.port || (tls ? 8883 : 1883), tls ? o : undefined, heard);
    (c._link as { _client: State })._client = c;
    sendPacket(c, hello);
  } else if (!c.connected || c._idle > 1) closeLink(c, error("timeout", c.connected ? "silence for 1.5 keepalive" : "no CONNACK"));
  else {
    delete c._attempt;
    delete c._early;
    tick(c, o.keepalive! * 500 || 30000);
    // [MQTT-3.1.2-23]
    if (o.keepalive && (c._idle++ || !c._wrote)) sendPacket(c, "\xc0\0");
    c._wrote = 0;
  }
}

/** The link is let go, why is told, and the next attempt is awaited unless the client is to end. What the link itself says is not yet an error of ours. */
export function closeLink(c: State, e?: any, dropped?: boolean) {
  const o = c.options;
  const link = c._link;
  let lost: any;
  if (dropped) {
    // Dropped again and again soon after CONNACK: that is what a second client of our name does.
    e =
      c.connected && (c._early = ~~c._early! + 1) > 2
        ? error("conflict", "dropped " + c._early + " times soon after CONNACK: is " + o.clientId + " used twice?")
        : e.message && error("network", e.message);
  }
  if (c.connected) {
    c.connected = false;
    // Before the goodbye, which is a write of its own.
    lost = (c._gone || []).concat(c._calls || []);
    if (!e) {
      c._busy = 0;
      sendPacket(c, "\xe0\0");
    }
  }
  c._link = undefined;
  delete c._came;
  delete c._went;
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
  if (lost) c.emit(lost, error("network", "the link broke first"));
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
        ? o.protocol === "mqtts"
          ? 100
          : 0
        : backoff(~~c._attempt!, o.reconnectPeriod || 1000, o.maxReconnectPeriod || 60000, random()),
    );
    c._attempt = ~~c._attempt! + 1;
    // Last, because the handler may call `end` or `reconnect`, whose timer counts. `reconnect` from rest is no news.
    if ((link || e) && !c._offline) {
      c._offline = 1;
      c.emit("offline");
    }
  }
}

/**
 * Writes what waits, and the packet `b` before the queue, when the last write is gone; what has no identifier may join meanwhile.
 */
export function sendPacket(c: State, b?: Bytes): void {
  if (b) c._out += b;
  const first = c._queue[c._at];
  if (c.connected && first) {
    const room = 1024 - c._out.length;
    // While a write is under way one small packet may join; it cannot be one that has an identifier: that is still in the queue.
    if (!c._busy || (!first._want && first._bytes.length < room)) next(c, c._busy ? 1 : room);
  }
  b = c._out;
  if (b && c._link && !c._busy) {
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
  } else if (c._ended && c.connected && !c._busy && !c._queue.length) tick(c, 0);
}

/** What the link says, bytes from `at` on. Packets a broker may not send close the link. Returns where bytes may come again that the short function knows. */
export function told(what: any, c: State, at?: number): number | void {
  const known = at !== undefined;
  const link = c._link;
  if (what === link) {
    if (c._going) {
      c._count = ~~c._count! + c._going;
      delete c._going;
    }
    // What the callbacks publish goes in one write.
    const gone = c._gone;
    if (gone) {
      c._gone = undefined;
      c.emit(gone as never);
    }
    delete c._busy;
    sendPacket(c);
  } else if (!what.substr) closeLink(c, what, true);
  else if (c._out.length > 8192) closeLink(c, error("limit", "the broker does not read our answers"));
  else if (!known && what.length > 2048) {
    // What lies far into a text takes long to reach.
    for (let i = 0; i < what.length; i += 2048) {
      const hear = c._told;
      if (c._link === link) hear(what.substr(i, 2048), c);
    }
  } else {
    if (at === undefined) {
      c._idle = at = 0;
      if (c._in) what = c._in + what;
      c._in = what;
    }
    let begin: number = at;
    try {
      for (let end; c._link && (end = frame(c, what, begin)) >= 0;) {
        const take = c.connected && what.charCodeAt(begin) >> 4 === PUBLISH ? c._publication : c._answer;
        const wrong = end ? take(c, what, begin, end) : "2.2.3";
        if (wrong) throw error("protocol", "the broker broke [MQTT-" + wrong + "]");
        begin = end;
        if (c._came && begin < what.length) {
          if (known) return begin;
          const hear = c._told;
          c._in = what.substr(begin);
          return hear("", c);
        }
      }
      if (begin && !(c._in = what.substr(begin))) delete c._in;
    } catch (e) {
      closeLink(c, e as Error);
    }
  }
}
