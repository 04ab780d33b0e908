import type { State } from "./hub";

/**
 * Publishes what is asked or answered, or subscribes to filters, past a queue that is full: without it the connection that empties the
 * queue would be deaf, and a report longer than all that may wait could never be sent.
 */
export function urgent(c: State, what: any, more: any): void {
  const o = c.options;
  const limit = o.queueLimit;
  o.queueLimit = 2147483647;
  try {
    if (typeof what === "string") c.publish(what, more, { binary: true });
    else c.subscribe(what, more);
  } finally {
    // One that holds nothing would be a variable more.
    if (limit) o.queueLimit = limit;
    else delete o.queueLimit;
  }
}
