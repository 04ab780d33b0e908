import type { Bytes } from "../host";
import type { Journal } from "./journal";

/** Items in the order in which they were pushed. */
export interface Queue {
  /** How many items it has. */
  count: number;
  /** How many items were lost for want of room. */
  dropped: number;
  /** Whether the item is in the queue now. */
  push(item: Bytes): boolean;
  /** The oldest item, which stays until `shift`: on storage, until it was delivered. */
  first(): Bytes | undefined;
  /** Takes the oldest item out; of an empty queue nothing. */
  shift(): void;
}

/**
 * First in, first out, bounded. When full, the oldest item goes (`oldest`) or the new one is refused; either is counted.
 * With a journal the items are on storage, the journal sets the bound in bytes, and what it held from before comes first.
 */
export function queue(max: number, bytes: number, oldest: boolean, journal?: Journal): Queue {
  // Bytes, or keys in the journal.
  const items: any[] = [];
  const bound = journal || { room: bytes, free: bytes };

  function shift(): void {
    const item = items.shift();
    if (item !== undefined) {
      self.count--;
      if (journal) {
        journal.drop(item);
      } else {
        bound.free += item.length;
      }
    }
  }

  const self: Queue = {
    count: 0,
    dropped: 0,
    push: function (item) {
      // What can never fit must not empty the queue.
      let ok: unknown = max > 0 && item.length <= bound.room;
      while (ok && (self.count >= max || item.length > bound.free)) {
        ok = oldest;
        if (ok) {
          shift();
          self.dropped++;
        }
      }
      if (ok && journal) {
        ok = journal.put(item);
      }
      if (ok) {
        self.count = items.push(journal ? ok : item);
        if (!journal) {
          bound.free -= item.length;
        }
      } else {
        self.dropped++;
      }
      return !!ok;
    },
    first: function () {
      return journal && self.count ? journal.get(items[0]) : items[0];
    },
    shift: shift,
  };

  if (journal) {
    journal.each(function (_item, key) {
      self.count = items.push(key);
    });
  }
  return self;
}
