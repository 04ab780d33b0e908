/**
 * The loader: saved as `.bootcde` (on a host with files: what its supervisor starts) it runs the version that the records say, counts the
 * boots of one that is on trial, and restarts a trial that is not confirmed in time.
 */
import { launch, restart, storeMark, storeView } from "#host";
import { CONFIRMED, GIVEN_UP, type Record, records } from "./record";

declare const global: { otaOld?: number };
// What every host's `after` is. The build cannot put that in its place here, and this file has 700 bytes.
declare function setTimeout(fn: () => void, ms: number): void;

try {
  const found = records();
  let run = found[0];
  if (run && !run._kept) {
    const file = run._file;
    const mark = run._next;
    try {
      if (mark < CONFIRMED) storeMark(file, "\0", mark);
    } catch (e) {
      // Worn flash may as well do nothing, and say nothing: what counts is what can be read.
    }
    if (mark > GIVEN_UP - 1 || storeView(file, mark, 1) === "\xff") {
      // A boot that cannot be counted is none. Flash does not tell this one from the last that was counted, so the installer is told.
      global.otaOld = run.ctr;
      run = (found[1] && found[1]._kept && found[1]) as Record;
    } else
      setTimeout(function () {
        if (storeView(file, CONFIRMED, 1) === "\xff") restart();
      }, run.ms);
  }
  launch(run || { slot: "", main: "main", mods: [] });
} catch (e) {
  // Nobody is there to be told.
}
