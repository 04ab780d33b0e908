import type { Ask } from "./commands";
import type { State } from "./hub";
import { plain } from "./patch";

/** A writable property that the cloud set. */
export interface Property {
  component?: string;
  version: number;
  /** Says what became of it: the value in use, 200 accepted, 202 in progress, 400 refused, 500 failed, and a text. */
  ack(value: unknown, status?: number, text?: string): void;
}

/** Tells the application of desired properties, and the cloud of what it says to each. Those of components are one level deeper. */
export function properties(c: State, ask: Ask, desired: any, version: number, reported: any): void {
  function property(component: string | undefined, name: string, given: any, old: any): void {
    // An object with nothing but a `value`, as templates older than Plug and Play send it.
    const value = plain(given) && Object.keys(given).join() === "value" ? given.value : given;
    function ack(used: unknown, status?: number, text?: string): void {
      const patch: any = {};
      const code = status || 200;
      patch[name] = c.options.legacyAck
        ? { value: used, status: code > 299 ? "error" : "completed", desiredVersion: version, message: text }
        : { value: used, ac: code, av: version, ad: text };
      c.sendProperty(patch, component);
    }
    try {
      const result = ask("properties", name, value, { component: component, version: version, ack: ack });
      // What was accepted before need not be again.
      if (result !== undefined && !(old && old[name] && old[name].av === version && old[name].ac === 200)) ack(result);
    } catch (e) {
      c.emit("error", e);
      // What cannot be said of this one keeps the others from nothing.
      c.emit(ack as never, value, 500);
    }
  }

  for (const name in desired) {
    const value = desired[name];
    if (name.charAt(0) !== "$") {
      if (value && value.__t === "c") {
        for (const inner in value) if (inner !== "__t") property(name, inner, value[inner], reported && reported[name]);
      } else property(undefined, name, value, reported);
    }
  }
}
