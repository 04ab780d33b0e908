import { after, cancel } from "#host";
import { KEPT } from "../../core/emitter";
import { find } from "../../core/bytes";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import { flash } from "./flash";
import { command21, lookup } from "./message21";
import { post } from "./outbox";
import type { Ack, Done, Session } from "./session";
import { BEAT, EXPIRE, REFRESH, STOP, TAKE } from "./names";

/** What of the module `ota` is needed here. */
export interface Ota {
  update(source: any, done: (err?: Error, version?: string) => void): void;
  status(): { version?: string; trial: boolean; ready: boolean; busy: boolean };
  restart(): void;
  on(event: string, listener: () => void): unknown;
}

/** Acknowledges a command as failed; those of modules (2.1) have statuses of their own. */
function failed(x: Session, id: string, type: number, why: string): void {
  x.sendAck({ ackId: id, st: type === 2 ? 1 : 4, msg: why, childId: "" }, type);
}

/** The time of a command is over. */
export function expire(x: Session, id: string, type: number): void {
  delete x._due![id];
  failed(x, id, type, "no answer in time");
}

/** `sendAck` */
export function acknowledge(x: Session, ack: Ack, type: number, done?: Done): boolean {
  const at = [5, 11, 0, 1, 2].indexOf(type);
  if (at < 0 || !ack || !ack.ackId || typeof ack.st !== "number")
    throw error("config", "sendAck: { ackId, st, msg, childId }, and 5 for a command, 11 for an update");
  if (x._over || !x._info) {
    if (done) x.emit(done, error("offline", x._over || "nothing is known about the device yet"));
    return false;
  }
  const timer = x._due && x._due[ack.ackId];
  if (timer) {
    cancel(timer);
    delete x._due![ack.ackId];
  }
  let given: Ack = ack;
  if (x._v21 && at < 2) given = { ackId: ack.ackId, st: +lookup(" 4:1 6:2 7:3 ", ack.st) || ack.st, msg: ack.msg, childId: ack.childId };
  return post(x, "cucuo".charAt(at), given, done);
}

/** Reports what became of an installed update, when that is decided. */
export function settle(x: Session): void {
  const ota = x._o.ota;
  const text = ota && flash("ota");
  if (!text || !x._info) return;
  const now = ota!.status();
  if (now.ready || now.trial || now.busy) return;
  let pending;
  try {
    pending = parse(text);
  } catch {
    // Torn: the cloud has to ask again.
  }
  if (pending) {
    x._seen = (x._seen || []).concat(pending[0]);
    x.sendAck({ ackId: pending[0], st: now.version === pending[1] ? 7 : 4, msg: now.version || "", childId: "" }, 11);
  }
  flash("ota", "");
}

/** The address in an update that is for this device, if there is one and an installer for it. */
function address(x: Session, data: any): string | undefined {
  const urls = x._o.ota ? [].concat(data.urls || []) : [];
  const own = x._info!.d[0];
  let url: any;
  for (let i = 0; i < urls.length && !url; i++) {
    const u: any = urls[i] || {};
    const id = u.uniqueId || u.id;
    const tg = u.tag || u.tg;
    if (typeof u === "string") url = u;
    else if (typeof u.url === "string" && (id ? id === x._o.uniqueId || id === x._info!.p.id : !tg || (own && tg === own.tg))) url = u.url;
  }
  return url;
}

/** Installs an update. */
function update(x: Session, data: any, url: string): void {
  const ota = x._o.ota!;

  function done(err?: any, version?: string): void {
    if (err) {
      if (data.ackId) failed(x, data.ackId, 11, err.message);
    } else {
      if (data.ackId) flash("ota", stringify([data.ackId, version]));
      x.emit("update", version);
      // The farewell goes before the restart; a hub that acknowledges nothing does not hold it up.
      after(function () {
        if (x._link) x._link.end(true);
      }, 10000);
      x.dispose(function () {
        after(function () {
          ota.restart();
        }, 100);
      });
    }
  }

  try {
    ota.update(x._o.otaSource ? x._o.otaSource(url) : url, done);
  } catch (e) {
    // An address that is none.
    done(e);
  }
}

