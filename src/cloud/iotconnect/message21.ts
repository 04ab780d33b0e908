import { find } from "../../core/bytes";
import type { Info } from "./identity";
import type { Options } from "./options";

/** The topics by kind of message; what waited on storage goes to `od` unless it is an acknowledgement. */
export function topic21(topics: any, kind: string, stored: boolean): string {
  return kind === "c" || kind === "u" || kind === "o"
    ? topics.ack
    : stored
      ? topics.od
      : topics[lookup(" r:rpt f:flt e:erpt m:erm ", kind)];
}

/** A message of generation 2.1: type and template are in the topic. */
export function message21(kind: string, list: any, now: string): any {
  if (Array.isArray(list)) return { dt: now, d: list };
  const d: any = { ack: list.ackId, type: kind === "c" ? 0 : kind === "u" ? 1 : 2, st: list.st, msg: list.msg };
  if (list.childId) d.cid = list.childId;
  return { dt: now, d: d };
}

/** The identity in the form of message 1.0. */
export function info21(d: any, o: Options): Info {
  const meta = d.meta || {};
  const p = d.p;
  const gtw = meta.gtw;
  p.pub = p.topics.rpt;
  p.sub = p.topics.c2d;
  return {
    dtg: meta.cd,
    at: meta.at,
    ee: meta.edge,
    sc: { df: meta.df },
    p: p,
    d: [{ id: o.uniqueId, tg: (gtw && gtw.tg) || "" }],
    gtw: gtw && gtw.g,
    att: null,
    set: null,
    r: null,
    has: d.has || {},
  };
}

/** The word behind `key` in a table of words; empty when there is none. A table of the language would take variables for ever. */
export function lookup(table: string, key: unknown): string {
  const at = find(table, " " + key + ":");
  return at < 0 ? "" : table.substr(at).split(":")[1].split(" ")[0];
}

/** A command of 2.1 in the form of 1.0, so that the application needs not tell them apart. */
export function command21(m: any, o: Options): any {
  const type = lookup(
    " 0:0x01 1:0x02 2:module 101:0x10 102:0x11 103:0x15 104:0x13 105:0x17 106:0x99 107:0x99 108:0x99 109:0x99 110:heartbeat 111:heartbeat 113:skip ",
    m.ct,
  );
  const data: any = {
    cpId: o.cpId,
    uniqueId: m.id || o.uniqueId,
    command: m.cmd,
    ack: !!m.ack,
    ackId: m.ack || null,
    cmdType: type,
    ct: m.ct,
  };
  if (m.urls) {
    data.urls = m.urls;
    data.ver = m.ver || { sw: m.sw, hw: m.hw };
  }
  data.df = m.df;
  data.f = m.f;
  data.d = m.d;
  return { cmdType: type, data: data };
}
