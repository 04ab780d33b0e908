import { after, cancel, now, textToBytes } from "#host";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import type { Bytes, Timer } from "../../host";
import type { Client } from "../../mqtt/client";
import type { Device } from "./model";

export type Done = (err?: Error, result?: any) => void;

/** What is sent when its turn comes, and what waits for an answer. */
export interface Item {
  _h: Hub;
  _topic?: string;
  _qos?: 0 | 1;
  _bytes?: Bytes;
  /** Told when it went; with `_key`, when it was answered. */
  _done?: Done;
  _key?: string;
  /** The topic that the answer comes on; subscribed first. */
  _need?: string;
  /** Of a synchronous call, which this waits to answer. */
  _id?: unknown;
  _timer?: Timer;
}

/** The device that connects, with what it and those behind it share. */
export interface Hub extends Device {
  connect(done?: Done): number;
  _mq: Client;
  /** `connect` was called. */
  _on?: number;
  /** The other devices, by product key, slash, device name; and their prototype. */
  _of?: { [key: string]: any };
  _kid?: any;
  /** The request numbered last. */
  _n: number;
  _wait: Item[];
  _queue: Item[];
  /** The moment up to which the platform's pace is used up. */
  _at: number;
  /** When it is looked at again. */
  _pause: number;
  /** For what is sent. */
  _q: 0 | 1;
  /** Filters beyond the basic ones: 0 asked for, 1 granted, or the error. */
  _subs: { [filter: string]: number | Error };
  /** Of the shadow, as far as it was heard. */
  _version?: number;
  /** Who called `connect`, and who `disconnect`. */
  _done?: Done;
  _bye?: Done;
  _end?: number;
  /** While it registers; the text that is signed. Then its connection is closed without a word. */
  _random?: string;
  _mute?: number;
  /** Milliseconds to the next attempt, at least. */
  _period: number;
  /** Reads what comes in binary: there when a file is downloaded over MQTT. */
  _unframe?: (bytes: Bytes, parse: (bytes: Bytes) => any) => any;
}

// Parameters that are named cost a variable each in what is loaded: what is called with many has none here and below.

/** Who asked is told; where nobody did, an error goes to the listeners. */
export const tell: (h: Hub, done: Done | undefined, err?: Error, result?: any) => void = function () {
  const a = arguments;
  if (a[1] || a[2]) a[0].emit(a[1] || "error", a[2], a[3]);
};

/** Ends a wait: with an error, an answer, or neither when its time is over. */
export const settle: (item: Item, err?: Error, data?: any) => void = function () {
  const a = arguments;
  const item: Item = a[0];
  const data = a[2];
  const h = item._h;
  let err = a[1];
  h._wait.splice(h._wait.indexOf(item), 1);
  if (item._timer && (err || data)) cancel(item._timer);
  else err = error("timeout", "no answer in time");
  if (!err && data.code !== undefined && +data.code !== 200) {
    err = error("refused", "the platform answers " + data.code + " " + data.message);
    err.status = +data.code;
  }
  tell(h, item._done, err, data);
};

/** What a device hears without asking. */
function basics(d: Device): string[] {
  const s = "/sys/" + d._k + "/thing/";
  return [
    s + "event/+/post_reply",
    s + "service/property/set",
    s + "service/+",
    s.slice(0, -6) + "rrpc/request/+",
    "/ota/device/upgrade/" + d._k,
    s + "ota/firmware/get_reply",
  ];
}

/** Asks for filters, or for what a device needs and, when it is the one that connects, all that was asked for; at most 8 in a packet and 100 in all, as the platform wants it. */
export const subscribe: (h: Hub, filters: string[] | Device, done: Done) => void = function () {
  const h: Hub = arguments[0];
  const what = arguments[1];
  const done: Done = arguments[2];
  const filters: string[] = what._k ? basics(what).concat(what === h ? Object.keys(h._subs) : []) : what;
  h._mq.subscribe(filters.splice(0, 8), { qos: h._q }, function (err, granted) {
    for (let i = 0; granted && i < granted.length; i++) {
      const f = granted[i].topic;
      if (h._subs[f] !== undefined) h._subs[f] = granted[i].qos > 1 ? err! : 1;
    }
    if (filters.length) subscribe(h, filters, done);
    else done(err);
  });
};

