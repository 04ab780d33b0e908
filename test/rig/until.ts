/** Waits for what comes over real sockets, processes and timers. */

/** A minute: a guard, not a measure. */
const MOST = 60000;

export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** What `check` gives, once it gives something. */
export async function until<T>(check: () => T, what = String(check)): Promise<NonNullable<T>> {
  for (const end = performance.now() + MOST; performance.now() < end; await pause(5)) {
    const result = check();
    if (result) return result;
  }
  throw new Error(`waited in vain: ${what}`);
}
