import { after, cancel, now, textToBytes } from "#host";
import { find } from "../../core/bytes";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import type { Bytes, Timer } from "../../host";
import type { Client } from "../../mqtt/client";
import type { Device } from "./model";
import { keep, message } from "./outbox";

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
  /** Where in the outbox it is. */
  _kept?: number;
}

/** The device that connects, with what it and those behind it share. */
export interface Hub extends Device {
  connect(done?: Done): number;
  _mq: Client;
  /** 1 since `connect`, 2 since all was subscribed. */
  _on?: number;
  /** The other devices, by product key, slash, device name; and their prototype. */
  _of?: { [key: string]: any };
  _kid?: any;
  /** The request numbered last, when there was one. */
  _n?: number;
  _wait: Item[];
  _queue: Item[];
  /** The moment up to which the platform's pace is used up. */
  _at?: number;
  /** How many messages at QoS 1 are not acknowledged, when there are any. */
  _air?: number;
  /** When it is looked at again. */
  _pause?: number;
  /** Filters beyond the basic ones: 0 asked for, 1 granted, or the error. */
  _subs: { [filter: string]: number | Error };
  /** Ids of what was done last, where the platform may say things twice. */
  _seen?: string[];
  /** Of the shadow, as far as it was heard. */
  _version?: number;
  /** Who called `connect`, and who `disconnect`. */
  _done?: Done[];
  _bye?: Done[];
  _end?: number;
  /** While it subscribes on a new line: whether some was granted. */
  _asks?: { _some?: unknown };
  /** While it registers; the text that is signed. Then its connection is closed without a word. */
  _random?: string;
  _mute?: number;
  /** Milliseconds to the next attempt, at least: kept while it registers, which is not tried again. */
  _period?: number;
  /** Reads what comes in binary: there when a file is downloaded over MQTT. */
  _unframe?: (bytes: Bytes, parse: (bytes: Bytes) => any) => any;
}

/** Who asked is told; where nobody did, an error goes to the listeners. */
export function tell(h: Hub, done?: Done | Done[], err?: Error, result?: any): void {
  if (done || err) h.emit((done || "error") as any, err, result);
}

/** Ends a wait: with an error, an answer, or neither when its time is over. */
export function settle(item: Item, err?: any, data?: any): void {
  const h = item._h;
  h._wait.splice(h._wait.indexOf(item), 1);
  if (item._timer && (err || data)) cancel(item._timer);
  else err = error("timeout", "no answer in time");
  if (!err && data.code !== undefined && +data.code !== 200) {
    err = error("refused", "the platform answers " + data.code + " " + data.message);
    err.status = +data.code;
  }
  tell(h, item._done, err, data);
}

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

/** For what is sent and heard: 1, but for who wants 0. */
function quality(h: Hub): 0 | 1 {
  return h.authInfo.qos === 0 ? 0 : 1;
}

/** Asks for filters, or for what a device needs and, when it is the one that connects, all that was asked for; at most 8 in a packet and 100 in all, as the platform wants it. */
export function subscribe(h: Hub, what: string[] | Device, done: Done): void {
  const d = what as Device;
  const filters = d._k ? basics(d).concat(d === h ? Object.keys(h._subs) : []) : (what as string[]);
  h._mq.subscribe(filters.splice(0, 8), { qos: quality(h) }, function (err, granted) {
    if (granted && h._asks) h._asks._some = 1;
    for (let i = 0; granted && i < granted.length; i++) {
      const f = granted[i].topic;
      if (h._subs[f] !== undefined) h._subs[f] = granted[i].qos > 1 ? err! : 1;
    }
    if (filters.length) subscribe(h, filters, done);
    else done(err);
  });
}

/** Gives a message to the client; and waits, when it has an answer. */
function transmit(h: Hub, item: Item): void {
  if (item._key) {
    item._timer = after(settle as any, h.authInfo.replyTimeout || 30000, item);
    h._wait.push(item);
  }
  if (item._qos) h._air = (h._air || 0) + 1;
  h._mq.publish(item._topic!, message(h, item), { qos: item._qos, binary: true }, function (err) {
    if (item._qos && !--h._air!) delete h._air;
    if (item._kept && !err) h.authInfo.outbox.drop(item._kept);
    if (!item._key) tell(h, item._done, err);
    else if (err && h._wait.indexOf(item) >= 0) settle(item, err);
    pump(h);
  });
  item._bytes = "";
}

/**
 * Up to when the platform's pace is used up once this went: it drops silently what is over 30 messages a second at QoS 0 or 10 at QoS 1.
 * One at QoS 1 takes 200 ms of the time that is saved up, 1 s at most, and others a third: the first second is full measure.
 */
function paced(h: Hub, item: Item, t: number): number {
  // A clock that was set back does not stop us.
  if (h._at! > t) h._at = h._pause = t;
  return Math.max(h._at || 0, t - 1000) + (item._qos ? 200 : 66);
}

/** Sends what waits, at the platform's pace. */
export function pump(h: Hub): void {
  for (let item: Item; h.status && (item = h._queue[0]);) {
    const need = item._need;
    const state = need === undefined ? 1 : h._subs[need];
    const t = now();
    const at = paced(h, item, t);
    // What was not acknowledged goes again at once on the next line: not more than the platform takes in a second with what follows it.
    if (!state || (item._qos && h._air! > 4)) break;
    if (state === 1 && at > t) {
      if (!(h._pause! > t)) {
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
    delete h._end;
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
export function send(d: Device, topic: string, body: unknown, done?: Done, key?: string, need?: string): boolean {
  const h = d._root;
  // The platform wants RRPC and the time at QoS 0.
  const free = find(topic, "/rrpc/") > 0 || topic.substr(0, 9) === "/ext/ntp/";
  const bytes = typeof body === "string" ? textToBytes(body) : stringify(body);
  const fresh = need !== undefined && h._subs[need] === undefined;
  const wrong = excess(h, bytes, key || "", fresh);
  if (wrong || !h._on) {
    h.dropped++;
    tell(h, done, h._on ? error("limit", wrong) : error("offline", "connect first"));
    return false;
  }
  if (fresh) {
    h._subs[need!] = 0;
    if (h.status)
      subscribe(h, [need!], function () {
        pump(h);
      });
  }
  const item: Item = { _h: h, _topic: topic, _qos: free ? 0 : quality(h), _bytes: bytes, _done: done, _key: key, _need: need };
  try {
    keep(h, item);
  } catch (e) {
    h.dropped++;
    tell(h, done, e as Error);
    return false;
  }
  h._queue.push(item);
  pump(h);
  return true;
}
