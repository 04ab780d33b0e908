import type { Timer } from "../../src/host";

declare function setTimeout(fn: () => void, ms: number): number;
declare function clearTimeout(id: number): void;

interface Started {
  _id?: number;
}

/** The host gives a callback no argument, and of a negative or missing delay it makes hours. */
export function after(fn: (arg?: any) => void, ms: number, arg?: unknown): Timer {
  const timer: Started = {};
  timer._id = setTimeout(
    function () {
      timer._id = undefined;
      fn(arg);
    },
    ms > 0 ? ms : 0,
  );
  return timer;
}

/** The host frees a timer twice that is cleared by its own callback; here it has no number any more then. */
export function cancel(timer: Timer): void {
  const id = (timer as Started)._id;
  if (id !== undefined) clearTimeout(id);
}
