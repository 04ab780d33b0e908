import { error } from "../../core/errors";
import { PUBLISH } from "../../mqtt/packet";
import type { Entry } from "../../mqtt/session";
import type { State as Mqtt } from "../../mqtt/state";
import type { Done, State } from "./hub";

/** For `dropOldest`: what waited longest and is not with the hub makes room for `n` bytes. */
export function makeRoom(c: State, n: number): void {
  const m = c as any as Mqtt;
  const over = n - (c.options.queueLimit || 16384);
  const dropped: (Done | undefined)[] = [];
  const store = c.options.store;

  /** Whether it may go: no question, and nothing that is under way. */
  function goes(e: Entry, i: number): boolean {
    return i >= m._at && m._size + (c._waiting || 0) + over > 0 && e._want !== "" && e._bytes.charCodeAt(0) >> 4 === PUBLISH;
  }

  // Not even alone would it fit.
  if (over > 0) return;
  for (let i = 0; i < m._queue.length;) {
    const e = m._queue[i];
    if (goes(e, i)) {
      m._queue.splice(i, 1);
      m._size -= e._bytes.length;
      if (e._key) store!.drop(e._key);
      dropped.push(e._done);
    } else i++;
  }
  while (c._items && c._items[0] && m._size + c._waiting! + over > 0) {
    const item = c._items.shift()!;
    c._waiting! -= item._size!;
    dropped.push(item._answers);
  }
  m._dropped = (m._dropped || 0) + dropped.length;
  for (let i = 0; i < dropped.length; i++)
    if (dropped[i]) c.emit(dropped[i]!, error("limit", "queueLimit reached: dropped for a newer one"));
}
