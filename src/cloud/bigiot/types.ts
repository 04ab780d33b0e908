import type { Bytes, Link, Timer } from "../../host";
import type { Options } from "./options";
import type { Peer, Say } from "./protocol";
import type { Failure } from "../../core/errors";

export type Done<T = unknown> = (err?: Failure, result?: T) => void;
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
  /** What was written last is not gone yet. */
  _new?: boolean;
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
  // Each call gives true when it was accepted. What is refused tells `limit` (slower, or less at a time) or `offline` (`checkIn` first) to
  // `done`, else to the listeners of `error`; it throws `config` for an argument that cannot be.
  /** Dials at once when there is no connection. `done`: this attempt; `auth`, `network`, `timeout`: it tries again by itself. */
  checkIn(done?: Done<Peer>): boolean;
  /** Leaves, and stays away; the pace of the platform goes on. */
  checkOut(done?: Done): boolean;
  /** One function for each message, besides the listeners of `say`. */
  sayCallback(f: SayCallback): void;
  /** Any JSON value, to somebody who is online. `done` when it is gone; nobody tells whether it arrived. Never sent twice. */
  say(what: Say, done?: Done): boolean;
  say(userId?: Id | null, groupId?: Id | null, deviceId?: Id | null, msg?: unknown, done?: Done): boolean;
  /** The newest value of an interface, at the platform's pace (`updateInterval`, 5000 ms). `done` when it, or a newer one, is gone. */
  update(id: Id, data: Data, done?: Done): boolean;
  /** In a user session: asks for the values of a device, which the event `update` brings. */
  update(id: Id, done?: Done): boolean;
  update(values: { [id: string]: Data }, done?: Done): boolean;
  /** 15 s apart. `timeout`: no answer within 5 s, ask again. */
  isOnline(id: Id, done?: Done<boolean>): boolean;
  isOnline(ids: Id[], done?: Done<{ [id: string]: boolean }>): boolean;
  /** 10 s apart; "connected" is that the platform has lost the check-in, which begins anew. */
  status(done?: Done<"checked" | "connected">): boolean;
  /** `stamp`, seconds since 1970, or a pattern such as "Y-m-d H:i:s" in the platform's zone; text. */
  time(done?: Done<string>): boolean;
  time(format: string, done?: Done<string>): boolean;
  /** 10 minutes apart. "email", "qq", "weibo". `done` when it is gone; kept until it is known to have arrived. */
  alert(text: string, done?: Done): boolean;
  alert(text: string, channel?: string, done?: Done): boolean;
  on(event: string, listener: (a?: any, b?: any) => void): this;
  removeListener(event: string, listener: (a?: any, b?: any) => void): this;
  // What is empty is not there, and small numbers lie in their names: each takes a variable less.
  /** What is the matter: bits, see below. */
  _is: number;
  /** Attempts since the line was good; forced checkouts soon after a check-in. */
  _try?: number;
  _kick?: number;
  _lines: number;
  _gone?: Item[];
  /** Who waits for the check-in. */
  _join?: Done<any>[];
  _lane?: { [kind: string]: Lane };
  /** Newest values that wait, and those that are written but, for all we know, got lost. */
  _want?: Values;
  _sent?: Values;
  /** Alerts that are written but, for all we know, got lost; the last four. */
  _kept?: Item[];
  _link?: Link;
  _timer?: Timer;
  _say?: SayCallback;
  /** Bytes of a line that has not ended. */
  _in?: Bytes;
  /** Not online: 0 the greeting is awaited; then, in turn, a checkout was sent and a check-in was sent. Online: thirds of a heartbeat since. */
  _step: number;
  /** After an encrypted check-in: what a checkout has to say in place of the device's key. */
  _key?: string;
  /** Thirds of a heartbeat since something came, since something went. */
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
