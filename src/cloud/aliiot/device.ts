import type { Emitter } from "../../core/emitter";
import type { Failure } from "../../core/errors";
import type { Answer } from "./alink";
import type { Done, Hub } from "./hub";

/** Answers what has come: with data, and a code other than 200 if there is one. */
export type Reply = (data?: unknown, code?: number, message?: string) => boolean;
/** What it returns is the answer; undefined leaves the answer to `reply`, to be called later. */
export type Service = (input: any, reply: Reply) => unknown;
/** Gets what no handler took. What it returns is the answer, where one is wanted. */
export type Callback = (topic: string, data: any, reply?: Reply) => unknown;
export type Answered = (err?: Failure, answer?: Answer) => void;

/** A device of the platform: the one that connects, or one behind it. */
export interface Device extends Emitter {
  /** Connected, and subscribed to what the platform has to say. */
  status: boolean;
  /** Who it is, as far as it is known: with the secret that a registration brought; and other options of its own. */
  authInfo: { productKey: string; productSecret?: string; deviceName: string; deviceSecret?: string; [option: string]: any };
  /** Messages that were refused, came late or made no sense. */
  dropped: number;
  /** Declares an event, which `eventReport` wants; false when it was. */
  addEvent(event: string): boolean;
  /** Declares a service; `handler` answers it, else the callback or `serviceResponse` does. False when it was declared. */
  addService(service: string, handler?: Service): boolean;
  /** Who takes a set of the platform; what it returns, or the value, is reported. One that throws is answered with 400. */
  addProperty(property: string, setter: (value: any) => unknown): boolean;
  /** One function for what nothing else took. */
  setCallback(callback: Callback): void;
  /**
   * 1 to 200 properties, or `{value, time}` in place of a value (time in ms since 1970). Throws `config` for a value that is not of its
   * type: correct it. `done`: the answer; `refused` has its code in `status`; `timeout`: report again; `limit`: slower.
   */
  propertiesReport(data: { [identifier: string]: unknown }, done?: Answered): boolean;
  /** The same for a declared event. */
  eventReport(event: string, data: { [field: string]: unknown }, done?: Answered): boolean;
  /** The answer to a call of a declared service, 200 or a code of one's own; it goes where the call came in. */
  serviceResponse(service: string, code: number, data: unknown, msgId: string | number, message?: string, done?: Done): boolean;
  /** The answer to RRPC: text, JSON or a binary object. */
  rrpcResponse(msgId: string, data: unknown, done?: Done): boolean;
  /** The answer to a set that no setter took. */
  propertySetReply(msgId: string | number, code: number, message?: string, done?: Done): boolean;
  /** Which version runs; without a module the whole firmware. Only this ends an update for the platform. */
  otaDeviceInform(version: string, module?: string, done?: Done): boolean;
  /** Whether there is an update: its description comes to `done` and to the callback. */
  otaFirmwareGet(module?: string, done?: Answered): boolean;
  /** 1 to 100 percent, or -1 to -4 for what failed; a text of 128 characters at most. */
  otaDeviceProgress(step: number | string, desc?: string, module?: string, done?: Done): boolean;
  /**
   * By a method, or a topic; or `tags` with `{key: value}`, `tags.delete` and `desired` with a list of names, `desired.delete` with such a
   * list or `{name: {version}}`, `log` with a list of entries, and `config`.
   */
  request(method: string, done?: Answered): boolean;
  request(method: string, params: unknown, done?: Answered): boolean;
  /** On a topic of one's own: text, a binary object, or anything as JSON. `done` when the platform (QoS 1) or the network (0) has it. */
  publish(topic: string, payload: unknown, done?: Done): boolean;
  /** Up to 94 filters besides those of the device; what comes goes to the callback. Throws `limit`. */
  subscribe(topic: string, done?: Done): boolean;

  _root: Hub;
  /** Product key, slash, device name. */
  _k: string;
  /** What it has: events under "e" and their name, services under "s", properties under "p". */
  _has: { [id: string]: any };
  _call?: Callback;
}
