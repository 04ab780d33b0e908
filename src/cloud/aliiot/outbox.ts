import { find } from "../../core/bytes";
import { error } from "../../core/errors";
import type { Bytes } from "../../host";
import { quality, whose } from "./filters";
import { failed, type Hub, type Item } from "./hub";

// A record is the id, the topic and the message, each on a line; the message lies in the storage only.

/** Keeps a report, where there is an outbox, until the platform has it. */
export function keep(h: Hub, item: Item): void {
  const box = h.authInfo.outbox;
  if (!box || !item._key || find(item._topic!, "/thing/event/") < 0) return;
  item._kept = box.put(item._key + "\n" + item._topic + "\n" + item._bytes);
  if (!item._kept) throw error("storage", "outbox is full");
  item._bytes = "";
}

/** The message, from wherever it is. */
export function message(h: Hub, item: Item): Bytes {
  if (!item._kept) return item._bytes!;
  const record = h.authInfo.outbox.get(item._kept);
  return record.substr(record.indexOf("\n", record.indexOf("\n") + 1) + 1);
}

/** What was kept before waits again, in front of all else. */
export function restore(h: Hub): void {
  const box = h.authInfo.outbox;
  if (!box) return;
  try {
    box.each(function (record: Bytes, kept: number) {
      const at = record.indexOf("\n");
      const topic = record.substring(at + 1, record.indexOf("\n", at + 1));
      const level = topic.split("/");
      const d: any = whose(h, topic);
      const need = level.length > 8 ? topic + "_reply" : undefined;
      // One of a device that is not there is kept on; one that is has to log in for it.
      if (level[2] + "/" + level[3] !== d._k) return;
      if (d !== h) d._in = 1;
      // What has a level more is not among what a device hears from the start.
      if (need) h._subs[need] = h._subs[need] || 0;
      h._queue.push({ _by: d, _key: record.substr(0, at), _topic: topic, _qos: quality(h), _need: need, _kept: kept });
    });
  } catch (e) {
    h.emit("error", failed(e));
  }
}
