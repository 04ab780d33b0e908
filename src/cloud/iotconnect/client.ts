import { after } from "#host";
import { time } from "../../core/clock";
import { emitter } from "../../core/emitter";
import { error } from "../../core/errors";
import { act } from "./acts";
import { listed } from "./attributes";
import { sendData } from "./data";
import { flash } from "./flash";
import { checked, type Options } from "./options";
import { template } from "./template";
import type { Client, Session } from "./session";
import { ACKNOWLEDGE, ASK, CHILD, KNOWN, LATER, OPEN, PATCH, SETTLE, STATUS, STOP } from "./names";

/** What is called now and then is done by `act`. Named parameters would cost a variable each. */
const methods = {
  _act: act,
  sendData: sendData,
  sendAck: function (this: Session) {
    return this._act(ACKNOWLEDGE, arguments[0], arguments[1], arguments[2]);
  },
  updateTwin: function (this: Session) {
    const body = this._act(PATCH, arguments[0], arguments[1]);
    return this._act(ASK, "PATCH/properties/reported", body, arguments[2]);
  },
  getAllTwins: function (this: Session) {
    this._act(ASK, "GET", "", arguments[0]);
  },
  getAttributes: function (this: Session) {
    const t = this._info && template(this);
    return t && listed(t.att || [], this._info!.d, this._v21);
  },
  createChild: function (this: Session) {
    this._act(CHILD, 221, arguments[0], arguments[1]);
  },
  deleteChild: function (this: Session) {
    this._act(CHILD, 222, { id: arguments[0] }, arguments[1]);
  },
  dispose: function (this: Session) {
    const over = !!this._over;
    if (!over) this._over = "disposed";
    // From the event loop: on Espruino what is in use 15 times at once, calls inside calls, is never freed. Who waits for the end is told also
    // when it has long been there.
    if (!over || arguments[0]) after(this._act, 0, [this, STOP, "disposed", false, arguments[0]]);
    return !over;
  },
  status: function (this: Session) {
    return this._act(STATUS);
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

/**
 * Connects by itself, finds out who the device is, and stays connected until `dispose`. The files of what is known and stored belong to
 * one client: another one in the same program needs `offlineStorage: { disabled: true }`.
 *
 * @param o docs/iotconnect.md lists the options with defaults and units
 * @throws `config`, for the first option that cannot be right: mend it. What fails later is an `error` event
 * @example
 * var sdk = create({ cpId: "acme", uniqueId: "sensor-1", devicePrimaryKey: key });
 * sdk.on("error", function (e) { console.log(e.code + ": " + e.message); });
 * sdk.sendData([{ uniqueId: "sensor-1", data: { temperature: 21.5 } }]);
 */
export function create(o: Options): Client {
  checked(o);
  const x: Session = Object.create(methods);
  x._o = o;
  if (o.version === "2.1") x._v21 = true;
  x._base = "";
  x._rid = x._lost = x._tries = x._expires = x._refused = x._missed = 0;
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
      x._act(SETTLE);
    });
  try {
    x._act(KNOWN);
  } catch {
    // None, or a torn one.
  }
  // Without the time there are no tokens, and samples without theirs: the first answer tells it.
  const ready = x._info && time();
  if (ready)
    after(function () {
      if (!x._over) x._act(OPEN);
    }, 0);
  x._act(LATER, ready ? 30000 : 0);
  return x;
}
