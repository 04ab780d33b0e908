import { listeners, log } from "#host";

export type Listener = (a?: any, b?: any, c?: any) => void;

/** What carries `on`, `removeListener` and `emit`; its prototype was given to `emitter`. */
export interface Emitter {
  on(event: string, listener: Listener): this;
  removeListener(event: string, listener: Listener): this;
  /** Calls the listeners of an event, or one function, as it calls all that the application gave. */
  emit(event: string | Listener, a?: unknown, b?: unknown, c?: unknown): void;
}

/** What comes before the name of an event in the name of the member that has its listeners: one function, or an array. */
export const KEPT = listeners || "_on";

/**
 * Listeners run in the order they were added, synchronously from the event. One that throws becomes an `error` event,
 * and an error nobody listens to becomes a log line: neither reaches the socket.
 */
export function emit(this: any, event: string | Listener, a?: unknown, b?: unknown, c?: unknown): void {
  const own = typeof event === "function" ? event : this[KEPT + event];
  const list = own ? [].concat(own) : event === "error" ? [log as never] : [];
  for (let i = 0; i < list.length; i++) {
    try {
      (list[i] as Listener).call(this, a, b, c);
    } catch (e) {
      if (event === "error") log("" + e);
      else this.emit("error", e);
    }
  }
}

/** Gives a prototype its events. Espruino's own `emit` is asynchronous; its `on` and `removeListener` serve. */
export function emitter(prototype: any): void {
  prototype.emit = emit;
  if (!listeners) {
    prototype.on = function (event: string, listener: Listener) {
      this[KEPT + event] = (this[KEPT + event] || []).concat(listener);
      return this;
    };
    prototype.removeListener = function (event: string, listener: Listener) {
      this[KEPT + event] = (this[KEPT + event] || []).filter(function (l: Listener) {
        return l !== listener;
      });
      return this;
    };
  }
}
