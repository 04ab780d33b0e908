import { dataToBytes, now } from "#host";
import { time, UNSET } from "../../core/clock";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import { percent } from "../../core/percent";
import { callable } from "../../mqtt/options";
import type { State as Mqtt } from "../../mqtt/state";
import { bag, type Properties } from "./bag";
import type { Done, Item, State } from "./hub";
import { telemetryNames } from "./limits";
import { makeRoom } from "./room";

/** The properties as the application gave them, and what IoT Central has to know of the content. */
function described(c: State, given: any): Properties {
  const all: Properties = {};
  if (given && typeof given !== "object") throw error("config", "telemetry properties: an object, not " + given);
  if (c._central) {
    all.contentType = c._contentType === undefined ? "application/json" : c._contentType || null;
    all.contentEncoding = c._contentEncoding === undefined ? "utf-8" : c._contentEncoding || null;
  }
  for (const name in given) if (given[name] !== undefined) all[name] = given[name];
  return all;
}

/** A message of its properties and its body, when the hub can take it. */
function made(c: State, payload: any, given: any, done?: Done): Item {
  const all = described(c, given);
  const end = bag(all);
  const id = ("" + (all.messageId || "")).length;
  let bytes = dataToBytes(payload);
  if (bytes === undefined) {
    if (c._central) telemetryNames(payload);
    bytes = stringify(payload);
  }
  const n = end.length + bytes.length;
  // It has to wait behind one that nobody has acknowledged, too: the link may be dead.
  const waits = !c.connected || (c as any as Mqtt)._queue.length > 0;
  callable(done);
  if (id > 128) throw error("limit", "messageId: " + id + " characters of 128");
  // Body and properties together.
  if (n > 262144) throw error("limit", "telemetry: " + n + " bytes of 262144");
  return { _bag: end, _bytes: bytes, _answers: done, _made: waits && !all["iothub-creation-time-utc"] ? now() : 0 };
}

/** The properties, with the time when it was made if it had to wait. */
function stamped(item: Item): string {
  // By today's difference between the clocks: when it was made the time may not have been known.
  const t = item._made && time() && item._made + time() - now();
  return item._bag + (t && t > UNSET ? (item._bag && "&") + "iothub-creation-time-utc=" + percent(new Date(t).toISOString()) : "");
}

/** Puts a message behind those that wait; false when there is no room, which is told. */
function put(c: State, item: Item): boolean {
  const o = c.options;
  // As long as it is in the queue of the MQTT client, with its topic and its time: what is taken here finds room there.
  const own = item._bag.length + item._bytes.length + ("" + (o.registrationId || o.deviceId) + o.moduleId).length + 93;
  if (!c._path && o.dropOldest) makeRoom(c, own);
  const before = (c._waiting || 0) + (c as any as Mqtt)._size;
  if (!c._path && before + own > (o.queueLimit || 16384)) {
    c.emit(item._answers || ("error" as any), error("limit", "queueLimit reached: " + before + " bytes wait"));
    return false;
  }
  item._size = own;
  c._waiting = (c._waiting || 0) + own;
  (c._items = c._items || []).push(item);
  return true;
}

/** Without arguments it sends the oldest of what has waited, which it can once the hub is known. */
export function sendTelemetry(this: State): void {
  const c = this;
  const args: any = arguments;
  const only = typeof args[1] === "function";
  if (args.length && !put(c, made(c, args[0], only ? undefined : args[1], args[only ? 1 : 2]))) return;
  if (c._path && c._items) {
    const item = c._items.shift()!;
    delete c._waiting;
    if (!c._items.length) delete c._items;
    const topic = c._path + "/messages/events/" + stamped(item);
    if (c.options.dropOldest) makeRoom(c, topic.length + item._bytes.length + 2);
    c.publish(topic, item._bytes, { qos: 1, binary: true }, item._answers);
  }
}
