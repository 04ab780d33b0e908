import { cancel } from "#host";
import { error, type Failure } from "../../core/errors";
import type { Bytes, Timer } from "../../host";
import type { Client } from "../../mqtt/client";
import type { Entry, Session } from "../../mqtt/session";
import type { Device } from "./device";

export type Done = (err?: Failure, result?: any) => void;

/** What is sent when its turn comes, and what waits for an answer. */
export interface Item {
  _by: Device;
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
  _mq: Client & Pick<Session, "_queue" | "_size">;
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
  /** Packets of devices behind this one that go again when these are logged in. */
  _held?: Entry[];
  /** When it is looked at again. */
  _pause?: number;
  /** Filters beyond the basic ones: 0 asked for, 1 granted. */
  _subs: { [filter: string]: number };
  /** Ids of what was done last, where the platform may say things twice. */
  _seen?: string[];
  /** Of the shadow, as far as it was heard. */
  _version?: number;
  /** The version that the last question for the shadow changes to, if it changes it. */
  _asked?: number;
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

/** What storage of the application threw, as an error: it may be anything. */
export function failed(e: any): Error {
  return e && e.message ? e : error("storage", "keep or outbox threw " + e);
}

/** Ends a wait: with an error, an answer, or neither when its time is over. */
export function settle(item: Item, err?: any, data?: any): void {
  const h = item._by._root;
  h._wait.splice(h._wait.indexOf(item), 1);
  if (item._timer && (err || data)) cancel(item._timer);
  else err = error("timeout", "no answer in time");
  if (!err && data.code !== undefined && +data.code !== 200) {
    err = error("refused", "the platform answers " + data.code + " " + data.message);
    err.status = +data.code;
  }
  tell(h, item._done, err, data);
}
