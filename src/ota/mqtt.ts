import type { Bytes } from "../host";
import { u32 } from "../core/bytes";
import { error } from "../core/errors";
import type { Source } from "./options";

/** What it needs of an MQTT client. */
export interface Client {
  publish(topic: string, payload: string, options: { qos: 0 | 1 }): unknown;
  subscribe(topic: string, options: { qos: 0 | 1; handler: (topic: string, payload: Bytes) => void }): unknown;
  unsubscribe(topic: string): unknown;
}

/**
 * A package by chunks over MQTT (docs/ota-format.md): `FROM,LENGTH` to the topic `ask`, FROM in four bytes and the chunk from the topic
 * `answer`, to which it subscribes while it reads. Throws `config` without client or topics: correct the program. To the update it tells
 * `refused` for a chunk without bytes, the package's end before its time, which ends it. A question or answer that is lost is the update's
 * `timeout`, after which it asks again by itself; a client that has ended, `offline`, ends it: call its `reconnect` first.
 *
 *     var from = require("otamqtt").source(client, "ota/ask", "ota/pump-7", 1024);
 *     ota.update(from);
 *
 * @param client of `mqtt`, connected or not; it is not ended
 * @param ask the topic where the server listens
 * @param answer one of this device alone: another's chunk from the same place would be taken for its own
 * @param chunk bytes of a chunk at most; 512. With its topic it has to pass `maxPacketSize` of the client
 */
export function source(client: Client, ask: string, answer: string, chunk?: number): Source {
  if (!client || !(client.subscribe as unknown) || !ask || !answer || typeof ask + typeof answer !== "stringstring")
    throw error("config", "source: an MQTT client, the topic to ask and that of the answer are wanted");
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
