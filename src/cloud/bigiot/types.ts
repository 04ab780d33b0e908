import type { Bytes, Link, Timer } from "../../host";
import type { Options } from "./options";
import type { Peer, Say } from "./protocol";

export type Done<T = unknown> = (err?: Error, result?: T) => void;
export type Data = string | number | boolean | number[];
export type SayCallback = (msg: any, id: string, name: string) => void;
export type Id = number | string;
export type Values = { [id: string]: string };

/** What waits to be written or answered. An update has no line yet: it is made of the newest values when its time has come. */
export interface Item {
  _line: Bytes;
  _all: Done<any>[];
  _lane: Lane;
  /** For a question: how many lines of updates and alerts went before it. */
  _sent?: number;
  /** The one id that a question is about. */
  _one?: string;
}

/** Everything of one kind, in order, with the time that the platform wants between two of them. */
export interface Lane {
  _dev: Device;
  _gap: number;
  _list: Item[];
  _timer?: Timer;
  /** What of the gap is left when the timer has run. */
  _rest?: number;
  /** The question that awaits its answer; or the answer to one that was given up may come yet. */
  _item?: Item;
  _late?: boolean;
  /** When the timer was stopped, since the device stays away. */
  _at?: number;
}

export interface Device {
  id: string;
  options: Options;
  online: boolean;
  /** Lines from the platform, and calls of the application, that were refused. */
  dropped: number;
  /** Dials at once when there is no connection. */
  checkIn(done?: Done<Peer>): boolean;
  checkOut(done?: Done): boolean;
  sayCallback(f: SayCallback): void;
  say(what: Say, done?: Done): boolean;
  say(userId?: Id | null, groupId?: Id | null, deviceId?: Id | null, msg?: unknown, done?: Done): boolean;
  update(id: Id, data: Data, done?: Done): boolean;
  /** In a user session: asks for the values of a device, which the event `update` brings. */
  update(id: Id, done?: Done): boolean;
  update(values: { [id: string]: Data }, done?: Done): boolean;
  isOnline(id: Id, done?: Done<boolean>): boolean;
  isOnline(ids: Id[], done?: Done<{ [id: string]: boolean }>): boolean;
  status(done?: Done<"checked" | "connected">): boolean;
  time(done?: Done<string>): boolean;
  time(format: string, done?: Done<string>): boolean;
  alert(text: string, done?: Done): boolean;
  alert(text: string, channel?: string, done?: Done): boolean;
  on(event: string, listener: (a?: any, b?: any) => void): this;
  removeListener(event: string, listener: (a?: any, b?: any) => void): this;
  // What is empty is not there, and small numbers lie in their names: each takes a variable less.
  /** What is the matter: bits, see below. */
  _is: number;
  _try: number;
  _kick: number;
  _lines: number;
  _gone?: Item[];
  /** Who waits for the check-in. */
  _join?: Done<any>[];
  _lane?: { [kind: string]: Lane };
  /** Newest values that wait, and those that are written but, for all we know, got lost. */
  _want?: Values;
  _sent?: Values;
  /** The alert that is written but, for all we know, got lost. */
  _kept?: Item;
  _link?: Link;
  _timer?: Timer;
  _say?: SayCallback;
  /** Bytes of a line that has not ended. */
  _in?: Bytes;
  /** Not online: 0 the greeting is awaited; then, in turn, a checkout was sent and a check-in was sent. Online: thirds of a heartbeat since. */
  _step: number;
  /** After an encrypted check-in: what a checkout has to say in place of the device's key. */
  _key?: string;
  /** Thirds of a heartbeat since something came (-1: nothing at all), since something went. */
  _mute: number;
  _still: number;
}

/** Checked out by the application, or for want of an option: it stays away. */
export const OFF = 1;
/** The platform asks for beats. */
export const ASKS = 2;
/** A beat is to be sent. */
export const BEAT = 4;
/** An answer to our own checkout may come. */
export const OWED = 8;
/** Something is written and not yet gone. */
export const BUSY = 16;
