import { bytesToText, now } from "#host";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import { judge } from "./attributes";
import { give } from "./commands";
import type { Info } from "./identity";
import { post, stamp } from "./outbox";
import { matched, type Sample } from "./rules";
import type { Data, Done, Session } from "./session";
import { complete, template } from "./template";
import { EARLY, RULE } from "./names";

/** Runs the rules over a sample: a match is told to the cloud, and its command to the application. */
export function rule(x: Session, id: string, own: Sample, gateway: Sample | undefined): void {
  const rules = x._info!.r || [];

  /** The numbers of a sample. */
  function numbers(data: any): any {
    const out: any = {};
    for (const name in data) {
      const value = data[name];
      if (typeof value === "number") out[name] = value;
      else if (value && typeof value === "object" && !Array.isArray(value)) out[name] = numbers(value);
    }
    return out;
  }

  for (let i = 0; i < rules.length; i++) {
    const r = rules[i];
    const cv = matched(r.con, own, gateway);
    if (cv) {
      const d = numbers(own.data);
      post(x, "m", [{ id: id, tg: own.tag, dt: stamp(), cv: cv, d: x._v21 ? [d] : d, rg: r.g, ct: r.con, sg: r.es }]);
      const type = "0x01";
      if (r.cmd) give(x, type, { cpId: x._o.cpId, guid: "", uniqueId: id, command: r.cmd, ack: true, ackId: null, cmdType: type });
    }
  }
}

/** Keeps a call of `sendData` until something is known about the device, if there is room; without one: makes all that were kept. */
export function early(x: Session, call?: [Data[], Done | undefined]): boolean {
  const calls = x._early || [];
  const room = calls.length < 20;
  x._early = call ? calls : undefined;
  if (!call) for (let i = 0; i < calls.length; i++) x.sendData(calls[i][0], calls[i][1]);
  else if (room) calls.push(call);
  else x._lost++;
  return room;
}

export function sendData(this: Session, list: Data[], done?: Done): boolean {
  const x = this;
  const info = x._info;
  const edge = x._edge;
  const good: any[] = [];
  const bad: any[] = [];
  // The data frequency counts calls: of a device all samples of a call go, or none.
  const gates: any = {};
  let ok = true;
  let gateway: Sample | undefined;
  let how = "held";
  let failed: Error | undefined;
  // What the last element without a device or data was told.
  let none: Error | undefined;
  let t: Info | undefined;
  // Good samples, faults, and this call itself.
  let waiting = 3;

  function told(err?: Error, result?: string): void {
    if (err) failed = err;
    if (result) how = result;
    // From `emit`, which takes care of what it throws.
    if (!--waiting && done) done(failed, failed ? undefined : how);
  }

  function send(kind: string, elements: any[]): void {
    if (elements.length) ok = post(x, kind, elements, told) && ok;
    else waiting--;
  }

  /** Whether as many seconds as the cloud wants have passed since the last sample under this key. A clock that was set back does not count. */
  function open(key: string): boolean {
    const sc = info!.sc;
    const seconds = parseFloat(sc && (sc.df as any));
    const df = (seconds >= 0 ? seconds : 60) * 1000;
    const t = now();
    const all = (x._gates = x._gates || {});
    const next = all[key];
    if (t < next && t >= next - df) return false;
    all[key] = t + df;
    return true;
  }

  /** This call's samples as they are now; with the time, when it is known. */
  function copies(): Data[] {
    return list.map(function (e) {
      return e && { uniqueId: e.uniqueId, time: stamp(e.time), data: e.data };
    });
  }

  /** What is not there of a sample. */
  function absent(id: string, device: unknown, data: unknown): Error | undefined {
    return device && data && typeof data === "object"
      ? undefined
      : error("config", "sendData: " + (device ? "no data of" : "there is no device") + " " + id);
  }

  /** Takes values into their windows. What no window takes would be lost: it is a fault. */
  function aggregate(id: string, tag: string, right: any, wrong: any): void {
    function add(name: string, value: any, part?: string): void {
      let one = value;
      if (part) {
        one = {};
        one[part] = value;
      }
      if (edge!.add(id, tag, name, one)) return;
      const text = x._v21 || typeof value === "string" ? value : bytesToText(stringify(value));
      if (part) (wrong[name] = wrong[name] || {})[part] = text;
      else wrong[name] = text;
    }
    for (const name in right) {
      const value = right[name];
      if (!value || typeof value !== "object" || Array.isArray(value)) add(name, value);
      else for (const part in value) add(name, value[part], part);
    }
  }

  if (!Array.isArray(list)) throw error("config", "sendData: a list of { uniqueId, time, data }");
  if (x._over) failed = error("offline", x._over);
  else if (info && !x._skip) t = complete(template(x));
  if (!failed && !(x._skip ? info : t)) {
    // Nothing is known to check it against.
    if (x._act(EARLY, [copies(), done])) return true;
    failed = error("limit", "20 calls wait for the identity");
  }
  for (let i = 0; !failed && i < list.length; i++) {
    const e = list[i] || {};
    const id = e.uniqueId;
    let device;
    for (let n = 0; n < info!.d.length; n++) if (info!.d[n].id === id) device = info!.d[n];
    const data = e.data;
    const no = absent(id, device, data);
    if (no) {
      ok = false;
      none = no;
      x.emit("error", no);
      continue;
    }
    const tag = device!.tg || "";
    const dt = stamp(e.time);
    const both = x._skip ? [data, {}] : judge(t!.att || [], tag, data, x._v21, x._o.quiet);
    const right = both[0];
    const wrong = both[1];
    if (edge) {
      const own: Sample = { tag: tag, data: right };
      if (device === info!.d[0]) gateway = own;
      aggregate(id, tag, right, wrong);
      if (x.hasRules) x._act(RULE, id, own, gateway);
    } else if (Object.keys(right).length) {
      if (gates[id] === undefined) gates[id] = open(id);
      if (gates[id]) good.push({ id: id, dt: dt, tg: tag, d: right });
    }
    if (Object.keys(wrong).length && (!edge || (!x._o.quiet && open("!" + id)))) bad.push({ id: id, dt: dt, tg: tag, d: wrong });
  }
  send("r", good);
  send("f", bad);
  const refused = !!failed;
  x.emit(told, failed || none);
  return ok && !refused;
}