/** Gives a command to the application, once: to the callback, to the listeners of its kind, and to those of its first word. */
export function give(x: Session, type: string, data: any): void {
  const c: any = x;
  const call = x._o.DeviceCallback;
  const event = type === "0x01" ? "command" : type === "0x02" ? "ota" : "module";
  const named = event + ":" + ("" + data.command).split(" ")[0];
  const id = data.ackId;
  const seen = x._seen || [];
  if (id && seen.indexOf(id) >= 0) return;
  if (id) x._seen = seen.concat(id).slice(-16);
  // It is installed: the cloud has not yet heard of it.
  if (id && find(flash("ota") || "", '"' + id + '"') >= 0) return;
  const kind = event === "ota" ? 11 : event === "module" ? 2 : 5;
  // The installer acknowledges its own.
  const url = event === "ota" && address(x, data);
  const wanted = id && !url;
  if (wanted && x._o.commandTimeout)
    (x._due = x._due || {})[id] = after(x._act, Math.min(x._o.commandTimeout * 1000, 2147483647), [x, EXPIRE, id, kind]);
  if (call) c.emit(call, data);
  c.emit(event, data);
  c.emit(named, data);
  if (url) update(x, data, url);
  if (wanted && !call && !c[KEPT + event] && !c[KEPT + named]) failed(x, id, kind, "nobody takes it");
}

/** A heartbeat each so many seconds; without a number its timer has run. */
export function beat(x: Session, seconds?: number): void {
  if (seconds === undefined) seconds = x._seconds!;
  else if (x._beat) cancel(x._beat);
  x._beat = 0;
  if (seconds > 0 && !x._over) {
    const topic = x._info!.p.topics.hb;
    if (x._up && topic) x._link!.publish(topic, "{}", { binary: true });
    x._seconds = seconds;
    x._beat = after(x._act, Math.min(Math.max(seconds, 1) * 1000, 2147483647), [x, BEAT]);
  }
}

/** Takes the answer to a question over MQTT (2.1). */
function answered(x: Session, answer: any): void {
  // They are answered in the order in which they were asked for.
  const done = x._kids && x._kids[answer.ct] && x._kids[answer.ct].shift();
  if (done) {
    x.emit(done, answer.ec ? error("refused", "child: " + answer.ec) : undefined, answer.d);
    if (!answer.ec) x._act(REFRESH, "device");
  } else if (answer.ec) x.emit("error", error("refused", answer.ct + ": " + answer.ec));
  else x._act(TAKE, answer, "told");
}

/** Does what a command says. */
function command(x: Session, message: any): void {
  const m = x._v21 && message ? command21(message, x._o) : message || {};
  const type = m.cmdType;
  const data = m.data || {};
  const part = lookup(" 0x10:attribute 0x11:setting 0x12:protocol 0x13:device 0x15:rule resetpwd:protocol ", type);
  if (type === "0x01" || type === "0x02" || type === "module") give(x, type, data);
  else if (part || type === "sync") x._act(REFRESH, part);
  else if (type === "0x17") {
    const df = parseFloat(data.df);
    if (df >= 0) {
      x._info!.sc = x._info!.sc || {};
      x._info!.sc!.df = df;
      x._gates = undefined;
    }
  } else if (type === "0x99") x._act(STOP, "barred", true);
  else if (type === "heartbeat") x._act(BEAT, data.ct === 110 ? +data.f || 0 : 0);
  else if (type === "skip") x._skip = data.d === true;
  else if (type !== "updatecrt") x.emit("unknown", message);
}

/** Does what a message from the cloud says. True when all is over: what it says is for the next start then, but for answers. */
export function obey(x: Session, message: any): boolean {
  const d = x._v21 && message && message.d;
  const answer = d && d.ct > 200;
  if (x._over) return !answer;
  if (answer) answered(x, d);
  else command(x, message);
  return false;
}
