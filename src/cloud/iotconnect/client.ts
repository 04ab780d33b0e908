import { after } from "#host";
import { time } from "../../core/clock";
import { emitter } from "../../core/emitter";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import { act } from "./acts";
import { judge, listed } from "./attributes";
import { sendAck } from "./commands";
import { sendData } from "./data";
import { flash } from "./flash";
import { checked, type Options } from "./options";
import { storage } from "./outbox";
import { template } from "./template";
import type { Client, Done, Session } from "./session";

function updateTwin(this: Session, key: string, value: unknown, done?: Done): boolean {
  const patch: any = {};
  const t = this._v21 && this._info && template(this);
  const set = t && t.set;
  patch[key] = value;
  // Null deletes.
  const bad = set && value !== null && judge([{ p: "", d: set }], undefined, patch, true)[1];
  if (!key || typeof key !== "string" || (bad && key in bad))
    throw error("config", "updateTwin: " + key + (set ? " is not what the template allows" : ""));
  return !this._over && this._act("ask", "PATCH/properties/reported", stringify(patch), done);
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
  _act: act,
  sendData: sendData,
  sendAck: sendAck,
  updateTwin: updateTwin,
  status: status,
  getAllTwins: function (this: Session, done?: Done) {
    this._act("ask", "GET", "", done);
  },
  getAttributes: function (this: Session) {
    const t = this._info && template(this);
    return t && listed(t.att || [], this._info!.d, this._v21);
  },
  createChild: function (this: Session, c: any, done?: Done) {
    this._act("child", 221, { g: this._info && this._info.gtw, dn: c.dn, id: c.id, tg: c.tg }, done);
  },
  deleteChild: function (this: Session, id: string, done?: Done) {
    this._act("child", 222, { id: id }, done);
  },
  dispose: function (this: Session, done?: () => void) {
    const over = !!this._over;
    if (!over) this._act("stop", "disposed", false, done);
    return !over;
  },
};
emitter(methods);

// They are not in memory.
Object.defineProperty(methods, "attributes", {
  enumerable: false,
  get: function (this: Session) {
    const t = this._info && template(this);
    return t && t.att;
  },
});

export function create(o: Options): Client {
  checked(o);
  const x: Session = Object.create(methods);
  x._o = o;
  if (o.version === "2.1") x._v21 = true;
  x._base = "";
  x._rid = x._lost = x._tries = x._expires = x._refused = 0;
  if (o.unbar) flash("bar", "");
  if (flash("bar")) {
    x._over = "barred";
    after(function () {
      x.emit("error", error("refused", "barred by the cloud: option unbar lets the device in again"));
    }, 0);
    return x;
  }
  if (o.ota)
    o.ota.on("applied", function () {
      x._act("settle");
    });
  try {
    x._act("known");
  } catch {
    // None, or a torn one.
  }
  // Without the time only what needs no token can begin: the first answer tells it.
  const ready = x._info && (time() || (x._info.at !== 4 && x._info.at !== 5));
  if (ready)
    after(function () {
      if (!x._over) x._act("open");
    }, 0);
  x._act("later", ready ? 30000 : 0);
  return x;
}
