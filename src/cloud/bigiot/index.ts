import { emitter } from "../../core/emitter";
import { close, post } from "./client";
import { error } from "../../core/errors";
import { ask, wait } from "./lane";
import { checked, type Options } from "./options";
import { who, type Message, type Peer, type Say } from "./protocol";
import type { Device as Client, Done, Id, SayCallback, Values } from "./types";

export type { Options } from "./options";
export type { Peer, Said, Say } from "./protocol";
export type { Data, Done, SayCallback } from "./types";
export type Device = Client;

type Constructor = new (id: Id, apiKey: string, options?: Options) => Client;

/** Checks in and stays so until `checkOut`; nothing is emitted before the constructor returns. */
export const Device = function (this: Client, id: Id, apiKey: string, options?: Options) {
  this.options = checked(options || {}, id, apiKey);
  this.id = who(this.options.user ? "U" : "D", id).substr(1);
  this.online = this._off = false;
  this.dropped = this._try = this._kick = this._lines = 0;
  this._gone = [];
  this._join = [];
  this._lane = {};
  this._want = {};
  this._sent = {};
  wait(this, 0);
} as unknown as Constructor;

const proto = Device.prototype;

proto.checkIn = function (this: Client, done?: Done<Peer>) {
  this._off = false;
  if (done) this._join.push(done);
  if (!this._link) wait(this, 0);
  return true;
};

proto.checkOut = function (this: Client, done?: Done) {
  this._off = true;
  if (this.online && !this.options.udp) post(this, "checkout");
  close(this);
  if (done) this.emit(done);
  return true;
};

proto.sayCallback = function (this: Client, f: SayCallback) {
  this._say = f;
};

proto.say = function (this: Client, a: any) {
  const b = arguments;
  const flat = !a || typeof a !== "object";
  const o: Say = flat ? { userId: a, groupId: b[1], deviceId: b[2], msg: b[3] } : a;
  const names = ["userId", "groupId", "deviceId", "to"];
  let i = 0;
  // Nought is a number.
  while (i < 3 && !(o as any)[names[i]] && (o as any)[names[i]] !== 0) i++;
  const to = (o as any)[names[i]];
  const m: Message = { M: "say", ID: i > 2 && to === "ALL" ? to : who("UGD".charAt(i), to), C: o.msg, SIGN: o.sign };
  if (this.options.udp) {
    m.toID = m.ID;
    m.ID = this.id;
    m.K = this.options.apiKey;
  }
  return ask(this, b[flat ? 4 : 1], m);
};

// Values as the platform wants them: text, whatever they were; true and false are 1 and 0, a list of two is a location.
proto.update = function (this: Client, a: any) {
  const b = arguments;
  const out: Values = {};
  const flat = typeof a !== "object";
  let given: any = {};
  if (flat) given[a] = b[1];
  else given = a;
  for (const id in given) {
    let v = given[id];
    if (v === true || v === false) v = +v;
    if (typeof v === "number" ? !isFinite(v) : typeof v !== "string" && !Array.isArray(v))
      throw error("config", "data " + v + ": text or a number");
    out[who("I", id).substr(1)] = "" + v;
  }
  return ask(this, b[flat ? 2 : 1], { M: "update", V: out });
};

proto.isOnline = function (this: Client, id: any, done: any) {
  const ids: string[] = [].concat(id).map(function (one) {
    return who(+one >= 0 ? "D" : "", one);
  });
  return ask(
    this,
    function (err, map) {
      done(err, map && !Array.isArray(id) ? map[ids[0]] : map);
    },
    { M: "isOL", ID: ids },
  );
};

proto.status = function (this: Client, done: Done<any>) {
  return ask(this, done, { M: "status" });
};

proto.time = function (this: Client, a: any) {
  const given = typeof a === "string";
  return ask(this, given ? arguments[1] : a, { M: "time", F: given ? a : "stamp" });
};

proto.alert = function (this: Client, text: string, a: any) {
  const flat = typeof a === "function";
  return ask(this, flat ? a : arguments[2], { M: "alert", C: text, B: (!flat && a) || "email" });
} as Client["alert"];

emitter(proto);

export function create(options: Options): Client {
  return new Device(options.id!, options.apiKey!, options);
}
