/**
 * The loader: saved as `.bootcde` (on a host with files: what its supervisor starts) it runs the version that the records say, counts the
 * boots of one that is on trial, and restarts a trial that is not confirmed in time.
 */
import { after, launch, restart, storeMark, storeView } from "#host";
import { CONFIRMED, GIVEN_UP, type Record, records } from "./record";

try {
  const found = records();
  let run = found[0];
  try {
    // Without a record this throws, too.
    if (!run._kept) {
      const file = run._file;
      // A mark that cannot be set is no reason to try for ever.
      if (run._next < CONFIRMED) storeMark(file, "\0", run._next);
      if (run._next > GIVEN_UP - 1) throw 0;
      after(function () {
        if (storeView(file, CONFIRMED, 1) === "\xff") restart();
      }, run.ms);
    }
  } catch (e) {
    run = (found[1] && found[1]._kept && found[1]) as Record;
  }
  launch(run || { slot: "", main: "main", mods: [] });
} catch (e) {
  // Nobody is there to be told.
}
