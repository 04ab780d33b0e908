import { after, cancel, now } from "#host";
import type { Timer } from "./host";

/** A sample as `sendData` of iotconnect takes it in a list. */
export interface Sample {
  uniqueId: string;
  time?: string;
  data: any;
}

export interface Options {
  /** Seconds between two reports; 60. 0: only `flush` reports. */
  every?: number;
  /** By how much a number has to change before it is told again, by name; 0: any change will do. */
  deadband?: { [name: string]: number };
  /** How many decimals a number keeps, by name. */
  decimals?: { [name: string]: number };
  /** Seconds after which a value is told again though it did not change; 3600. */
  again?: number;
}

export type Done = (err?: Error, how?: string) => void;

export interface OnChange {
  /** Takes a sample in: what changed goes with the next report, of each name the latest value, in one sample for each device. */
  add(sample: Sample): void;
  /** Reports now, before a sleep for instance. `done` gets what `send` gives it, or "nothing" when nothing changed. */
  flush(done?: Done): boolean;
  /** Lets go of what waits. */
  stop(): void;
}

/** Reports what changes: `send` gets a list of samples and a callback. */
export function create(send: (list: Sample[], done: Done) => boolean, options?: Options): OnChange {
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
      // Every object has a `constructor`, which may be a name here.
      if (typeof places === "number") kept = value = Math.round(value * Math.pow(10, places)) / Math.pow(10, places);
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
