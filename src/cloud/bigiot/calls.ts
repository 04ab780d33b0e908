import { now } from "#host";
import { error } from "../../core/errors";
import { ask } from "./lane";
import { close, post } from "./link";
import { checked, type Options } from "./options";
import { who, type Message, type Say } from "./protocol";
import { tell } from "./tell";
import { wait } from "./timer";
import { OFF, type Device, type Values } from "./types";

// The places of the calls in their list: it is made for each call, and names in it would be 130 bytes more.
export const MAKE = 0;
export const CHECK_IN = 1;
export const CHECK_OUT = 2;
export const SAY_CALLBACK = 3;
export const SAY = 4;
export const UPDATE = 5;
export const IS_ONLINE = 6;
export const STATUS = 7;
export const TIME = 8;
export const ALERT = 9;

/** What the methods of a device do; each has its arguments as the application gave them. */
export const calls: ((this: Device, a?: any, b?: any, c?: any, d?: any, e?: any) => unknown)[] = [
  function make(id: any, apiKey: string, options: Options) {
    const d = this;
    d.options = checked(options || {}, apiKey);
    d.id = who("D", id).substr(1);
    d.online = false;
    d.dropped = d._is = d._lines = 0;
    wait(d, 0);
  },

  function checkIn(done) {
    const d = this;
    d._is &= ~OFF;
    for (const kind in d._lane) {
      const lane = d._lane[kind];
      const since = lane._at;
      delete lane._at;
      // The platform's pace goes on where it was; a clock that had not been set then cannot tell.
      if (since) wait(lane, since > 1.5e12 ? Math.max(0, Math.min(lane._gap, lane._gap + since - now())) : lane._gap);
    }
    // The platform is to read anew what its site says of the device.
    if (d.options.udp) ask(d, undefined, { M: "reload", ID: d.id });
    if (!d._link) wait(d, 0);
    // Who is told may check out.
    if (d.online || d.options.udp) tell(d, done, [undefined, { id: (d.options.user ? "U" : "D") + d.id }]);
    else if (done) d._join = (d._join || []).concat(done);
    return true;
  },

  function checkOut(done) {
    const d = this;
    d._is |= OFF;
    if (d.online && !d.options.udp) post(d, "checkout");
    close(d);
    tell(d, done, []);
    return true;
  },

  function sayCallback(f) {
    this._say = f;
  },

  function say(a, group, device, msg, done) {
    const flat = !a || typeof a !== "object";
    const o: Say = flat ? { msg: msg } : a;
    const all = flat ? [a, group, device] : [o.userId, o.groupId, o.deviceId, o.to];
    let i = 0;
    // Nought is a number.
    while (i < 3 && !all[i] && all[i] !== 0) i++;
    const to = all[i];
    if (to === undefined) throw error("config", "say needs userId, groupId, deviceId or to");
    const m: Message = { M: "say", ID: i > 2 && to === "ALL" ? to : who("UGD".charAt(i), to), C: o.msg, SIGN: o.sign };
    if (this.options.udp) {
      m.toID = m.ID;
      m.ID = this.id;
    }
    return ask(this, flat ? done : group, m);
  },

  // Values as the platform wants them: text, whatever they were; true and false are 1 and 0, a list of two is a location.
  function update(a, data, done) {
    // A user has no values: asks for those of a device.
    if (this.options.user) return ask(this, data, { M: "getdata", ID: who("D", a).substr(1) });
    const out: Values = {};
    const flat = !a || typeof a !== "object" || Array.isArray(a);
    let given: any = {};
    if (flat) given[a] = data;
    else given = a;
    for (const id in given) {
      let v = given[id];
      if (typeof v === "boolean") v = +v;
      if (typeof v === "number" ? !isFinite(v) : typeof v !== "string" && !Array.isArray(v))
        throw error("config", "data " + v + ": text or a number");
      out[who("I", id).substr(1)] = "" + v;
    }
    if (!Object.keys(out).length) throw error("config", "update: no interface");
    return ask(this, flat ? done : data, { M: "update", ID: this.id, V: out });
  },

  function isOnline(id, done) {
    const ids: string[] = [].concat(id).map(function (one) {
      return who(+one >= 0 ? "D" : "", one);
    });
    return ask(this, done, { M: "isOL", ID: ids }, Array.isArray(id) ? "" : ids[0]);
  },

  function status(done) {
    return ask(this, done, { M: "status" });
  },

  function time(a, done) {
    const given = typeof a === "string";
    return ask(this, given ? done : a, { M: "time", F: given ? a : "stamp" });
  },

  function alert(text, a, done) {
    const flat = typeof a === "function";
    return ask(this, flat ? a : done, { M: "alert", C: text, B: (!flat && a) || "email" });
  },
];
