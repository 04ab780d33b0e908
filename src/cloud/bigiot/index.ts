import { emitter } from "../../core/emitter";
import type { Options } from "./options";
import { turn } from "./turn";
import type { Device as Client, Id, SayCallback } from "./types";

export type { Options } from "./options";
export type { Peer, Said, Say } from "./protocol";
export type { Data, Done, SayCallback } from "./types";
export type Device = Client;

type Constructor = new (id: Id, apiKey: string, options?: Options) => Client;

/** Checks in and stays so until `checkOut`; nothing is emitted before the constructor returns. */
export const Device = function (this: Client) {
  turn(this, "make", arguments);
} as unknown as Constructor;

// A parameter would take a variable.
const proto: any = Device.prototype;

proto.checkIn = function () {
  return turn(this, "checkIn", arguments);
};

proto.checkOut = function () {
  return turn(this, "checkOut", arguments);
};

proto.sayCallback = function (this: Client, f: SayCallback) {
  this._say = f;
};

proto.say = function () {
  return turn(this, "say", arguments);
};

proto.update = function () {
  return turn(this, "update", arguments);
};

proto.isOnline = function () {
  return turn(this, "isOnline", arguments);
};

proto.status = function () {
  return turn(this, "status", arguments);
};

proto.time = function () {
  return turn(this, "time", arguments);
};

proto.alert = function () {
  return turn(this, "alert", arguments);
};

emitter(proto);

export function create(options: Options): Client {
  return new Device(options.id!, options.apiKey!, options);
}
