import { after, cancel } from "#host";
import { error } from "../../core/errors";
import { dial, enter } from "./entry";
import { ask, finish, pump } from "./lane";
import { close } from "./link";
import { turn } from "./turn";
import { ASKS, BEAT, BUSY, OWED, type Device, type Lane } from "./types";

/** The timer of the device or of a lane; below 0 there is none. */
export function wait(on: Device | Lane, ms: number): void {
  if (on._timer) cancel(on._timer);
  on._timer = ms < 0 ? 0 : after(turn, ms, on);
}

/** A third of a heartbeat, in ms. */
export function third(d: Device): number {
  return (d.options.heartbeat || 45000) / 3;
}

/** A third of a heartbeat is over. Long enough after the check-in, what came before is nobody's fault any more. */
function beat(d: Device): void {
  d._still++;
  if (++d._step > 3) delete d._try;
  if (d._step > 40) delete d._kick;
  wait(d, third(d));
  if (d._step % 9) {
    if (d._still > 2 && !(d._is & ASKS)) d._is |= BEAT;
    pump(d);
  } else ask(d, function () {}, { M: "status" });
}

/** A lane goes on at its pace: what was late has come, or comes no more. */
export function resume(lane: Lane): void {
  delete lane._late;
  wait(lane, lane._rest || 0);
  lane._rest = 0;
}

/** The gap of a lane, or the first 5 s of it, are over. */
function over(lane: Lane): void {
  const d = lane._dev;
  const item = lane._item;
  if (item) {
    const e = error("timeout", "no answer within 5 s");
    // Answers have no number: one that comes yet must not be taken for that of the next question.
    lane._late = true;
    // Where the platform does not ask for beats there is no other sign that the line is dead.
    if (lane === d._lane!.status && !(d._is & ASKS)) close(d, e);
    else {
      delete lane._item;
      wait(lane, third(d) * 6);
      finish(d, item, e);
    }
  } else if (lane._late || lane._rest) resume(lane);
  pump(d);
}

/** The one function for timers, of a lane and of the device. */
export function tick(on: any): void {
  const d: Device = on;
  on._timer = 0;
  if (on._dev) over(on);
  else if (!d._link) dial(d);
  else if (!d.online) enter(d);
  else if (d._is & OWED) {
    // An answer to our own checkout would have come by now.
    d._is &= ~OWED;
    wait(d, third(d));
  } else if ((d._mute++ > 5 && d._is & ASKS) || (d._still > 5 && d._is & BUSY)) close(d, error("timeout", "line dead for two heartbeats"));
  else beat(d);
}
