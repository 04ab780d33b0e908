import { listeners, log } from "#host";

/** Hears an event. What it throws becomes an `error` event, or from a listener of that one a line on the console. */
export type Listener = (a?: any, b?: any, c?: any) => void;

/** What carries `on`, `removeListener` and `emit`; its prototype was given to `emitter`. */
export interface Emitter {
  /**
   * Adds a listener; the same one twice is called twice, and a name that is no event is not told. On Espruino this is the interpreter's own,
   * which returns nothing: calls cannot be chained there.
   */
  on(event: string, listener: Listener): this;
  /** Takes a listener out, by the function that was given to `on`. On Espruino it returns nothing. */
  removeListener(event: string, listener: Listener): this;
  /** Calls the listeners of an event, or functions, as it calls all that the application gave. */
  emit(event: string | Listener | Listener[], a?: unknown, b?: unknown, c?: unknown): void;
}

/** The listeners of `x` are kept under this and `x`, in an array made anew by each change. A function, because the build puts its value in its place. */
export function kept(): string {
  return listeners || "$on";
}

/** The same as a constant, for those who do not need its value in place. */
export const KEPT = kept();

/**
 * Listeners run in the order they were added, synchronously from the event. One that throws becomes an `error` event,
 * and an error nobody listens to becomes a log line: neither reaches the socket.
 */
export function emit(this: any): void {
  // Named parameters would cost a variable each.
  const args = [].slice.call(arguments) as any[];
  const event: string | Listener | Listener[] = args.shift();
  const own = typeof event === "string" ? this[kept() + event] : event;
  const list: any[] = own ? [].concat(own) : [];
  const unheard = event === "error" && !list.length ? args : [];
  for (let i = 0; i < list.length; i++) {
    try {
      list[i].apply(this, args);
    } catch (e) {
      if (event === "error") unheard.push("" + e);
      else this.emit("error", e);
    }
  }
  try {
    if (unheard.length) log(unheard.join("\n"));
  } catch (e) {
    // A console that throws has nobody to tell.
  }
}

/** Gives a prototype its events. Espruino's own `emit` is asynchronous; its `on` and `removeListener` serve. */
export function emitter(prototype: any): void {
  prototype.emit = emit;
  if (!listeners) {
    prototype.on = function (event: string, listener: Listener) {
      this[kept() + event] = (this[kept() + event] || []).concat(listener);
      return this;
    };
    prototype.removeListener = function (event: string, listener: Listener) {
      this[kept() + event] = (this[kept() + event] || []).filter(function (l: Listener) {
        return l !== listener;
      });
      return this;
    };
  }
}
