import { datagram, end, now, random, write } from "#host";
import { backoff } from "../../core/backoff";
import { error, type CloudError } from "../../core/errors";
import type { Bytes, Heard } from "../../host";
import { finish } from "./lane";
import { encode } from "./protocol";
import { tell } from "./tell";
import { resume, wait } from "./timer";
import { turn } from "./turn";
import { BUSY, OFF, type Device, type Item, type Lane } from "./types";

/** A line or, to enter and leave, its kind. */
export function post(d: Device, bytes: Bytes): void {
  if (bytes.charAt(0) !== "{") bytes = encode({ M: bytes, ID: d.id, K: d._key || d.options.apiKey });
  const link = d._link;
  d._is |= BUSY;
  d._still = 0;
  if (d.options.udp)
    datagram(d.options.host!, d.options.port || 9090, bytes.trim(), 2000, function () {
      (turn as Heard).call(link, link);
    });
  else write(link, bytes);
}

/** Of a lane nothing is underway any more. */
function idle(d: Device, lane: Lane, lost: Item[]): void {
  if (lane._item) lost.push(lane._item);
  delete lane._item;
  // On another line nothing is late.
  if (lane._late) resume(lane);
  // Who stays away has no timer: on Node it would keep the process.
  if (d._is & OFF && lane._timer) {
    wait(lane, -1);
    lane._at = now();
  }
}

/** What was underway: what is worth it waits again, the rest is lost. */
function underway(d: Device): Item[] {
  const gone = d._gone || [];
  const kept = d._kept || [];
  const lost: Item[] = [];
  while (gone.length) {
    const item = gone.pop()!;
    // An update has no line: it goes again.
    if (!item._line) item._lane._list.unshift(item);
    else if (kept.indexOf(item) < 0) lost.push(item);
  }
  for (let i = kept.length; i--;) kept[i]._lane._list.unshift(kept[i]);
  delete d._gone;
  delete d._kept;
  for (const kind in d._lane) {
    const lane = d._lane[kind];
    idle(d, lane, lost);
    while (kind !== "update" && kind !== "alert" && lane._list.length) lost.push(lane._list.shift()!);
  }
  return lost;
}

/** How long until the next attempt. A minute or two, where two units with one number would throw each other out for ever. */
function pause(d: Device, slow: boolean): number {
  if (d._is & OFF) return -1;
  if (slow) return 60000 + 60000 * random();
  const before = d._try || 0;
  d._try = before + 1;
  return backoff(before, d.options.reconnectPeriod || 5000, d.options.maxReconnectPeriod || 60000, random());
}

/** Lets the link go and waits for the next attempt; what is worth it is kept, the rest is told. */
export function close(d: Device, e?: Error, how?: unknown): void {
  const was = d.online;
  const link = d._link;
  const join = d._join;
  const lost = underway(d);
  delete d._link;
  delete d._join;
  d.online = false;
  if (link && !d.options.udp) end(link);
  const ms = pause(d, !!e && (e as CloudError).code === "conflict");
  wait(d, ms);
  if (e) tell(d, "error", [e]);
  e = e || error("offline", "connection closed");
  if (was) tell(d, "offline", [how || e]);
  tell(d, join, [e]);
  for (let i = 0; i < lost.length; i++) finish(d, lost[i], e);
}
