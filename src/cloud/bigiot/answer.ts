import { error } from "../../core/errors";
import { finish, pump } from "./lane";
import { close } from "./link";
import type { Message, Peer } from "./protocol";
import { resume, wait } from "./timer";
import { OWED, type Device, type Item, type Lane } from "./types";

/** What a line says to a question, or undefined. */
function result(m: Message): any {
  const out: any = {};
  if (m.M === "time") return "" + m.T;
  if (m.M !== "isOL") return m.M;
  for (const id in m.R) out[id] = +m.R[id] > 0;
  return out;
}

/** The answer to a question that waits. */
function settle(d: Device, m: Message, lane: Lane, item: Item): void {
  const all = result(m);
  delete lane._item;
  // Whatever went before the question has arrived, and was taken if the device was checked in: the time is told to anybody.
  if (item._sent === d._lines && m.M !== "connected" && m.M !== "time") {
    delete d._sent;
    delete d._kept;
  }
  if (m.M === "time") wait(lane, -1);
  finish(d, item, undefined, item._one ? all[item._one] : all);
  pump(d);
}

/** Perhaps the answer to a question, perhaps the word that the device is checked in no longer. */
export function answer(d: Device, m: Message, e: Peer): void {
  const kind = m.M === "checked" || m.M === "connected" ? "status" : m.M;
  const lane = d._lane && d._lane[kind];
  if (lane && lane._item) settle(d, m, lane, lane._item);
  else if (lane && lane._late) resume(lane);
  if (!d.online || (m.M !== "checkout" && m.M !== "connected")) return;
  if (m.M === "checkout" && d._is & OWED) d._is &= ~OWED;
  else {
    const times = (d._kick = (d._kick || 0) + 1);
    close(
      d,
      times > 1 ? error("conflict", "checked out " + times + " times soon after check-in: is id " + d.id + " used twice?") : undefined,
      { ip: m.IP, time: e.time },
    );
  }
}
