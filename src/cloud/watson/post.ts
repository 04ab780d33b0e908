import { now } from "#host";
import { UNSET } from "../../core/clock";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import { check } from "../../mqtt/options";
import { field } from "../../mqtt/packet";
import { route } from "./adapter";
import type { Done, PublishOptions } from "./client";
import { teller } from "./teller";

/** Publishes data as a kind; true when it is on its way. `args`: the levels of its topic, data, options, a callback. */
export function post(client: any, kind: string, args: any): boolean {
  // Device management gives the topic itself.
  const levels = /^device/.test(kind) ? 3 : 1;
  const list = [].slice.call(args) as any[];
  const given = list[levels + 1];
  const by: any = {};
  by[typeof given] = given;
  // What is none of these is no QoS either, and `check` says so.
  const o: PublishOptions = by.object || { qos: by.function || given === null ? undefined : given };
  const format = o.format || "json";
  check(o, " n:qos s:format b:envelope ");
  const done: Done = by.function || list[levels + 2];
  const topic = kind ? route(kind, list.slice(0, levels).concat(format)) : list[0];
  // Unless the clock was never set.
  const time = now() > UNSET ? new Date() : undefined;
  const codec = kind && client.codecs[format];
  let data = list[levels];
  const name = "payload of format " + format;
  if (codec && codec.encode) data = field(name, codec.encode(data, time));
  else if (!/^[^f]\w* json/.test(typeof data + " " + format)) {
    // A string of any other format is bytes; a function is nothing to send, as JSON neither.
    if (typeof data !== "string" || /^text$|^xml$|^csv$|^utf8$/.test(format)) data = field(name, data);
  } else {
    if (data === undefined) data = null;
    // A time that is not known is not told.
    data = stringify((o.envelope === undefined ? !client._plain : o.envelope) ? { d: data, ts: time } : data);
  }
  // At quickstart there is neither a command nor QoS 1 and 2.
  const e =
    data.length > 131072
      ? error("limit", "a message has up to 131072 bytes")
      : client._quick && /C|[12]/.test(kind + o.qos)
        ? error("refused", "quickstart: no commands, QoS 0 only")
        : undefined;
  const over = teller(client, done);
  if (e) over(e);
  else client.publish(topic, data, { qos: o.qos, binary: true }, over);
  return !over.failed;
}
