import { log } from "#host";
import type { Bytes, Timer } from "../../host";
import type { Client as Mqtt } from "../../mqtt/client";
import type { Options as MqttOptions } from "../../mqtt/options";
import type { Properties } from "./bag";
import type { Assignment } from "./dps";
import type { Options } from "./options";
import type { Failure } from "../../core/errors";

export type Done = (err?: Failure, result?: any) => void;

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

/**
 * An MQTT client that finds its hub, renews its token and keeps its twin; whatever the MQTT client can it can too. Topics, limits and
 * answers are those of Microsoft's "Communicate with your IoT hub using the MQTT protocol" and "IoT Hub quotas and throttling".
 */
export interface Hub extends Mqtt {
  /** Read anew at each attempt: what is put there counts from the next one on. The key of a group is not in it. */
  options: MqttOptions & Options;
  /**
   * Finds the hub and connects; it goes on trying by itself, whatever the first outcome was, until `disconnect`.
   *
   * @param done called once with the first outcome, or at once when it is connected. `config`: mend the option that is named; `clock`,
   *   `network`, `timeout`: nothing, it tries again; `auth`, `refused`: check key, `idScope` and device; `offline`: `disconnect` came first.
   * @throws `config`, a callback that is no function
   * @example
   * client.connect(function (e) {
   *   if (e) console.log(e.code + ": " + e.message);
   * });
   */
  connect(done?: Done): void;
  /** Whether there is a connection that the hub has accepted; one that has gone silent is believed in for 1.5 `keepalive`. */
  isConnected(): boolean;
  /**
   * Sends what waits, reports too, and says good-bye; a registration that runs is stopped. Callbacks that still wait get `offline`.
   * A `connect` that follows at once connects when this is done.
   *
   * @param done called when the link is closed
   * @example
   * client.sendTelemetry({ t: 21.5 });
   * client.disconnect(function () {
   *   sleep();
   * });
   */
  disconnect(done?: Done): void;
  /**
   * Sends a message, at least once: it may come twice after a lost connection. It waits while there is none, in memory (`queueLimit`
   * bytes) or in `store`, and then has the time when it was made with it.
   *
   * @param payload an object, as JSON; a text or bytes as they are
   * @param properties none unless given: system ones by name (`messageId`, `contentType` …) and your own; null leaves a default out
   * @param done called when the hub has it. `limit`: more than `queueLimit` bytes wait, send it later, or, with `dropOldest`, it is gone;
   *   `offline`: `disconnect` was done before
   * @throws `config`: payload, property, callback or a name that IoT Central keeps; `limit`: over 262,144 bytes with its properties. Mend it.
   * @example
   * client.sendTelemetry({ temperature: 21.5 }, { messageId: "m1" }, function (e) {
   *   if (e) console.log(e.message);
   * });
   */
  sendTelemetry(payload: unknown, properties?: Properties | Done, done?: Done): void;
  /**
   * Reports properties as they are at the call; one message is under way at a time, and what comes meanwhile is merged, so a value that is
   * reported again and again takes its place once. Null deletes. 429 and 5xx are tried again.
   *
   * @param patch an object of up to 32,768 bytes as JSON, 10 levels, names without dots, dollars and blanks
   * @param component in whose name; none: the device's own
   * @param done called after the service's answer. `refused`: the service does not take the patch, which is not sent again; `limit`: too
   *   much waits, report later; `offline`: `disconnect` was done before
   * @throws `config`, `limit`: the message names the member; mend it
   * @example
   * client.sendProperty({ firmware: "1.0.0" }, function (e) {
   *   if (e) console.log(e.message);
   * });
   */
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
  /** `connect` came while the last connection ends. */
  _again?: number;
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
