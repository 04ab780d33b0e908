import { connect as open, methods, type Client } from "./client";
import type { Options } from "./options";
import { note } from "./repeat";
import "./status";
import "./unsubscribe";
import { located } from "./url";

// A cloud that has no use for URLs, the short ways, `status` or `unsubscribe` leaves them out: it takes `connect` from where this does.
methods._note = note;

/**
 * Connects to a broker (MQTT 3.1.1) and keeps connected until `end`; nothing is emitted before this returns. `url` is
 * `mqtt://user:password@host:port` or `mqtts://…`, or the options themselves; `more` has options, which count over those of the URL; all
 * may be absent (docs/mqtt.md has units and defaults). Throws `config` for what is unknown or of a wrong type: correct the program. All
 * else is an `error` event, after which it tries again by itself, or goes to the callback of the call that failed.
 *
 *     var client = require("mqtt").connect("mqtt://192.168.1.10", { clientId: "pump-7" });
 *     client.subscribe("pump-7/set", { qos: 1, handler: function (topic, payload) { console.log(payload); } });
 *     client.publish("pump-7/state", "up", { qos: 1, retain: true });
 */
export const connect: (url: string | Options, more?: Options) => Client = function () {
  const url = arguments[0];
  const place = typeof url === "string" ? located(url) : undefined;
  return open(place ? arguments[1] : url, place);
};

export type { Options } from "./options";
export type { Store } from "./session";
export type { Client, Granted, Handler, Packet, PublishOptions, Status, SubscribeOptions } from "./types";
