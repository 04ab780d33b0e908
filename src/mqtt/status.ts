import { methods } from "./client";
import type { State } from "./state";

// Here and in unsubscribe.ts, for those who call it: a method is some five variables on Espruino.
methods.status = function (this: State) {
  const c = this;
  return {
    connected: c.connected,
    queued: c._queue.length,
    bytes: c._size,
    inflight: c._at,
    sent: c._count || 0,
    received: c._received || 0,
    dropped: c._dropped || 0,
    reconnects: c._dials && c._dials - 1,
  };
};
