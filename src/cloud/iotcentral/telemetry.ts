import { now, textToBytes } from "#host";
import { time } from "../../core/clock";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import { percent } from "../../core/percent";
import { bag, type Properties } from "./bag";
import type { Done, Item, State } from "./hub";
import { telemetryNames } from "./limits";

/** No program of ours ran before 2024. */
const BUILT = 1704067200000;

/** Without arguments it sends what has waited, which it can once the hub is known. */
export function sendTelemetry(this: State): void {
  const c = this;
  const args: any = arguments;
  if (args.length) {
    const payload = args[0];
    const given = typeof args[1] === "function" ? undefined : args[1];
    const done: Done = given === args[1] ? args[2] : args[1];
    const all: Properties = {};
    for (const name in given) all[name] = given[name];
    if (c._central) {
      const type = c._contentType === undefined ? "application/json" : c._contentType;
      const encoding = c._contentEncoding === undefined ? "utf-8" : c._contentEncoding;
      telemetryNames(payload);
      if (all.contentType === undefined && type) all.contentType = type;
      if (all.contentEncoding === undefined && encoding) all.contentEncoding = encoding;
    }
    const encoded = bag(all);
    const item: Item = {
      _bag: encoded,
      _bytes: typeof payload === "string" ? textToBytes(payload) : stringify(payload),
      _answer: done,
      _made: c.connected || all["iothub-creation-time-utc"] ? 0 : now(),
    };
    const n = item._bag.length + item._bytes.length;
    // Body and properties together.
    if (n > 262144) throw error("limit", "telemetry: " + n + " bytes of 262144");
    const before = c._waiting || 0;
    if (!c._path && before + n > (c.options.queueLimit || 16384)) {
      const e = error("limit", "queueLimit reached: " + before + " bytes wait");
      if (!done) throw e;
      return c.emit(done, e);
    }
    c._waiting = before + n;
    (c._items = c._items || []).push(item);
  }
  while (c._path && c._items) {
    const item = c._items.shift()!;
    delete c._waiting;
    if (!c._items.length) delete c._items;
    // By today's difference between the clocks: when it was made the time may not have been known.
    const t = item._made && time() && item._made + time() - now();
    const stamp = t && t > BUILT ? (item._bag && "&") + "iothub-creation-time-utc=" + percent(new Date(t).toISOString()) : "";
    c.publish(c._path + "/messages/events/" + item._bag + stamp, item._bytes, { qos: 1, binary: true }, item._answer);
  }
}
