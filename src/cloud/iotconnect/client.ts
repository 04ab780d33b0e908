import { after, cancel } from "#host";
import { time } from "../../core/clock";
import { emitter } from "../../core/emitter";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import { judge, listed } from "./attributes";
import { sendAck, settle } from "./commands";
import { early, sendData } from "./data";
import { load, save } from "./flash";
import { apply, fail, KNOWN, later, refresh, register, takeParts, whose } from "./keeper";
import { open, wire } from "./link";
import { storage } from "./outbox";
import { checked, type Options } from "./options";
import type { Client, Done, Session } from "./session";
import { ask } from "./twin";

/** The file that says that the cloud has barred the device. */
const BARRED = "iotc.bar";

/** Ends all, with what is open or without. */
function stop(x: Session, why: string, force: boolean, done?: () => void): void {
  const timers = [x._timer, x._renewal, x._pace, x._again, x._beat];
  if (x._edge) {
    if (!force) x._edge.flush();
    x._edge.stop();
  }
  x._over = why;
  for (let i = 0; i < timers.length; i++) if (timers[i]) cancel(timers[i]);
  x._timer = x._renewal = x._pace = x._again = x._beat = 0;
  if (x._link && force)
    // The message that says so has yet to be acknowledged.
    after(function () {
      x._link!.end(true);
    }, 0);
  else if (x._link) x._link.end(done);
  else if (done) after(done, 0);
  early(x);
}

/** Asks for a child to be made or to go away (2.1). */
function child(x: Session, kind: number, d: any, done: Done | undefined): void {
  const topic = x._v21 && x._link && x._info!.p.topics.di;
  if (!topic) throw error("config", "children are made and deleted with message 2.1, once it is connected");
  x._kids[kind] = done || function () {};
  x._link!.publish(topic, stringify({ mt: kind, d: d }), { qos: 1, binary: true });
}

/** The cloud wants nothing more to do with the device. */
function bar(this: Session): void {
  stop(this, "barred", true);
  const store = storage(this);
  if (store) store.clear();
  save(BARRED, "1");
  this.emit("barred");
}

function updateTwin(this: Session, key: string, value: unknown, done?: Done): boolean {
  const patch: any = {};
  const bad = {};
  const set = this._v21 && this._info && this._info.set;
  patch[key] = value;
  // Null deletes.
  if (set) judge([{ p: "", d: set }], undefined, value === null ? {} : patch, {}, bad, true);
  if (!key || typeof key !== "string" || key in bad)
    throw error("config", "updateTwin: " + key + (set ? " is not what the template allows" : ""));
  return !this._over && ask(this, "PATCH/properties/reported", stringify(patch), done);
}

function status(this: Session): any {
  const s: any = this._link ? this._link.status() : { connected: false };
  const store = storage(this);
  s.over = this._over;
  s.stored = store ? store.count : 0;
  s.storedBytes = store ? store.bytes : 0;
  s.lost = this._lost + (store ? store.dropped : 0);
  return s;
}

const methods = {
  _bar: bar,
  _later: later,
  _fail: fail,
  _register: register,
  _refresh: refresh,
  _take: takeParts,
  _wire: wire,
  sendData: sendData,
  sendAck: sendAck,
  updateTwin: updateTwin,
  status: status,
  getAllTwins: function (this: Session, done?: Done) {
    ask(this, "GET", "", done);
  },
  getAttributes: function (this: Session) {
    return this._info && listed(this._info.att || [], this._info.d, this._v21);
  },
  createChild: function (this: Session, c: any, done?: Done) {
    child(this, 221, { g: this._info && this._info.gtw, dn: c.dn, id: c.id, tg: c.tg }, done);
  },
  deleteChild: function (this: Session, id: string, done?: Done) {
    child(this, 222, { id: id }, done);
  },
  dispose: function (this: Session, done?: () => void) {
    const over = !!this._over;
    if (!over) stop(this, "disposed", false, done);
    return !over;
  },
};
emitter(methods);

export function create(o: Options): Client {
  checked(o);
  const x: Session = Object.create(methods);
  x._o = o;
  x._v21 = o.version === "2.1";
  x._gates = {};
  x._asks = {};
  x._kids = {};
  x._seen = [];
  x._base = "";
  x._rid = x._lost = x._tries = x._expires = x._refused = 0;
  if (o.unbar) save(BARRED, "");
  if (load(BARRED)) {
    x._over = "barred";
    after(function () {
      x.emit("error", error("refused", "barred by the cloud: option unbar lets the device in again"));
    }, 0);
    return x;
  }
  if (o.ota)
    o.ota.on("applied", function () {
      settle(x);
    });
  try {
    const known = o.cache !== false && parse(load(KNOWN) || "");
    if (known && known[0] === whose(x)) {
      x._base = known[1];
      x._info = known[2];
      apply(x);
    }
  } catch {
    // None, or a torn one.
  }
  // Without the time only what needs no token can begin: the first answer tells it.
  const ready = x._info && (time() || (x._info.at !== 4 && x._info.at !== 5));
  if (ready)
    after(function () {
      if (!x._over) open(x);
    }, 0);
  x._later(ready ? 30000 : 0);
  return x;
}
