import type { Emitter } from "../../core/emitter";
import type { Client as Mqtt } from "../../mqtt/client";
import type { Want } from "./discovery";
import type { Edge } from "./edge";
import type { Device, Info, Protocol, Rule } from "./identity";
import type { Offline } from "./offline";
import type { Options } from "./options";

export type Done = (err?: Error, result?: any) => void;

/** What the application gives to `sendAck`. */
export interface Ack {
  ackId: string;
  st: number;
  msg?: string;
  childId?: string | null;
}

export interface Data {
  uniqueId: string;
  time?: string;
  data: any;
}

export interface Client extends Emitter {
  /** Sends samples of the device, of a gateway and its children, or takes them into the windows of an edge device. */
  sendData(list: Data[], done?: Done): boolean;
  /** `type`: 5 of a command, 11 of an update; 0, 1, 2 with the statuses of message 2.1. */
  sendAck(ack: Ack, type: number, done?: Done): boolean;
  updateTwin(key: string, value: unknown, done?: Done): boolean;
  getAllTwins(done?: Done): void;
  getAttributes(): any[] | undefined;
  dispose(done?: () => void): boolean;
  createChild(child: { dn: string; id: string; tg: string }, done?: Done): void;
  deleteChild(id: string, done?: Done): void;
  status(): any;
  isEdge: boolean;
  hasRules: boolean;
  attributes: any;
  devices: Device[];
  rules: Rule[] | null;
  protocol: Protocol | undefined;
}

/** What the parts of the client share. What is not set at the start is made when it is needed, and numbers stand for yes and no: both cost fewer variables. */
export interface Session extends Client {
  _o: Options;
  _v21?: boolean;
  _info?: Info;
  _link?: Mqtt;
  _store?: Offline;
  /** Records that were lost before `_store` was made. */
  _lost: number;
  _edge?: Edge;
  /** Calls of `sendData` that wait until something is known about the device. */
  _early?: [Data[], Done | undefined][];
  /** Connected, and told so. */
  _up?: number;
  /** A subscription is on its way. */
  _subscribing?: number;
  /** Nothing goes any more: disposed, or barred by the cloud. */
  _over?: string;
  /** Validation is switched off (2.1). */
  _skip?: boolean;
  /** When a device may send its next sample. */
  _gates?: { [id: string]: number };
  /** Acknowledgements asked for of late. */
  _seen?: string[];
  /** Timers of the commands that nobody has acknowledged, by what they are acknowledged with. */
  _due?: { [ackId: string]: any };
  /** Requests to the twin that wait for their answer, by number; and those of children, by kind (2.1). */
  _asks?: { [rid: string]: { _path: string; _body: string; _done?: Done } };
  _rid: number;
  _kids?: { [kind: string]: Done[] };
  /** Where to ask who the device is; empty: to be discovered; not there: in the file of what is known. */
  _base?: string;
  /** The next question: which parts (undefined: all), whether one is under way, how many have failed, and when it comes. */
  _want?: Want;
  _asking?: number;
  _tries: number;
  _timer?: any;
  /** The next token, when the present one ends, how often the hub has refused it, and how many attempts since it was last there. */
  _renewal?: any;
  _expires: number;
  _refused: number;
  _missed: number;
  /** Timers: the next stored record, the twin asked again, the heartbeat. */
  _pace?: any;
  _again?: any;
  _beat?: any;
  _seconds?: number;
  _draining?: number;
  /** Does one of what names.ts lists. */
  _act(what: number, a?: any, b?: any, c?: any): any;
}
