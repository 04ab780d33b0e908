import { error } from "../../core/errors";
import { post } from "./link";
import { encode, type Message } from "./protocol";
import { tell } from "./tell";
import { wait } from "./timer";
import { BEAT, BUSY, OFF, type Device, type Done, type Item, type Lane, type Values } from "./types";

export function finish(d: Device, item: Item, err?: Error, result?: unknown): void {
  const all = item._all;
  item._all = [];
  tell(d, err && !all.length ? "error" : all, [err, result]);
}

/** One line of the newest values, as many as it may have; none where nothing waits. */
function newest(d: Device, most: number): string {
  const want = d._want || {};
  const ids = Object.keys(want);
  let n = ids.length;
  let part: Values = {};
  let line = "";
  if (!n) return line;
  do {
    part = {};
    for (let i = 0; i < n; i++) part[ids[i]] = want[ids[i]];
    line = encode({ M: "update", ID: d.id, V: part, K: d.options.udp ? d.options.apiKey : undefined });
    n >>= 1;
  } while (n && line.length > most);
  if (!d._sent || Object.keys(d._sent).length > 63) d._sent = {};
  for (const id in part) {
    d._sent[id] = part[id];
    delete want[id];
  }
  if (!Object.keys(want).length) delete d._want;
  d._lines++;
  return line;
}

/** Where it waits once it is written: a question for its answer, all else for the network. */
function written(d: Device, lane: Lane, item: Item, kind: string): void {
  if (kind === "isOL" || kind === "status" || kind === "time") {
    item._sent = d._lines;
    lane._item = item;
  } else {
    (d._gone = d._gone || []).push(item);
    if (kind === "alert") {
      d._kept = (d._kept || []).slice(-3).concat(item);
      d._lines++;
    }
  }
}

/** The gap of a lane, of which a question has 5 s for its answer. */
export function begin(lane: Lane): void {
  lane._rest = Math.max(lane._gap - 5000, 0);
  wait(lane, lane._gap - lane._rest);
}

/** Writes what may go now, when the last write is gone. */
export function pump(d: Device): void {
  if (d._is & BUSY || !d._link) return;
  const most = d.options.maxLine || 1024;
  let out = d._is & BEAT ? '{"M":"beat"}\n' : "";
  d._is &= ~BEAT;
  for (const kind in d._lane) {
    const lane = d._lane[kind];
    while (d.online && !lane._timer && lane._list.length && out.length < (d.options.udp ? 1 : most)) {
      const item = lane._list[0];
      const line = item._line || newest(d, most);
      if (item._line || !d._want) {
        lane._list.shift();
        if (line) written(d, lane, item, kind);
        else finish(d, item);
      }
      if (line && lane._gap) {
        // A datagram is gone at once, whenever its answer would have come.
        lane._new = !d.options.udp;
        begin(lane);
      }
      out += line;
    }
  }
  if (out) post(d, out);
}

/** Why something is not taken, or undefined. `item`: what it joins, and so takes no place of its own. */
function refusal(d: Device, m: Message, lane: Lane, line: string, item: Item | undefined, done: unknown): Error | undefined {
  const o = d.options;
  const want = d._want || {};
  let fresh = 0;
  for (const id in m.V) if (!(id in want)) fresh++;
  if (d._is & OFF) return error("offline", "checked out: checkIn first");
  if (o.udp && lane._gap && !m.V) return error("offline", m.M + " does not go over UDP");
  if (line.length > (o.maxLine || 1024)) return error("limit", m.M + " is longer than maxLine");
  if (
    (item ? done && item._all.length > 63 : lane._list.length >= (o.queueLimit || 16)) ||
    (fresh && fresh + Object.keys(want).length > 64)
  )
    return error("limit", "queueLimit: too many of " + m.M + " wait");
}

/** Puts something into the lane of its kind, where the platform wants so many ms between two. `one`: of a map in the answer, what was asked for. */
export function ask(d: Device, done: Done<any> | undefined, m: Message, one?: string): boolean {
  const o = d.options;
  if (o.udp) m.K = o.apiKey;
  const line = encode(m);
  if ("C" in m && m.C === undefined) throw error("config", m.M + " has no text");
  const gaps: any = { update: Math.max(o.updateInterval || 5000, o.udp ? 4000 : 0), time: 5000, status: 10000, isOL: 15000, alert: 600000 };
  const lanes = d._lane || (d._lane = {});
  const lane = lanes[m.M] || (lanes[m.M] = { _dev: d, _gap: gaps[m.M] || 0, _list: [] });
  const all = done ? [done] : [];
  const item = m.V && lane._list[0];
  const e = refusal(d, m, lane, line, item, done);
  if (e) {
    d.dropped++;
    tell(d, done || "error", [e]);
    return false;
  }
  for (const id in m.V) (d._want = d._want || {})[id] = m.V[id];
  if (item) item._all = item._all.concat(all);
  else lane._list.push({ _line: m.V ? "" : line, _all: all, _lane: lane, _one: one });
  pump(d);
  return true;
}
