import { calls } from "./calls";
import { heard } from "./message";
import { tick } from "./timer";

/**
 * Everything begins here: a call of the application (`on` is the device), a timer (`on` is the device or a lane), and what a link
 * says (`this` is the link). It goes on in calls.ts, timer.ts or message.ts. Nothing happens often, so that all the rest is loaded only
 * while it runs (docs/decisions.md, 7).
 */
export function turn(this: any, on: any): void;
export function turn(this: any, on: any, call: number, args: IArguments): any;
export function turn(this: any): any {
  "nest";
  // Parameters would take a variable each.
  const on: any = arguments[0];
  const call: number = arguments[1];
  const args = arguments[2];
  if (args) return calls[call].apply(on, args);
  // Not by `this`: it is the global object for a timer, where the application has names of its own.
  if (on && on._timer) return tick(on);
  heard(this, on);
}
