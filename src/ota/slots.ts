import type { Options } from "./options";
import { GIVEN_UP, records, type Record } from "./record";

/** The counter of the record that the loader of this boot has passed over. */
declare const global: { otaOld?: number };

/** Who runs, and what a restart would run. */
export interface Slots {
  /** The program that runs: its record, or what stands for the one that came with the device. */
  _run: Record;
  /** The later record: that of `_run`, of one that is `_ready` to run after a restart, or of one that was given up. */
  _last: Record;
  _ready: boolean;
  /** All there are, that of the program that came with the device last. */
  _all: Record[];
  /** The slot that does not run. */
  _slot: string;
  /** The greatest sequence number there is: that of the later record, as only what is newer gets one, or of what came with the device. */
  _floor: number;
}

/** Reads the records, each time anew: nothing of them is held. */
export function slots(o: Options): Slots {
  const found = records();
  const factory = { seq: o.seq || 0, ctr: 0, _kept: true } as Record;
  found.push(factory);
  const last = found[0];
  const passed = last._next > GIVEN_UP || last.ctr === global.otaOld;
  const ready = !last._kept && !passed && last._next === GIVEN_UP - last.lim;
  const run = last._kept || !(ready || passed) ? last : found[1]._kept ? found[1] : factory;
  return {
    _all: found,
    _run: run,
    _last: last,
    _ready: ready,
    _slot: run.slot === "a." ? "b." : "a.",
    _floor: Math.max(factory.seq, last.seq),
  };
}
