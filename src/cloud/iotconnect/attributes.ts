import { bytesToText } from "#host";
import { find } from "../../core/bytes";
import { stringify } from "../../core/json";
import type { Attribute, Device, Group } from "./identity";

/** The types by number, of message 1.0 and 2.1: number, string, object; integer, long, time, date, moment, bit, truth, place; any. */
const KINDS = "nson";
const KINDS21 = "-ilnstdm01poo";

const NAMES = "NUMBER STRING OBJECT FLOAT";
const NAMES21 = "NONE INTEGER LONG DECIMAL STRING TIME DATE DATETIME BIT BOOLEAN LATLONG OBJECT OBJECT";

/**
 * The values of a sample that the template allows, and the others, which in message 1.0 are text. `quiet`: what the template does not have is
 * left out. What it takes is made in it: beside it each function would take memory for ever.
 */
export function judge(groups: Group[], tag: string | undefined, data: any, v21?: boolean, quiet?: boolean): [any, any] {
  const good: any = {};
  const bad: any = {};

  /** The value as it may be sent, or undefined when the template does not allow it. */
  function valid(a: Attribute, value: any): any {
    const kind = (v21 ? KINDS21 : KINDS).charAt(a.dt) || "s";
    const numeric = "nil0".indexOf(kind) >= 0;
    let text = "" + value;
    if (numeric) {
      if (typeof value === "string") {
        text = value.trim();
        value = /^[-+.\deE]+$/.test(text) ? +text : undefined;
      }
      if (typeof value !== "number" || !isFinite(value)) return undefined;
      if (
        kind !== "n" &&
        (value % 1 || (kind === "i" && Math.abs(value + 0.5) > 2147483648) || (kind === "0" && value !== 0 && value !== 1))
      )
        return undefined;
    } else if (
      kind === "o" ||
      (kind === "1" && text !== "true" && text !== "false") ||
      (kind === "p" && !(Array.isArray(value) && value.length === 2 && typeof value[0] === "number" && typeof value[1] === "number")) ||
      (kind === "t" && !/^\d\d:\d\d:\d\d$/.test(text)) ||
      (kind === "d" && !/^\d\d\d\d-\d\d-\d\d$/.test(text)) ||
      (kind === "m" && !/^\d\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text))
    )
      return undefined;
    const limits = "" + (a.dv === null || a.dv === undefined ? "" : a.dv);
    if (!limits.trim()) return value;
    const list = limits.split(",");
    for (let i = 0; i < list.length; i++) {
      const item = list[i].trim();
      const to = numeric ? find(item, "to") : -1;
      const low = to > 0 ? item.substr(0, to).trim() : item;
      if (!numeric ? item === text : low && value >= +low && value <= +(to > 0 ? item.substr(to + 2).trim() || NaN : low)) return value;
    }
    return undefined;
  }

  for (const name in data) {
    const value = data[name];
    // The attribute or the object of that name under that tag; the parts of an object have no tag to go by.
    let a: any;
    for (let i = 0; i < groups.length && !a; i++) {
      const g = groups[i];
      if (g.p) a = g.p === name && (g.tg || "") === tag && g;
      else for (let n = 0; n < g.d.length; n++) if (g.d[n].ln === name && (tag === undefined || (g.d[n].tg || "") === tag)) a = g.d[n];
    }
    if (!a) {
      if (!quiet) bad[name] = value;
    } else if (a.d && value && typeof value === "object" && !Array.isArray(value)) {
      const inner = judge([{ p: "", d: a.d }], undefined, value, v21, quiet);
      if (Object.keys(inner[0]).length) good[name] = inner[0];
      if (Object.keys(inner[1]).length) bad[name] = inner[1];
    } else {
      const v = a.d ? undefined : valid(a, value);
      if (v !== undefined) good[name] = v;
      else bad[name] = v21 || typeof value === "string" ? value : bytesToText(stringify(value));
    }
  }
  return [good, bad];
}

/** What the seed's GetAttributes gives, for every device. */
export function listed(groups: Group[], devices: Device[], v21?: boolean): any[] {
  const names = (v21 ? NAMES21 : NAMES).split(" ");
  function described(a: Attribute, tag: boolean): any {
    const out: any = { ln: a.ln, dt: names[a.dt] || "STRING", dv: a.dv };
    if (tag && a.tg) out.tg = a.tg;
    if (a.agt) {
      out.agt = a.agt;
      out.tw = a.tw;
    }
    return out;
  }
  return devices.map(function (device) {
    const about: any = { id: device.id };
    const list: any[] = [];
    if (device.tg) about.tg = device.tg;
    for (let i = 0; i < groups.length; i++) {
      const g = groups[i];
      const mine: any[] = [];
      for (let n = 0; n < g.d.length; n++) {
        if (g.p || (g.d[n].tg || "") === device.tg) (g.p ? mine : list).push(described(g.d[n], !!g.p));
      }
      if (g.p && (g.tg || "") === device.tg) {
        const object: any = { ln: g.p, dt: "OBJECT", d: mine };
        if (g.tg) object.tg = g.tg;
        if (g.agt) {
          object.agt = g.agt;
          object.tw = g.tw;
        }
        list.push(object);
      }
    }
    return { device: about, attributes: list };
  });
}
