import { after, cancel } from "#host";
import { flash } from "./flash";
import { storage } from "./outbox";
import type { Session } from "./session";
import { EARLY } from "./names";

/** Ends all: with what is open reported, or by `force`. */
export function stop(x: Session, why: string, force: boolean, done?: () => void): void {
  const timers = [x._timer, x._renewal, x._pace, x._again, x._beat];
  if (x._edge) {
    if (!force) x._edge.flush();
    x._edge.stop();
  }
  x._over = why;
  for (let i = 0; i < timers.length; i++) if (timers[i]) cancel(timers[i]);
  for (const id in x._due) if (x._due[id]) cancel(x._due[id]);
  delete x._due;
  x._timer = x._renewal = x._pace = x._again = x._beat = 0;
  if (x._link && force)
    // The message that says so has yet to be acknowledged.
    after(function () {
      x._link!.end(true);
    }, 0);
  else if (x._link) x._link.end(done);
  else if (done) after(done, 0);
  x._act(EARLY);
  if (why === "barred") {
    const store = storage(x);
    if (store) store.clear();
    flash("bar", "1");
    x.emit(why);
  }
}
