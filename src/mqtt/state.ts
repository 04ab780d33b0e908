import type { Bytes, Link, Timer } from "../host";
import type { Options } from "./options";
import type { Came, Went } from "./repeat";
import type { Done, Session } from "./session";
import type { Client, Handler } from "./types";

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
  /** Bytes of a packet that has not wholly come. */
  _in?: Bytes;
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
  /** The messages that came and went last, while the next may take the short way; and who hears the former. */
  _came?: Came;
  _went?: Went;
  _call?: Handler;
  /** 1 when messages of QoS 0 have their short way, 2 when the others have. */
  _hot?: number;
  _publication(c: State, what: Bytes, at: number, end: number): string | void;
  _answer(c: State, what: Bytes, at: number, end: number): string | void;
  _told(what: any, c: State, at?: number): number | void;
  /** Not every program has the short ways. */
  _note?(...args: any[]): void;
}
