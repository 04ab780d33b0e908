import { dataToBytes, now } from "#host";
import { time, UNSET } from "../../core/clock";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import { percent } from "../../core/percent";
import { PUBLISH } from "../../mqtt/packet";
import type { State as Mqtt } from "../../mqtt/state";
import { bag, type Properties } from "./bag";
import type { Done, Item, State } from "./hub";
import { telemetryNames } from "./limits";

/** A message of its properties and its body, when the hub can take it. */
function made(c: State, payload: any, given: any, done?: Done): Item {
  const all: Properties = {};
  let bytes = dataToBytes(payload);
  if (given && typeof given !== "object") throw error("config", "telemetry properties: an object, not " + given);
  for (const name in given) all[name] = given[name];
  if (("" + (all.messageId || "")).length > 128) throw error("limit", "messageId: " + ("" + all.messageId).length + " characters of 128");
  if (c._central) {
    const type = c._contentType === undefined ? "application/json" : c._contentType;
    const encoding = c._contentEncoding === undefined ? "utf-8" : c._contentEncoding;
    if (bytes === undefined) telemetryNames(payload);
    if (all.contentType === undefined && type) all.contentType = type;
    if (all.contentEncoding === undefined && encoding) all.contentEncoding = encoding;
  }
  const end = bag(all);
  if (bytes === undefined) bytes = stringify(payload);
  const n = end.length + bytes.length;
  // It has to wait behind one that nobody has acknowledged, too: the link may be dead.
  const waits = !c.connected || (c as any as Mqtt)._queue.length > 0;
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

/** What waited longest and is not with the hub makes room for `n` bytes. */
function makeRoom(c: State, n: number): void {
  const m = c as any as Mqtt;
  const queue = m._queue;
  const over = n - (c.options.queueLimit || 16384);
  // Not even alone.
  if (over > 0) return;
  const list: Item[] = [];
  for (let i = m._at; i < queue.length && m._size + over > 0;) {
    const e = queue[i];
    if (e._id && e._bytes.charCodeAt(0) >> 4 === PUBLISH) {
      queue.splice(i, 1);
      m._size -= e._bytes.length;
      if (e._key) c.options.store!.drop(e._key);
      list.push({ _answers: e._done } as Item);
    } else i++;
  }
  while (c._items && c._items[0] && c._waiting! + over > 0) {
    const item = c._items.shift()!;
    c._waiting! -= item._bag.length + item._bytes.length;
    list.push(item);
  }
  m._dropped = (m._dropped || 0) + list.length;
  for (let i = 0; i < list.length; i++)
    if (list[i]._answers) c.emit(list[i]._answers!, error("limit", "queueLimit reached: dropped for a newer one"));
}

/** Without arguments it sends the oldest of what has waited, which it can once the hub is known. */
export function sendTelemetry(this: State): void {
  const c = this;
  const args: any = arguments;
  if (args.length) {
    const only = typeof args[1] === "function";
    const done: Done | undefined = args[only ? 1 : 2];
    const item = made(c, args[0], only ? undefined : args[1], done);
    const own = item._bag.length + item._bytes.length;
    if (!c._path && c.options.dropOldest) makeRoom(c, own);
    const before = c._waiting || 0;
    const n = before + own;
    if (!c._path && n > (c.options.queueLimit || 16384)) {
      return c.emit(done || ("error" as any), error("limit", "queueLimit reached: " + before + " bytes wait"));
    }
    c._waiting = n;
    (c._items = c._items || []).push(item);
  }
  if (c._path && c._items) {
    const item = c._items.shift()!;
    delete c._waiting;
    if (!c._items.length) delete c._items;
    const topic = c._path + "/messages/events/" + stamped(item);
    if (c.options.dropOldest) makeRoom(c, topic.length + item._bytes.length + 2);
    c.publish(topic, item._bytes, { qos: 1, binary: true }, item._answers);
  }
}
