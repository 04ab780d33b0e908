import { hash, unicode } from "#host";
import { hex } from "../../core/bytes";
import { error } from "../../core/errors";
import { parse } from "../../core/json";
import type { Link } from "../../host";
import { ask, finish, pump } from "./lane";
import { cut } from "./line";
import { close, post } from "./link";
import { peer, said, type Message } from "./protocol";
import { tell } from "./tell";
import { tick, wait } from "./timer";
import { ASKS, BEAT, BUSY, OFF, OWED, type Device } from "./types";

/** Takes one message in. */
export function take(d: Device, m: Message): void {
  const o = d.options;
  let kind = m.M;
  let result: any = kind;
  const e = peer(m);
  // A check-in was sent last.
  const entering = !d.online && d._step && !(d._step & 1);
  if (kind === "b" || kind === "ping") {
    d._is |= ASKS | BEAT;
    pump(d);
  } else if (kind === "say") {
    said(m, e as any, o.commands!);
    if (d._say) tell(d, d._say as any, [m.C, e.id, e.name]);
    tell(d, kind, [e]);
    const word = (e as any).command;
    if (word) {
      tell(d, "command", [word, e]);
      if (o.commands!.hasOwnProperty(word)) tell(d, o.commands![word], [e]);
    }
  } else if (kind === "login" || kind === "logout") tell(d, kind, [e]);
  else if (kind === "update") tell(d, kind, [m.V, e]);
  else if (entering && (kind === "checkinok" || kind === "loginok")) {
    const join = d._join;
    // What was written but, for all we know, got lost; newer values over it.
    const all = d._sent || d._want;
    for (const id in d._want) all![id] = d._want[id];
    if (all) d._want = all;
    delete d._join;
    delete d._sent;
    d.online = true;
    d._step = d._mute = d._still = 0;
    wait(d, d._is & OWED ? 2000 : (o.heartbeat || 45000) / 3);
    tell(d, "online", [e]);
    tell(d, join, [undefined, e]);
    if (d._want && d.online) ask(d, undefined, { M: "update", V: {} });
    pump(d);
  } else if (entering && kind === "token" && !d._key) {
    const text = m.K + o.userKey;
    // Without Unicode the host has no MD5: the line is not shipped there.
    const own = unicode && hash("md5", text);
    if (o.userKey && (own || o.md5)) {
      d._key = own ? hex(own) : o.md5!(text);
      post(d, "checkin");
      wait(d, 5000);
    } else {
      d._is |= OFF;
      close(d, error("config", "device " + d.id + " is set to encrypted login: option " + (o.userKey ? "md5" : "userKey") + " is needed"));
    }
  } else if (!d.online && !d._step && kind.substr(0, 7) === "WELCOME" && d._timer) {
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
    const lane = d._lane && d._lane[kind];
    const item = lane && lane._item;
    if (item) {
      lane._item = undefined;
      // Whatever went before the question has arrived.
      if (item._sent === d._lines) {
        delete d._sent;
        delete d._kept;
      }
      if (kind === "time") wait(lane, -1);
      finish(d, item, undefined, item._one ? result[item._one] : result);
      pump(d);
    }
    if (d.online && (kind === "checkout" || result === "connected")) {
      if (kind === "checkout" && d._is & OWED) d._is &= ~OWED;
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

export function heard(link: Link, what: any): void {
  const d: Device = (link as any)._dev;
  const most = (d.options.maxLine || 1024) * 2;
  if (d._link !== link) return;
  d._mute = 0;
  if (what === link) {
    const gone = d._gone || [];
    delete d._gone;
    d._is &= ~BUSY;
    for (let i = 0; i < gone.length; i++) finish(d, gone[i]);
    pump(d);
  } else if (typeof what !== "string") close(d, error("network", what.message || "the connection was closed"));
  else {
    const all = cut(d._in || "", what, most);
    delete d._in;
    const rest = all.pop();
    if (rest) d._in = rest;
    for (let i = 0; i < all.length && d._link === link; i++) {
      try {
        if (all[i].length > most) throw error("limit", "a line of more than " + most + " bytes is dropped");
        const m = all[i].trim() && parse(all[i]);
        if (m && typeof m.M === "string") take(d, m);
        else if (m !== "") throw error("protocol", "a line is no object with an M");
      } catch (e) {
        d.dropped++;
        tell(d, "error", [e]);
      }
    }
  }
}