/** Gives a message to the client; and waits, when it has an answer. */
const transmit: (h: Hub, item: Item) => void = function () {
  const h: Hub = arguments[0];
  const item: Item = arguments[1];
  if (item._key) {
    item._timer = after(settle as any, h.authInfo.replyTimeout || 30000, item);
    h._wait.push(item);
  }
  h._mq.publish(item._topic!, item._bytes, { qos: item._qos, binary: true }, function (err) {
    if (!item._key) tell(h, item._done, err);
    else if (err && h._wait.indexOf(item) >= 0) settle(item, err);
  });
  item._bytes = "";
};

/**
 * Sends what waits, at the pace that the platform takes: it drops silently what is over 30 messages a second at QoS 0 or 10 at QoS 1.
 * One at QoS 1 takes 200 ms of the time that is saved up, 1 s at most, and others a third: the first second is full measure.
 */
export function pump(h: Hub): void {
  for (let item: Item; h.status && (item = h._queue[0]);) {
    const need = item._need;
    const state = need === undefined ? 1 : h._subs[need];
    const t = now();
    // A clock that was set back does not stop us.
    if (h._at > t) h._at = h._pause = t;
    const at = Math.max(h._at, t - 1000) + (item._qos ? 200 : 66);
    if (!state) break;
    if (state === 1 && at > t) {
      if (h._pause <= t) {
        // Timers may be early.
        h._pause = t + 90;
        after(pump as any, 100, h);
      }
      break;
    }
    h._queue.shift();
    if (state !== 1) {
      delete h._subs[need!];
      tell(h, item._done, state as Error);
    } else {
      h._at = at;
      transmit(h, item);
    }
  }
  if (h._end && h.status && !h._queue.length) {
    h._end = 0;
    h._mq.end();
  }
}

/** Which limit a message would break. */
function excess(h: Hub, bytes: Bytes, key: string, fresh: boolean): string {
  const limit = h.authInfo.queueLimit || 20;
  let twice;
  for (let i = 0; key && i < h._wait.length; i++) twice = twice || h._wait[i]._key === key;
  return bytes.length > 262144
    ? "a message has up to 262144 bytes"
    : h._queue.length >= limit || h._wait.length > limit + 30
      ? "queueLimit: " + limit + " messages wait"
      : twice
        ? "one " + key + " at a time"
        : fresh && Object.keys(h._subs).length > 93
          ? "100 subscriptions are what a device may have"
          : "";
}

/** Takes a message to send; false, and the reason to whom it concerns, when it cannot be. With a `key` an answer is awaited, on the topic `need`. */
export const send: (d: Device, topic: string, body: unknown, done?: Done, key?: string, need?: string) => boolean = function () {
  const a = arguments;
  const h: Hub = a[0]._root;
  const key = a[4];
  const need = a[5];
  const bytes = typeof a[2] === "string" ? textToBytes(a[2]) : stringify(a[2]);
  const fresh = need !== undefined && h._subs[need] === undefined;
  const wrong = excess(h, bytes, key, fresh);
  if (wrong || !h._on) {
    h.dropped++;
    tell(h, a[3], h._on ? error("limit", wrong) : error("offline", "connect first"));
    return false;
  }
  if (fresh) {
    h._subs[need] = 0;
    if (h.status)
      subscribe(h, [need], function () {
        pump(h);
      });
  }
  h._queue.push({ _h: h, _topic: a[1], _qos: /rrpc|^.ext.ntp/.test(a[1]) ? 0 : h._q, _bytes: bytes, _done: a[3], _key: key, _need: need });
  pump(h);
  return true;
};
