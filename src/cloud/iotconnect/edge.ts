import { after, cancel } from "#host";
import { time } from "../../core/clock";
import type { Timer } from "../../host";
import type { Attribute, Group } from "./identity";

/** What a window has seen of one value: least, greatest, sum, how many, latest. */
type Bin = number[];

interface Window {
  /** The attribute or object, and its tag. */
  _of: any;
  _ms: number;
  _left: number;
  /** Device → part of the object, or "" → bin. */
  _bins: { [id: string]: { [part: string]: Bin } };
}

/** Hands out what a window of one attribute or object has for each device, in the order they came. */
export type Report = (list: { id: string; tg: string; d: any }[]) => void;

export interface Edge {
  /** Takes a value in. False when there is no window for it, or it is no number. */
  add(id: string, tag: string, name: string, value: any): boolean;
  /** Reports all that is open now. */
  flush(): void;
  stop(): void;
}

/** A window's length in milliseconds: digits and one of s, m, h. 0 for anything else. */
export function span(tw: unknown): number {
  const text = "" + tw;
  return /^\d+[smh]$/.test(text) ? parseInt(text) * (text.slice(-1) === "s" ? 1000 : text.slice(-1) === "m" ? 60000 : 3600000) : 0;
}

/** Tumbling windows over the attributes of an edge device. `odd` is told of each whose length is none. */
export function edge(groups: Group[], report: Report, odd: (name: string, tw: unknown) => void): Edge {
  let windows: Window[] = [];
  let timer: Timer;
  let wait = 0;

  /** The aggregates a mask wants, in the order of the wire: least, greatest, sum, average, count, latest. */
  function shape(bin: Bin, mask: number): number[] {
    const all = [bin[0], bin[1], bin[2], bin[2] / bin[3], bin[3], bin[4]];
    // 4 is the sum, 8 the average.
    return all.filter(function (_value, i) {
      return mask & (1 << i);
    });
  }

  /** Until a whole multiple of a length; one that is close is over, or a timer that runs a little early would leave a window of nothing. */
  function left(ms: number): number {
    const rest = ms - (time() % ms);
    return rest < ms / 2 ? rest + ms : rest;
  }

  function open(of: any, tw: unknown, mask: unknown): void {
    const ms = span(tw);
    if (ms) windows.push({ _of: of, _ms: ms, _left: left(ms), _bins: {} });
    else if (mask || tw) odd(of.ln || of.p, tw);
  }

  function close(w: Window): void {
    const list: any[] = [];
    const of = w._of;
    for (const id in w._bins) {
      const bins = w._bins[id];
      const d: any = {};
      if (of.p) {
        const parts: any = (d[of.p] = {});
        for (const part in bins)
          of.d.forEach(function (a: Attribute) {
            if (a.ln === part) parts[part] = shape(bins[part], a.agt || of.agt || 0);
          });
      } else d[of.ln] = shape(bins[""], of.agt || 0);
      list.push({ id: id, tg: of.tg || "", d: d });
    }
    w._bins = {};
    if (list.length) report(list);
  }

  /** One timer for all windows. A clock that somebody sets moves the end of the next one, not of this. */
  function next(): void {
    wait = 2147483647;
    for (let i = 0; i < windows.length; i++) wait = Math.min(wait, windows[i]._left);
    timer = windows.length ? after(pass, wait) : 0;
  }

  function pass(): void {
    const list = windows;
    const passed = wait;
    // First the next wait, so that what the reports do does not delay it.
    for (let i = 0; i < list.length; i++) list[i]._left -= passed;
    const due = list.filter(function (w) {
      return w._left <= 0;
    });
    for (let i = 0; i < due.length; i++) due[i]._left = left(due[i]._ms);
    next();
    for (let i = 0; i < due.length; i++) close(due[i]);
  }

  for (let i = 0; i < groups.length; i++) {
    const g = groups[i];
    if (g.p) open(g, g.tw, g.agt);
    else for (let n = 0; n < g.d.length; n++) open(g.d[n], g.d[n].tw, g.d[n].agt);
  }
  next();

  return {
    add: function (id, tag, name, value) {
      for (let i = 0; i < windows.length; i++) {
        const w = windows[i];
        const parts: any = w._of.p ? value : { "": value };
        let taken = false;
        if ((w._of.p || w._of.ln) === name && (w._of.tg || "") === tag) {
          for (const part in parts) {
            const v = parts[part];
            if (typeof v !== "number") continue;
            const bins = (w._bins[id] = w._bins[id] || {});
            const b = bins[part];
            bins[part] = b ? [Math.min(b[0], v), Math.max(b[1], v), b[2] + v, b[3] + 1, v] : [v, v, v, 1, v];
            taken = true;
          }
          return taken;
        }
      }
      return false;
    },
    flush: function () {
      for (let i = 0; i < windows.length; i++) close(windows[i]);
    },
    stop: function () {
      if (timer) cancel(timer);
      timer = 0;
      windows = [];
    },
  };
}
