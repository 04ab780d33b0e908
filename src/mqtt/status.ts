import { methods } from "./client";
import type { State } from "./state";

// Here and in unsubscribe.ts, for those who call it: a method is some five variables on Espruino.
methods.status = function (this: State) {
  return {
    connected: this.connected,
    queued: this._queue.length,
    bytes: this._size,
    inflight: this._at,
    sent: this._count || 0,
    received: this._received || 0,
    dropped: this._dropped || 0,
    reconnects: this._dials && this._dials - 1,
  };
};
