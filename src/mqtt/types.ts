import type { Emitter } from "../core/emitter";
import type { Bytes } from "../host";
import type { Options } from "./options";
import type { Done } from "./session";

export type Handler = (topic: string, payload: Bytes, packet: Packet) => void;

/** What came with a message besides topic and payload. */
export interface Packet {
  qos: number;
  retain: boolean;
  dup: boolean;
  messageId?: number;
}

export interface PublishOptions {
  qos?: 0 | 1 | 2;
  retain?: boolean;
  /** The payload is bytes already, one per char: not text to encode. */
  binary?: boolean;
}

export interface SubscribeOptions {
  qos?: 0 | 1 | 2;
  /** Called for each message under the filter, before the `message` event. */
  handler?: Handler;
}

export interface Granted {
  topic: string;
  qos: number;
}

export interface Status {
  connected: boolean;
  queued: number;
  bytes: number;
  inflight: number;
  sent: number;
  received: number;
  dropped: number;
  reconnects: number;
}

export type Filters = { [filter: string]: SubscribeOptions };
export type OnGranted = (err?: Error, granted?: Granted[]) => void;

export interface Client extends Emitter {
  options: Options;
  connected: boolean;
  publish(topic: string, payload: unknown, options?: PublishOptions | Done, done?: Done): Client;
  subscribe(
    filter: string | string[] | { [filter: string]: SubscribeOptions },
    options?: SubscribeOptions | OnGranted,
    done?: OnGranted,
  ): Client;
  unsubscribe(filter: string | string[], options?: {} | OnGranted, done?: OnGranted): Client;
  end(force?: boolean | Done, done?: Done): Client;
  reconnect(): Client;
  status(): Status;
}
