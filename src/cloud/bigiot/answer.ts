import { error } from "../../core/errors";
import { finish, pump } from "./lane";
import { close } from "./link";
import type { Message, Peer } from "./protocol";
import { resume, wait } from "./timer";
import { OWED, type Device, type Item, type Lane } from "./types";

/** The answer to a question that waits. */
function settle(d: Device, m: Message, lane: Lane, item: Item): void {
  let result: any = m.M;
  delete lane._item;
  if (result === "time") {
    result = "" + m.T;
    wait(lane, -1);
  } else if (result !== "connected" && item._sent === d._lines) {
    // Whatever went before the question has arrived, and was taken as the device was checked in: the time is told to anybody.
    delete d._sent;
    delete d._kept;
  }
  if (m.M === "isOL") {
    result = {};
    for (const id in m.R) result[id] = +m.R[id] > 0;
    if (item._one) result = result[item._one];
  }
  finish(d, item, undefined, result);
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
    close(d, times > 1 ? error("conflict", "checked out " + times + " times: is id " + d.id + " used twice?") : undefined, {
      ip: m.IP,
      time: e.time,
    });
  }
}
