import { after, cancel, now } from "#host";
import { error, type Failure } from "./core/errors";
import type { Timer } from "./host";

/** A sample as `sendData` of iotconnect takes it in a list. */
export interface Sample {
  /** Of the device. */
  uniqueId: string;
  /** As `send` wants it; the report has the one that came last. */
  time?: string;
  /** Values by name. An object is compared as a whole. */
  data: any;
}

/** Of `create`; what is not in it is passed over. */
export interface Options {
  /** Seconds from the first change to the report; 60. 0: only `flush` reports. */
  every?: number;
  /** By name: a number is told again when it differs by more than this from what was told; 0. */
  deadband?: { [name: string]: number };
  /** By name: how many decimals a number keeps; all. */
  decimals?: { [name: string]: number };
  /** Seconds after which a value is told again though it did not change; 3600. */
  again?: number;
}

/** Hears how a report went: `how` is what `send` says, `"held"` counts as not yet told. */
export type Done = (err?: Failure, how?: string) => void;

/** What `create` gives. What waits is in memory; what was told is forgotten with the power. */
export interface OnChange {
  /**
   * Takes a sample in: what changed goes with the next report, of each name the latest value, in one sample for each device.
   * Tells no error: `send` is called by `flush` or the timer.
   */
  add(sample: Sample): void;
  /**
   * Reports now, before a sleep for instance, and gives what `send` returns; true when nothing changed. What `send` throws comes through:
   * everything then counts as not yet told, as after an error or `"held"`, but what this report had goes only when it is added again.
   *
   * @param done called as `send` calls it, or at once with `"nothing"` when nothing changed
   */
  flush(done?: Done): boolean;
  /** Lets go of what waits, and of the timer; what is added afterwards begins anew. It counts as told: only a change of it, or `again`, has it told. */
  stop(): void;
}

/**
 * Reports what changes. Throws `config` without a function to report with: correct the program. Nothing else is thrown but what `send` throws,
 * from `flush` or from the timer.
 *
 *     var changes = require("onchange").create(function (list, done) { return sdk.sendData(list, done); }, { every: 60 });
 *     changes.add({ uniqueId: "sensor-1", data: { temperature: E.getTemperature() } });
 *
 * @param send gets a list of samples and a callback, to be called once with an error, or without one and with how it went
 * @param options what they are is not checked
 */
export function create(send: (list: Sample[], done: Done) => boolean, options?: Options): OnChange {
  if (typeof send !== "function") throw error("config", "send: a function");
  const o = options || {};
  // By device and name what was told last, and when.
  let told: { [key: string]: any[] } = {};
  let list: Sample[] = [];
  let timer: Timer | undefined;

  function stop(): void {
    if (timer) cancel(timer);
    timer = undefined;
    list = [];
  }

  function flush(done?: Done): boolean {
    const samples = list;
    stop();
    if (!samples.length) {
      if (done) done(undefined, "nothing");
      return true;
    }
    try {
      return send(samples, function (err, how) {
        // What did not go is to be told again.
        if (err || how === "held") told = {};
        if (done) done(err, how);
      });
    } catch (e) {
      told = {};
      throw e;
    }
  }

  /** The value as it is told, or undefined when what was told last will do. */
  function news(key: string, name: string, value: any): any {
    const t = now();
    const last = told[key] || [];
    const places = o.decimals && o.decimals[name];
    const band = o.deadband && o.deadband[name];
    let same;
    let kept = value;
    if (typeof value === "number") {
      // Every object has a `constructor`, which may be a name here. On Espruino `Math.round` takes -2.5 for -3.
      if (typeof places === "number") kept = value = Math.floor(value * Math.pow(10, places) + 0.5) / Math.pow(10, places);
      same = Math.abs(value - last[0]) <= (band! > 0 ? band! : 0);
    } else {
      kept = JSON.stringify(value);
      same = kept === last[0];
    }
    // A clock that was set back does not hold anything.
    if (same && t >= last[1] && t - last[1] < (o.again || 3600) * 1000) return undefined;
    told[key] = [kept, t];
    return value;
  }

  return {
    flush: flush,
    stop: stop,
    add: function (sample) {
      let mine: Sample | undefined;
      for (let i = 0; i < list.length; i++) if (list[i].uniqueId === sample.uniqueId) mine = list[i];
      for (const name in sample.data) {
        const value = news(sample.uniqueId + "/" + name, name, sample.data[name]);
        if (value !== undefined) {
          if (!mine) list.push((mine = { uniqueId: sample.uniqueId, data: {} }));
          if (sample.time) mine.time = sample.time;
          mine.data[name] = value;
        }
      }
      if (list.length && !timer && o.every !== 0) timer = after(flush, (o.every || 60) * 1000);
    },
  };
}
