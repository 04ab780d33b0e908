import { log } from "#host";
import type { Bytes, Timer } from "../../host";
import type { Client as Mqtt } from "../../mqtt/client";
import type { Options as MqttOptions } from "../../mqtt/options";
import type { Properties } from "./bag";
import type { Assignment } from "./dps";
import type { Options } from "./options";

export type Done = (err?: Error, result?: any) => void;

/** Answers a direct method; only the first answer counts. */
export type Respond = (status: number, value?: unknown) => void;

/** Tells what has come from the hub: the lower half tells the application, IoT Central takes it apart first. */
export type Tell = (this: Hub, event: string, a: any, b?: any, c?: any) => void;

/** A message to send. */
export interface Item {
  _bag: string;
  _bytes: Bytes;
  _answers?: Done;
  /** When it was made, by the host's clock, if it had to wait. */
  _made: number;
  /** So many bytes it will be, at most, when it is sent. */
  _size?: number;
}

/** What is to be reported: merged, what is to be deleted before, about how many bytes, and who waits for it. */
export interface Report {
  _patch: any;
  _gone?: any;
  _bytesOf: number;
  _answers?: Done[];
}

/** An MQTT client that finds its hub, renews its token and keeps its twin; whatever the MQTT client can it can too. */
export interface Hub extends Mqtt {
  options: MqttOptions & Options;
  connect(done?: Done): void;
  isConnected(): boolean;
  disconnect(done?: Done): void;
  /** Queued until the hub has it, which the callback tells. */
  sendTelemetry(payload: unknown, properties?: Properties | Done, done?: Done): void;
  /** Reports properties, of a component when it is named; several calls may become one message. */
  sendProperty(patch: unknown, component?: string | Done, done?: Done): void;
  /** Where the device belongs, once that is known. */
  assignment?: Assignment;
}

/**
 * The client with what it keeps besides: its fields are those of the MQTT client too, so no name may be one that is used there. A field
 * costs a variable even when it holds nothing: those that are not set at the start are made when they are needed.
 */
export interface State extends Hub {
  _tell: Tell;
  /** The conventions of IoT Central hold; what is said of the content of telemetry. */
  _central?: number;
  _contentType?: string;
  _contentEncoding?: string;
  /** `end` of the MQTT client. */
  _end: Mqtt["end"];
  /** Called with the first outcome of `connect`. */
  _opening?: Done[];
  /** Between `connect` and `disconnect`: a number that no other time has. */
  _begun?: number;
  /** The assignment is believed in; it is asked for; the next attempt to ask or to get a token waits for its time. */
  _known?: number;
  _registering?: number;
  /** Stops the registration that runs. */
  _stop?: () => void;
  _retrying?: number;
  /** The timer of the next token or the next such attempt. */
  _renewal?: Timer;
  _failures?: number;
  _attempts?: number;
  /** devices/ID, for topics; until the hub is known, and the time, messages wait, of so many bytes. */
  _path?: string;
  _items?: Item[];
  _waiting?: number;
  /** The identifiers of the messages from the cloud that came last. */
  _seen?: string[];
  /** The twin: whether SUBSCRIBE is under way, whether to read it, what to report, what is asked (true: to read it), in which request. */
  _subscribing?: number;
  _stale?: number;
  _report?: Report;
  _asked?: Report | true;
  _rid: number;
  _tries?: number;
  _due?: Timer;
  /** Of the desired properties: the version that was told, and the highest that has come. */
  _version: number;
  _newest?: number;
}

/** A user name of which the MQTT client can make no CONNECT. */
export const NONE: any = 0;

/** A line of level 2, or 3 with `debug`, for the console or the application's logger. */
export function say(c: State, text: string, debug?: boolean): void {
  const logger = c.options.logger;
  if (logger)
    try {
      if (debug) logger.debug(text);
      else logger.info(text);
    } catch (e) {
      // Not an event: those are logged.
      log(text);
    }
  else if ((c.options.logLevel || 2) > (debug ? 2 : 1)) log(text);
}
