import { error } from "../../core/errors";
import { post } from "./link";
import { encode, type Message } from "./protocol";
import { tell } from "./tell";
import { wait } from "./timer";
import { BEAT, BUSY, OFF, type Device, type Done, type Item, type Values } from "./types";

export function finish(d: Device, item: Item, err?: Error, result?: unknown): void {
  const all = item._all;
  item._all = [];
  tell(d, err && !all.length ? "error" : all, [err, result]);
}

/** Writes what may go now, when the last write is gone. */
export function pump(d: Device): void {
  if (d._is & BUSY || !d._link) return;
  const o = d.options;
  const most = o.maxLine || 1024;
  let out = d._is & BEAT ? '{"M":"beat"}\n' : "";
  d._is &= ~BEAT;
  for (const kind in d._lane) {
    const lane = d._lane[kind];
    while (d.online && !lane._timer && lane._list.length && out.length < (o.udp ? 1 : most)) {
      const item = lane._list[0];
      const want = d._want || {};
      const ids = Object.keys(want);
      let n = ids.length;
      let line = item._line;
      if (!line) {
        const sent = (d._sent && Object.keys(d._sent).length < 64 && d._sent) || {};
        for (let size = n; n && (!line || line.length > most); size >>= 1) {
          const part: Values = {};
          n = size;
          for (let i = 0; i < n; i++) part[ids[i]] = want[ids[i]];
          line = encode({ M: kind, ID: d.id, V: part, K: o.udp ? o.apiKey : undefined });
        }
        for (let i = 0; i < n; i++) {
          sent[ids[i]] = want[ids[i]];
          delete want[ids[i]];
        }
        if (n) d._sent = sent;
        if (n === ids.length) delete d._want;
        d._lines++;
      }
      if (item._line || n === ids.length) {
        lane._list.shift();
        if (!line) finish(d, item);
        else if (kind === "isOL" || kind === "status" || kind === "time") {
          item._sent = d._lines;
          lane._item = item;
        } else {
          (d._gone = d._gone || []).push(item);
          if (kind === "alert") {
            d._kept = item;
            d._lines++;
          }
        }
      }
      if (line && lane._gap) {
        lane._rest = Math.max(lane._gap - 5000, 0);
        wait(lane, lane._gap - lane._rest);
      }
      out += line;
    }
  }
  if (out) post(d, out);
}

/** Puts something into the lane of its kind, where the platform wants so many ms between two. `one`: of a map in the answer, what was asked for. */
export function ask(d: Device, done: Done<any> | undefined, m: Message, one?: string): boolean {
  const o = d.options;
  const most = o.maxLine || 1024;
  const line = encode(m);
  if ("C" in m && m.C === undefined) throw error("config", m.M + " has no text");
  const gap = (
    { update: Math.max(o.updateInterval || 5000, o.udp ? 4000 : 0), time: 5000, status: 10000, isOL: 15000, alert: 600000 } as any
  )[m.M];
  const lanes = d._lane || (d._lane = {});
  const lane = lanes[m.M] || (lanes[m.M] = { _dev: d, _gap: gap || 0, _list: [] });
  const all = done ? [done] : [];
  const item = m.V && lane._list[0];
  const e =
    d._is & OFF || (o.udp && gap && !m.V)
      ? error("offline", d._is & OFF ? "checked out: checkIn first" : m.M + " needs a connection, not UDP")
      : line.length > (m.V ? most - 60 : most)
        ? error("limit", m.M + " is longer than maxLine allows: send less at a time")
        : lane._list.length >= (o.queueLimit || 16) || Object.keys(d._want || {}).length > 63 || (item && item._all.length > 63)
          ? error("limit", "queueLimit: too many of " + m.M + " wait, slow down")
          : undefined;
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
