import { unicode } from "#host";
import { chr } from "../core/bytes";
import { kept } from "../core/emitter";
import type { Bytes } from "../host";
import { acked } from "./acked";
import { field } from "./packet";
import type { Entry } from "./session";
import { warm } from "./short";
import type { State } from "./state";
import type { Handler, Packet } from "./types";

/** The message that came last, if it was for one listener. */
export interface Came {
  /** How it begins: at QoS 0 up to the payload, else up to the identifier, and so many bytes; what is the other's is 0. */
  _head: Bytes;
  _n: number;
  _lead: number;
  /** The length of the payload, and of all. */
  _m: number;
  _total: number;
  _name: string;
  _packet: Packet;
  /** Where its listeners are, and they. */
  _event: string;
  _list: Handler[];
  /** What answers it, up to the identifier; and so many may be held at QoS 2 before they are counted. */
  _ack: Bytes;
  _spare: number;
}

/** The message that went last: at QoS 0 without options, else with none but the QoS. */
export interface Went {
  _to: string;
  /** Its bytes up to the payload at QoS 0, up to the identifier else. */
  _pre: Bytes;
  /** The length of the payload at QoS 0, and so many messages may wait for the link. Else the limit of the queue. */
  _length: number;
  _most: number;
  _qos: number;
  /** The topic as a field, how much longer than the payload all is, and how long that was the last time; what answers it. */
  _before: Bytes;
  _extra: number;
  _long: number;
  _wants: Bytes;
}

/** What lies from `at` to before `end`, its payload from `i` on: the next that begins as it did takes the short way. Returns which. */
function came(c: State, packet: Packet, name: string, what: Bytes, at: number, i: number, end: number): number | void {
  const event = kept() + "message";
  const list = (c as any)[event];
  const qos = packet.qos;
  const n = i - at - 2 * +(qos > 0);
  // `on` makes the list of an event's listeners anew; Espruino's `removeListener` takes from the one there is.
  if (list && list.length === 1 && !(qos && c.options.store)) {
    c._call = list[0];
    c._came = {
      _head: what.substr(at, n),
      _n: qos ? 0 : n,
      _lead: qos && n,
      _m: end - i,
      _total: end - at,
      _name: name,
      _packet: packet,
      _event: event,
      _list: list,
      _ack: chr(48 + 16 * qos, 2),
      _spare: qos > 1 ? 256 - Object.keys(c._held!).length : 0,
    };
    return qos;
  }
}

/**
 * Where text is bytes, the next of this topic goes without a look: at QoS 0 when it has this length and nothing waits, else when there
 * is no store. Returns which.
 */
function went(c: State, to: string, head: number, before: Bytes, after: Bytes, entry: Entry): Bytes | void {
  const acks = entry._want;
  const n = after.length;
  const extra = before.length;
  if (
    !unicode &&
    (acks ? !c.options.store && !(head & 1) : head === 48 && !c._queue[c._at] && n + extra < 1024) &&
    field("payload", JSON.parse('"\\u20ac"')).length < 2
  ) {
    c._went = {
      _to: to,
      _pre: entry._bytes.substr(0, entry._bytes.length - n - acks.length / 2),
      // Neither short way takes what is the other's.
      _length: acks ? -1 : n,
      _qos: acks ? (head & 6) >> 1 : -1,
      _most: acks ? c.options.queueLimit || 16384 : 4096 / (n + extra),
      _before: before,
      _extra: extra + 2,
      _long: extra + 2 + n,
      _wants: acks.substr(0, 2),
    };
    return acks;
  }
}

/**
 * Notes a message that came, or one that went: then there is no `end`. Called by itself with the client and whether to answer, it opens
 * the short way of QoS 0 or of the others, once: what those functions see lives as long as they do, and that call has nothing else.
 */
export function note(): void {
  if (arguments[2] === undefined) {
    if (arguments[1]) acked(arguments[0]);
    else warm(arguments[0]);
    return;
  }
  const a: any = arguments;
  const c: State = a[0];
  const acks = a[6] ? came(c, a[1], a[2], a[3], a[4], a[5], a[6]) : went(c, a[1], a[2], a[3], a[4], a[5]);
  if (acks !== undefined && !(c._hot! & (acks ? 2 : 1))) c._note!(c, acks);
}
