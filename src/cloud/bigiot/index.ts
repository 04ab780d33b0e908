import { listeners } from "#host";
import { emitter } from "../../core/emitter";
import { ALERT, CHECK_IN, CHECK_OUT, IS_ONLINE, MAKE, SAY, SAY_CALLBACK, STATUS, TIME, UPDATE } from "./calls";
import type { Options } from "./options";
import { turn } from "./turn";
import { OFF, type Device as Client, type Id } from "./types";

export type { Options } from "./options";
export type { Peer, Said, Say } from "./protocol";
export type { Data, Done, SayCallback } from "./types";
type Device = Client;

type Constructor = { new (id: Id, apiKey: string, options?: Options): Client; (options: Options): Client; prototype: unknown };

// A parameter, the prototype that comes with a function, and a function for `create` would take variables.
const methods = {
  checkIn: function () {
    return turn(this, CHECK_IN, arguments);
  },
  checkOut: function () {
    return turn(this, CHECK_OUT, arguments);
  },
  sayCallback: function () {
    turn(this, SAY_CALLBACK, arguments);
  },
  say: function () {
    return turn(this, SAY, arguments);
  },
  update: function (this: any) {
    const id = arguments[0];
    const v = arguments[1];
    const want = this._want;
    // In a loop of the application the newest of what waits. Not in `turn`, all of which is passed over even when its first line returns.
    if (typeof v === "number" && isFinite(v) && !arguments[2] && !(this._is & OFF) && want && want.hasOwnProperty(id)) {
      want[id] = "" + v;
      return true;
    }
    return turn(this, UPDATE, arguments);
  },
  isOnline: function () {
    return turn(this, IS_ONLINE, arguments);
  },
  status: function () {
    return turn(this, STATUS, arguments);
  },
  time: function () {
    return turn(this, TIME, arguments);
  },
  alert: function () {
    return turn(this, ALERT, arguments);
  },
};

if (!listeners) emitter(methods);

/**
 * A device of BIGIOT, of mPython's `bigiot.py`, docs/bigiot.md: checks in and stays so until `checkOut`; nothing is emitted before the
 * constructor returns. Throws `config` for an option that is unknown or wrong. Limits: no WebSocket, no image upload.
 *
 *     const device = create({ id: 70413, apiKey: "abc123key" });
 *     device.sayCallback((msg, id, name) => device.say({ to: id, msg: "heard you, " + name }));
 *     setInterval(() => device.update(66120, E.getTemperature()), 1000);
 */
const Device = function (this: Client) {
  const o = arguments[0];
  if (o && typeof o === "object") return new Device(o.id, o.apiKey, o);
  turn(this, MAKE, arguments);
} as unknown as Constructor;

Device.prototype = methods;

export { Device, Device as create };
