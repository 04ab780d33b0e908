import { after, cancel, now } from "#host";
import type { Emitter } from "../../core/emitter";
import { error, type CloudError } from "../../core/errors";
import type { Bytes, Timer } from "../../host";
import type { Client } from "../../mqtt/client";
import type { Options } from "./options";

export type Done = (err?: Error, result?: any) => void;

/** What is sent when its turn comes. */
export interface Item {
  _topic: string;
  _bytes: Bytes;
  _qos: number;
  /** Told when it went; with `_key`, when it was answered. */
  _done?: Done;
  _key?: string;
  /** The topic that the answer comes on; subscribed first. */
  _need?: string;
}

/** One connection, with all that waits on it. */
export interface Hub {
  _o: Options;
  _root: any;
  /** By product key, slash, device name. */
  _of: { [key: string]: any };
  _mq?: Client;
  _ready?: boolean;
  /** The request numbered last. */
  _n: number;
  _wait: { [key: string]: { _done?: Done; _timer: Timer; _id?: unknown } };
  _queue: Item[];
  /** Messages at QoS 0 that may go now; one at QoS 1 counts as three. */
  _credit: number;
  _at: number;
  _timer?: Timer;
  /** Filters beyond the basic ones: 0 asked for, 1 granted, or the error. */
  _subs: { [filter: string]: number | Error };
  /** Of the shadow, as far as it was heard. */
  _version?: number;
  /** Who called `connect`, and who `disconnect`. */
  _done?: Done;
  _bye?: Done;
  _end?: boolean;
}

/** Who asked is told; where nobody did, an error goes to the listeners. */
export function tell(h: Hub, done: Done | undefined, err?: Error, result?: any): void {
  if (done || err) (h._root as Emitter).emit(done || "error", err, result);
}

/** Ends the wait for `key`; whether somebody waited. */
export function finish(h: Hub, key: string, err?: Error, data?: any): boolean {
  const w = h._wait[key];
  // The name comes from the platform: one that every object has is none of ours.
  if (!h._wait.hasOwnProperty(key)) return false;
  delete h._wait[key];
  cancel(w._timer);
  if (!err && data && data.code !== undefined && +data.code !== 200) {
    err = error("refused", "the platform answers " + data.code + " " + data.message);
    (err as any).status = +data.code;
  }
  tell(h, w._done, err, data);
  return true;
}

function expire(pair: [Hub, string]): void {
  finish(pair[0], pair[1], error("timeout", "no answer in time"));
}

/** Waits for the answer to `key`. */
export function hold(h: Hub, key: string, ms: number, done?: Done, id?: unknown): void {
  h._wait[key] = { _done: done, _timer: after(expire as any, ms, [h, key]), _id: id };
}

/** Asks for filters, at most 8 in a packet and 100 in all, as the platform wants it. */
export function subscribe(h: Hub, filters: string[], done: Done): void {
  const rest = filters.slice(8);
  h._mq!.subscribe(filters.slice(0, 8), { qos: h._o.qos as 0 }, function (err, granted) {
    for (let i = 0; granted && i < granted.length; i++) {
      const f = granted[i].topic;
      if (h._subs[f] !== undefined) h._subs[f] = granted[i].qos > 1 ? err! : 1;
    }
    if (rest.length) subscribe(h, rest, done);
    else done(err);
  });
}

function again(h: Hub): void {
  h._timer = undefined;
  pump(h);
}

/**
 * Sends what waits, at the pace that the platform takes: it drops silently what is over 30 messages a second at QoS 0 or 10 at QoS 1.
 * Full credit and a second's refill together are that much.
 */
export function pump(h: Hub): void {
  let item: Item;
  const t = now();
  h._credit = Math.min(15, h._credit + Math.max(0, t - h._at) * 0.015);
  h._at = t;
  while (h._ready && !h._timer && (item = h._queue[0])) {
    const need = item._need;
    const state = need === undefined ? 1 : h._subs[need];
    const cost = item._qos ? 3 : 1;
    if (!state) break;
    if (state !== 1) {
      h._queue.shift();
      delete h._subs[need!];
      tell(h, item._done, state as CloudError);
    } else if (h._credit < cost) h._timer = after(again, 100, h);
    else {
      const sent = h._queue.shift()!;
      h._credit -= cost;
      if (sent._key) hold(h, sent._key, h._o.replyTimeout || 30000, sent._done);
      h._mq!.publish(sent._topic, sent._bytes, { qos: sent._qos as 0, binary: true }, function (err) {
        if (!sent._key) tell(h, sent._done, err);
        else if (err) finish(h, sent._key, err);
      });
    }
  }
  if (h._end && h._ready && !h._queue.length) {
    h._end = false;
    h._mq!.end();
  }
}

/** Takes a message to send; false, and the reason to whom it concerns, when it cannot be. */
export function send(h: Hub, item: Item): boolean {
  const limit = h._o.queueLimit || 20;
  const need = item._need;
  const fresh = need !== undefined && h._subs[need] === undefined;
  const key = item._key;
  const err = !h._mq
    ? error("offline", "connect first")
    : item._bytes.length > 262144
      ? error("limit", "a message has up to 262144 bytes")
      : h._queue.length >= limit || Object.keys(h._wait).length > limit + 30
        ? error("limit", "queueLimit: " + limit + " messages wait")
        : key && h._wait[key]
          ? error("limit", "one " + key + " at a time")
          : fresh && Object.keys(h._subs).length > 93
            ? error("limit", "100 subscriptions are what a device may have")
            : undefined;
  if (err) {
    h._root.dropped++;
    tell(h, item._done, err);
    return false;
  }
  if (fresh) {
    h._subs[need] = 0;
    if (h._ready)
      subscribe(h, [need], function () {
        pump(h);
      });
  }
  h._queue.push(item);
  pump(h);
  return true;
}
