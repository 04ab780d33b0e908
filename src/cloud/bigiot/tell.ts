import { log } from "#host";
import { kept } from "../../core/emitter";
import type { Device } from "./types";

/**
 * Calls the listeners of an event, or functions, with the same promises as core/emitter. That one is a method of what has events, and
 * would stay loaded.
 */
export function tell(d: any, to: string | undefined | ((...all: any[]) => void) | ((...all: any[]) => void)[], args: unknown[]): void {
  const own = typeof to === "string" ? d[kept() + to] : to;
  const list = own ? [].concat(own) : ([] as any[]);
  const unheard = to === "error" && !list.length ? args : [];
  for (let i = 0; i < list.length; i++) {
    try {
      (list[i] as any).apply(d, args);
    } catch (e) {
      if (to === "error") unheard.push("" + e);
      else tell(d as Device, "error", [e]);
    }
  }
  try {
    if (unheard.length) log(unheard.join("\n"));
  } catch {
    // A console that throws has nobody to tell.
  }
}
