import { after, dataToBytes, now } from "#host";
import { find } from "../../core/bytes";
import { error } from "../../core/errors";
import { stringify } from "../../core/json";
import type { Bytes } from "../../host";
import { callable } from "../../mqtt/options";
import { subject } from "../../mqtt/packet";
import type { Entry } from "../../mqtt/session";
import { crowded, quality, subscribe, wanted, whose } from "./filters";
import { failed, settle, tell, type Done, type Hub, type Item } from "./hub";
import type { Device } from "./device";
import { keep, message } from "./outbox";

/** Gives a message to the client; and waits, when it has an answer. */
function transmit(h: Hub, item: Item): void {
  if (item._key) {
    item._timer = after(settle as any, h.authInfo.replyTimeout || 30000, item);
    h._wait.push(item);
  }
  const over = function (err?: Error): void {
    if (!item._key) tell(h, item._done, err);
    else if (err && h._wait.indexOf(item) >= 0) settle(item, err);
  };
  try {
    h._mq.publish(item._topic!, message(h, item), { qos: item._qos, binary: true }, function (err) {
      try {
        if (item._kept && !err) h.authInfo.outbox.drop(item._kept);
      } catch (e) {
        h.emit("error", failed(e));
      }
      over(err);
      pump(h);
    });
  } catch (e) {
    over(failed(e));
  }
  item._bytes = "";
}

/**
 * Up to when the platform's pace is used up once this went: it drops silently what is over 30 messages a second at QoS 0 or 10 at QoS 1.
 * One at QoS 1 takes 200 ms of the time that is saved up, 1 s at most, and others a third: the first second is full measure.
 */
function paced(h: Hub, item: Item, t: number): number {
  // A clock that was set back does not stop us.
  if (h._at! > t) h._at = h._pause = t;
  return Math.max(h._at || 0, t - 1000) + (item._qos ? 200 : 66);
}

/**
 * What was under way when the line broke goes again on this one. Of a device behind this one it waits for the login, before which the
 * platform ignores it; of one that is not to be logged in, or may not, it never goes.
 */
export function repeat(h: Hub, packets: Entry[]): void {
  const mq = h._mq;
  let n = 0;
  for (let i = 0; i < packets.length; i++) {
    const packet = packets[i];
    const d: any = whose(h, subject(packet._bytes));
    if (d === h || d.status) {
      mq._queue.push(packet);
      n++;
    } else if (d._in === 1) (h._held = h._held || []).push(packet);
    else {
      mq._size -= packet._bytes.length;
      h.emit(packet._done as any, error("offline", "login first"));
    }
  }
  // It goes at once, and is in the platform's account, too.
  if (n) h._at = Math.max(h._at || 0, now() - 1000) + n * 200;
}

/** What waited for a device, which is up now: what was wanted since it asked for all, and its messages. */
export function resume(d: Device): void {
  const h = d._root;
  const late = wanted(d);
  const held = h._held;
  delete h._held;
  if (held) repeat(h, held);
  if (d.status && late.length)
    subscribe(h, late, function () {
      pump(h);
    });
  pump(h);
}

/** What a message waits for: 2 the login of its device, 0 a subscription, 1 its turn; or why it never goes. */
function awaited(item: Item): number | Error {
  const d: any = item._by;
  const need = item._need;
  const asked = need === undefined ? 1 : d._root._subs[need];
  return d._in === 1
    ? 2
    : !d.status
      ? error("offline", "login first")
      : asked === undefined
        ? error("refused", "the broker refuses to subscribe " + need)
        : asked;
}

/** Sends what waits, at the platform's pace. */
export function pump(h: Hub): void {
  let first = 0;
  for (let item: Item; h.status && (item = h._queue[first]);) {
    const state = awaited(item);
    const t = now();
    const at = paced(h, item, t);
    // What was not acknowledged goes again at once on the next line: not more than the platform takes in a second with what follows it.
    if (!state || (item._qos && h._mq._queue.length > 4)) break;
    // Others pass it.
    if (state === 2) first++;
    else if (state === 1 && at > t) {
      if (!(h._pause! > t)) {
        // Timers may be early.
        h._pause = t + 90;
        after(pump as any, 100, h);
      }
      break;
    } else {
      h._queue.splice(first, 1);
      if (state === 1) {
        h._at = at;
        transmit(h, item);
      } else tell(h, item._done, state as Error);
    }
  }
  if (h._end && h.status && !h._queue.length) {
    // Who calls `connect` now gets another line, not this one.
    h.status = false;
    h._mq.end();
  }
}

/** Which limit a message would break. */
function excess(h: Hub, bytes: Bytes, key: string, fresh: boolean): string {
  const limit = h.authInfo.queueLimit || 20;
  const all = h._queue.concat(h._wait);
  let room = limit + 31 + h._queue.length;
  let twice;
  for (let i = 0; i < all.length; i++) {
    // What the platform waits for has none.
    if (all[i]._topic) room--;
    if (key && all[i]._key === key) twice = 1;
  }
  return bytes.length > 262144
    ? "a message has up to 262144 bytes"
    : h._queue.length >= limit || room < 1
      ? "queueLimit: " + limit + " messages wait"
      : twice
        ? "one " + key + " at a time"
        : fresh
          ? crowded(h)
          : "";
}

function payload(body: unknown): Bytes {
  const raw = dataToBytes(body);
  if (raw !== undefined) return raw;
  const json = stringify(body);
  if (json === "null" && body !== null) throw error("config", "payload " + body + ": not JSON");
  return json;
}

/** Takes a message to send; false, and the reason to whom it concerns, when it cannot be. With a `key` an answer is awaited, on the topic `need`. */
export function send(d: Device, topic: string, body: unknown, done?: Done, key?: string, need?: string): boolean {
  const h = d._root;
  // A call less for each message.
  if (done && typeof done !== "function") callable(done);
  // The platform wants RRPC and the time at QoS 0.
  const free = find(topic, "/rrpc/") > 0 || topic.substr(0, 9) === "/ext/ntp/";
  const bytes = payload(body);
  const fresh = need !== undefined && h._subs[need] === undefined;
  const wrong = excess(h, bytes, key || "", fresh);
  if (wrong || !h._on) {
    h.dropped++;
    tell(h, done, h._on ? error("limit", wrong) : error("offline", "connect first"));
    return false;
  }
  if (fresh) {
    h._subs[need!] = 0;
    if (d.status)
      subscribe(h, [need!], function () {
        pump(h);
      });
  }
  const item: Item = { _by: d, _topic: topic, _qos: free ? 0 : quality(h), _bytes: bytes, _done: done, _key: key, _need: need };
  try {
    keep(h, item);
  } catch (e) {
    h.dropped++;
    tell(h, done, failed(e));
    return false;
  }
  h._queue.push(item);
  pump(h);
  return true;
}
