/** A program on trial: it is confirmed, or the one before it is told that it was not. */
import { storeMark, storeView } from "#host";
import type { Options, Ota } from "./options";
import { CONFIRMED, TOLD } from "./record";
import { slots, type Slots } from "./slots";

/** What forbids to begin an update: one that waits for its restart, or for its confirmation. */
export function hindrance(now: Slots): string {
  return now._ready
    ? "restart first: " + now._last.ver + " is ready"
    : now._run._kept
      ? ""
      : "confirm first: " + now._run.ver + " is on trial";
}

/** The running program stays. False when that could not be written. */
export function confirm(o: Options, self: Ota): boolean {
  const run = slots(o)._run;
  if (!run._kept) {
    try {
      storeMark(run._file, "\0", CONFIRMED);
    } catch (e) {
      // Worn flash may as well do nothing, and say nothing.
    }
    if (storeView(run._file, CONFIRMED, 1) === "\xff") return false;
    self.emit("applied", { version: run.ver, seq: run.seq });
  }
  return true;
}

/** Tells once of a later program that was given up. */
export function tell(o: Options, self: Ota): void {
  const now = slots(o);
  const last = now._last;
  if (last !== now._run && !now._ready && storeView(last._file, TOLD, 1) === "\xff") {
    try {
      storeMark(last._file, "\0", TOLD);
    } catch (e) {
      // Then it is told after the next restart, too.
    }
    self.emit("reverted", { version: last.ver, seq: last.seq });
  }
}
