import { error } from "../../core/errors";
import { parse } from "../../core/json";
import type { Link } from "../../host";
import { answer } from "./answer";
import { enter, entered, prove } from "./entry";
import { begin, finish, pump } from "./lane";
import { cut } from "./line";
import { close } from "./link";
import { peer, said, type Message, type Said } from "./protocol";
import { tell } from "./tell";
import { wait } from "./timer";
import { ASKS, BEAT, BUSY, type Device } from "./types";

function spoken(d: Device, e: Said): void {
  const own: any = d.options.commands;
  const word = e.command;
  tell(d, d._say as any, [e.msg, e.id, e.name]);
  tell(d, "say", [e]);
  if (word) {
    tell(d, "command", [word, e]);
    if (own.hasOwnProperty(word)) tell(d, own[word], [e]);
  }
}

/** Takes one message in. */
function take(d: Device, m: Message): void {
  const kind = m.M;
  const e = peer(m);
  // A check-in was sent last.
  const entering = !d.online && d._step && !(d._step & 1);
  if (kind === "b" || kind === "ping") {
    d._is |= ASKS | BEAT;
    pump(d);
  } else if (kind === "say") {
    said(m, e as Said, d.options.commands!);
    spoken(d, e as Said);
  } else if (kind === "login" || kind === "logout") tell(d, kind, [e]);
  else if (kind === "update") tell(d, kind, [m.V, e]);
  else if (entering && (kind === "checkinok" || kind === "loginok")) entered(d, e);
  else if (entering && kind === "token" && !d._key) prove(d, m);
  else if (!d.online && !d._step && kind.substr(0, 7) === "WELCOME") {
    wait(d, -1);
    enter(d);
  } else answer(d, m, e);
}

/** Reads the lines that are complete. */
function read(d: Device, bytes: string): void {
  const most = (d.options.maxLine || 1024) * 2;
  const link = d._link;
  const all = cut(d._in || "", bytes, most);
  const rest = all.pop();
  delete d._in;
  if (rest) d._in = rest;
  for (let i = 0; i < all.length && d._link === link; i++) {
    try {
      if (all[i].length > most) throw error("limit", "a line of more than " + most + " bytes");
      const m = all[i].trim() && parse(all[i]);
      if (m && typeof m.M === "string") take(d, m);
      else if (m !== "") throw error("protocol", "no object with an M");
    } catch (e) {
      d.dropped++;
      tell(d, "error", [e]);
    }
  }
}

export function heard(link: Link, what: any): void {
  const d: Device = (link as any)._dev;
  if (d._link !== link) return;
  if (what === link) {
    const gone = d._gone || [];
    delete d._gone;
    d._is &= ~BUSY;
    // The platform's pace counts from now: the network may not have taken it before.
    for (const kind in d._lane) {
      const lane = d._lane[kind];
      if (lane._new && !lane._late) begin(lane);
      delete lane._new;
    }
    for (let i = 0; i < gone.length; i++) finish(d, gone[i]);
    pump(d);
  } else if (typeof what === "string") {
    d._mute = 0;
    read(d, what);
  } else close(d, error("network", what.message || "connection closed"));
}
