import type { Bytes } from "../host";
import { u32 } from "../core/bytes";
import { error } from "../core/errors";
import type { Source } from "./options";

/** What it needs of an MQTT client. */
export interface Client {
  publish(topic: string, payload: string, options: { qos: number }): unknown;
  subscribe(topic: string, options: { qos: number; handler: (topic: string, payload: Bytes) => void }): unknown;
  unsubscribe(topic: string): unknown;
}

/** A package by chunks over MQTT: `FROM,LENGTH` to the topic `ask`, FROM in four bytes and the chunk from the topic `answer`. */
export function source(client: Client, ask: string, answer: string, chunk?: number): Source {
  let at = 0;
  let end = 0;
  let take: ((err?: Error, bytes?: Bytes) => boolean) | undefined;

  function request() {
    client.publish(ask, at + "," + Math.min(chunk || 512, end - at), { qos: 0 });
  }

  return {
    read: function (offset, length, taker) {
      at = offset;
      end = at + length;
      if (!take)
        client.subscribe(answer, {
          qos: 0,
          handler: function (topic, payload) {
            if (!take || payload.substr(0, 4) !== u32(at)) return;
            at += payload.length - 4;
            if (payload.length < 5) take(error("refused", "the package ends at " + at));
            else if (take(undefined, payload.substr(4))) request();
          },
        });
      take = taker;
      request();
    },
    stop: function () {
      if (take) client.unsubscribe(answer);
      take = undefined;
    },
  };
}

export type { Source } from "./options";
