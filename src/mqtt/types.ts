import type { Emitter } from "../core/emitter";
import type { Bytes } from "../host";
import type { Options } from "./options";
import type { Done } from "./session";
import type { Failure } from "../core/errors";

/** Hears a message: the topic is text, the payload bytes, one in each char. What it throws is an `error` event. */
export type Handler = (topic: string, payload: Bytes, packet: Packet) => void;

/** What came with a message besides topic and payload. */
export interface Packet {
  /** At which it was sent to us: 0, 1 or 2. */
  qos: number;
  /** It was kept by the broker since before the subscription. */
  retain: boolean;
  /** It may have come before; at QoS 2 it is given only once all the same. */
  dup: boolean;
  /** At QoS 1 and 2. */
  messageId?: number;
}

/** Of `publish`; another name is refused with `config`. */
export interface PublishOptions {
  /** 0: at most once. 1: at least once. 2: once. */
  qos?: 0 | 1 | 2;
  /** The broker keeps it for who subscribes later; false. */
  retain?: boolean;
  /** The payload is bytes already, one per char: not text to encode; false. */
  binary?: boolean;
}

/** Of `subscribe`; another name is refused with `config`. */
export interface SubscribeOptions {
  /** The highest at which the broker is to send; 0. */
  qos?: 0 | 1 | 2;
  /** Called for each message under the filter, before the `message` event, which comes all the same. */
  handler?: Handler;
}

/** What the broker says to one filter. */
export interface Granted {
  topic: string;
  /** 0, 1 or 2; 128 when it refuses [MQTT-3.9.3-2]. */
  qos: number;
}

/** Numbers of one client since it was made; they are not kept over a reboot. */
export interface Status {
  connected: boolean;
  /** Messages, subscriptions and their ends that are not settled, those with the broker included. */
  queued: number;
  /** Of those, as packets: what `queueLimit` bounds. */
  bytes: number;
  /** So many of them are with the broker. */
  inflight: number;
  /** Messages that were written (QoS 0) or acknowledged (1, 2). */
  sent: number;
  /** Messages given to the program: one that is repeated at QoS 2 counts once. */
  received: number;
  /** Calls that were refused with `limit` or `offline`. */
  dropped: number;
  /** Attempts to connect after the first, failed ones too. */
  reconnects: number;
}

/** Filters, each with options of its own. */
export type Filters = { [filter: string]: SubscribeOptions };
/** Hears what the broker grants; with an error other than `refused` the list is empty. */
export type OnGranted = (err?: Failure, granted?: Granted[]) => void;

/**
 * What `connect` gives: a connection to one broker that is made anew until `end`. Its events, by `on(event, listener)`:
 *
 * - `connect({sessionPresent, returnCode: 0})`: CONNACK came;
 * - `message(topic, payload, packet)`: as a `Handler` hears it, after the handlers;
 * - `close()`: a link ended; `offline()`: no longer connected, or not at the first attempt, told once until the next `connect`;
 * - `reconnect()`: before each further attempt, the place to renew `options`;
 * - `error(err)`: what no callback is told; the client goes on by itself, and without a listener it is a line on the console;
 * - `end()`: what `end` does is done.
 */
