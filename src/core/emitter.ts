import { log } from "#host";

export type Listener = (a?: any, b?: any, c?: any) => void;

/** What an object needs to carry `on`, `removeListener` and `emit`. Assign the three to a prototype; Espruino's own are asynchronous. */
export interface Emitter {
  _on: { [event: string]: Listener[] };
  emit(event: string, a?: unknown, b?: unknown, c?: unknown): void;
}

/** Adds a listener; listeners run in the order they were added, synchronously from the event. */
export function on<T extends Emitter>(this: T, event: string, listener: Listener): T {
  (this._on[event] = this._on[event] || []).push(listener);
  return this;
}

/** Takes a listener away; an event already under way still reaches it. */
export function removeListener<T extends Emitter>(this: T, event: string, listener: Listener): T {
  this._on[event] = (this._on[event] || []).filter(function (l) {
    return l !== listener;
  });
  return this;
}

/** Calls what the application gave: what it throws becomes an `error` event, or a log line when `quiet`, and never reaches the socket. */
export function run(target: Emitter, quiet: boolean, fn: Listener, a?: unknown, b?: unknown, c?: unknown): void {
  try {
    fn.call(target, a, b, c);
  } catch (e) {
    if (quiet) log("" + e);
    else target.emit("error", e);
  }
}

/** Calls the listeners of an event; an error nobody listens to becomes a log line. */
export function emit(this: Emitter, event: string, a?: unknown, b?: unknown, c?: unknown): void {
  const list = this._on[event] || [];
  const quiet = event === "error";
  for (let i = 0; i < list.length; i++) run(this, quiet, list[i], a, b, c);
  if (quiet && !list.length) log("" + a);
}
