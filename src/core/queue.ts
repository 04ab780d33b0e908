import type { Bytes } from "../host";
import type { Journal } from "./journal";

/**
 * First in, first out, bounded. When full, the oldest item goes (`oldest`) or the new one is refused; either is counted.
 * With a journal the items are on storage, the journal sets the bound in bytes, and what it held from before comes first.
 */
export class Queue {
  count: number;
  /** How many items were lost for want of room. */
  dropped: number;
  _max: number;
  _oldest: boolean;
  _journal: Journal | undefined;
  _items: Bytes[];
  /** Bytes that fit, when empty and now. */
  _room: number;
  _free: number;

  constructor(items: number, bytes: number, oldest: boolean, journal?: Journal) {
    this._max = items;
    this._oldest = oldest;
    this._journal = journal;
    this._items = [];
    this._room = this._free = bytes;
    this.count = this.dropped = 0;
    if (journal) {
      this.count = journal.count;
      this._room = journal.room;
    }
  }

  /** Whether the item is in the queue now. */
  push(item: Bytes): boolean {
    const journal = this._journal;
    // An item that can never fit must not empty the queue.
    let ok = this._max > 0 && item.length <= this._room;
    while (ok && (this.count >= this._max || item.length > (journal ? journal.free : this._free))) {
      ok = this._oldest;
      if (ok) {
        this.shift();
        this.dropped++;
      }
    }
    if (ok && journal) {
      ok = journal.put(item) > 0;
    }
    if (ok) {
      this.count++;
      if (!journal) {
        this._items.push(item);
        this._free -= item.length;
      }
    } else {
      this.dropped++;
    }
    return ok;
  }

  /** The oldest item, which stays until `shift`: on storage, until it was delivered. */
  first(): Bytes | undefined {
    const journal = this._journal;
    return !journal ? this._items[0] : this.count ? journal.get(journal.next(0)) : undefined;
  }

  shift(): void {
    if (this.count) {
      this.count--;
      if (this._journal) {
        this._journal.drop(this._journal.next(0));
      } else {
        this._free += this._items.shift()!.length;
      }
    }
  }
}