export interface Client extends Emitter {
  /**
   * As given, with `keepalive` and `clientId` filled in. Read anew at each attempt, so a change counts from then on; the types of what is
   * changed are not looked at again.
   */
  options: Options;
  /** True from CONNACK to the end of the link. Nothing needs to wait for it: what is published before goes when it can. */
  connected: boolean;
  /**
   * Sends a message; offline, it waits in memory (with `store`, at QoS 1 and 2, over a reboot too) and goes with the next connection, and at
   * QoS 1 and 2 it goes again after a link that broke [MQTT-4.4.0-1]. One that is larger than `queueLimit` never goes.
   *
   * Throws `config` for a topic, payload, option or callback that is none: correct the program. To `done`, if there is one:
   * `limit` (also when 65,535 identifiers are in use): publish less, later, or raise `queueLimit`; else it is an `error` event.
   * `offline`, after `end`: call `reconnect`, which sends what still waited; thrown when there is no `done`.
   * `network`, at QoS 0 only: the link broke while it was written; publish it again if it counts.
   * An `error` event of code `storage` says that the message goes, but would not outlive a reboot: make the store larger.
   *
   *     client.publish("pump-7/state", JSON.stringify({ bar: 2.5 }), { qos: 1 }, function (err) {
   *       if (err) console.log(err.code);
   *     });
   *
   * @param topic text, 1 to 65,535 bytes as UTF-8, without wildcards and NUL [MQTT-3.3.2-2]
   * @param payload text, which goes as UTF-8, or a `Uint8Array` or `ArrayBuffer`, which go as they are; `""` for nothing
   * @param options `qos` 0, `retain` false, `binary` false
   * @param done called once: when the bytes are gone (QoS 0) or the broker has acknowledged them (1, 2), or with the reason why not
   */
  publish(topic: string, payload: string | Uint8Array | ArrayBuffer, options?: PublishOptions | Done, done?: Done): Client;
  /**
   * Asks for the messages under some filters; offline, the request waits. A broker that kept no session is asked again by itself, with
   * `resubscribe: false` for those with a `handler` only. A filter that was subscribed before gets these options instead, and its handler goes.
   *
   * Throws `config` for a filter, option or callback that is none, and for no filter at all: correct the program. To `done`, if there is one:
   * `refused`, with what was granted: the broker does not allow one of them, which is forgotten; ask its owner; else it is an `error` event.
   * `limit` and `offline` as `publish`.
   *
   *     client.subscribe("pump-7/set/+", { qos: 1, handler: function (topic, payload) { console.log(topic, payload); } });
   *     client.subscribe({ "pump-7/start": { qos: 1, handler: start }, "pump-7/stop": { qos: 2, handler: stop } });
   *
   * @param filter one, several, or several with options of their own; `+` and `#` stand alone in a level, `#` last [MQTT-4.7.1-2] [MQTT-4.7.1-3]
   * @param options `qos` 0, `handler` none; not looked at when each filter has its own
   * @param done called once, with SUBACK [MQTT-3.8.4-1], or with the reason why there is none
   */
  subscribe(filter: string | string[] | Filters, options?: SubscribeOptions | OnGranted, done?: OnGranted): Client;
  /**
   * Asks for no more messages under some filters; offline, the request waits. Their handlers go at once, `message` may still bring what
   * is on its way until `done` is called.
   *
   * Throws `config` for what is no filter; `limit` and `offline` as `publish`.
   *
   * @param filter as it was subscribed, letter by letter [MQTT-3.10.4-1]
   * @param options none; its place may be left out
   * @param done called once, with UNSUBACK [MQTT-3.10.4-4], or with the reason why there is none
   */
  unsubscribe(filter: string | string[], options?: {} | Done, done?: Done): Client;
  /**
   * Ends: waits for what is not settled, 1.5 `keepalive` at most (30 s with `keepalive: 0`) and only while connected, says DISCONNECT
   * [MQTT-3.14.4-1], so that the will is not published, and connects no more. What is not acknowledged by then gets `offline`; it stays in
   * the queue, and goes after `reconnect`.
   *
   * Throws `config` for a callback that is no function: correct the program.
   *
   * @param force true: does not wait for what is not settled; false
   * @param done called once, with nothing, at the `end` event
   */
  end(done?: Done): Client;
  end(force?: boolean | object | null, done?: Done): Client;
  end(force: boolean | null, options: object | null, done: Done): Client;
  /**
   * Connects now: after `end`, with `manualConnect`, or instead of waiting for the next attempt. A connection that there is ends politely
   * first, and the next is made with `options` as they are then. `network` is for callbacks of QoS 0 that were being written; the rest goes again.
   *
   *     client.options.password = renewed;
   *     client.reconnect();
   */
  reconnect(): Client;
  /** Tells how it stands. Of the clouds' clients only those have it whose page says so. */
  status(): Status;
}
