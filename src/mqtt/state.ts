import type { Bytes, Link, Timer } from "../host";
import type { Options } from "./options";
import type { Done, Session } from "./session";
import type { Client, Handler, Packet } from "./types";

/**
 * What the client knows besides its session. A field costs a variable even when it holds nothing: those that are not set
 * at the start are made when they are needed. For the same reason they are numbers where a boolean would do.
 */
export interface State extends Omit<Client, "options" | "publish" | "subscribe">, Session {
  options: Options;
  publish(...args: any[]): Client;
  subscribe(...args: any[]): Client;
  _link?: Link;
  _timer?: Timer;
  /** Bytes of a packet that has not wholly come; none is 0, which costs a variable less. */
  _in: Bytes | 0;
  /** Something is written and not yet gone: so many messages of QoS 0, and their callbacks. */
  _busy?: number;
  _going?: number;
  _gone?: Done[];
  /** What is subscribed: its QoS, and 4 more when the broker has granted it. */
  _subs: { [filter: string]: number };
  _handlers?: { [filter: string]: Handler };
  /** Half keep-alives since something came; whether something went since the last of them. */
  _idle: number;
  _wrote?: number;
  /** Attempts since the last stable connection (-1: the next comes at once), and connections in a row that broke off before they were stable. */
  _attempt?: number;
  _early?: number;
  _ended?: number;
  _offline?: number;
  _count?: number;
  _received?: number;
  _dropped?: number;
  _dials: number;
  /** The message that came last, if it was of QoS 0 and for one listener: its bytes up to the payload, their number, that of the payload, of both. */
  _head?: Bytes;
  _n: number;
  _m: number;
  _total: number;
  _name: string;
  _packet: Packet;
  _list: Handler[];
  _call: Handler;
  /** The message that went last, if it was of QoS 0 and without options: its topic, its bytes up to the payload, the payload's length. */
  _to?: string;
  _pre: Bytes;
  _length: number;
  /** So many of them may wait for the link. */
  _most: number;
  /** 1 when messages of QoS 0 have their short way, 2 when the others have. */
  _hot?: number;
  /** The same of one of QoS 1 or 2: its bytes up to the identifier, what answers it (both directions), and so many may be held before they are counted. */
  _lead: number;
  _event: string;
  _ack: Bytes;
  _qos: number;
  _before: Bytes;
  _wants: Bytes;
  _long: number;
  _extra: number;
  _spare: number;
  _publication(c: State, what: Bytes, at: number, end: number): string | void;
  _answer(c: State, what: Bytes, at: number, end: number): string | void;
  _told(what: any, c: State, at?: number): number | void;
  /** Opens the short way of QoS 0 or of the others. Not every program has it. */
  _warm?(c: State, acks: unknown): void;
}
