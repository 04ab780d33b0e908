import { after, cancel } from "#host";
import { error } from "../../core/errors";
import { flash } from "./flash";
import { storage } from "./outbox";
import type { Session } from "./session";
import { EARLY } from "./names";

/** Tells those who wait for an answer that none will come. */
function unanswered(x: Session, why: string): void {
  const asks: any = x._asks;
  const kids = x._kids;
  delete x._asks;
  delete x._kids;
  for (const rid in asks) if (asks[rid]._done) x.emit(asks[rid]._done, error("offline", why));
  for (const kind in kids) x.emit(kids[kind], error("offline", why));
}

/** Ends all: with what is open reported, or by `force`. */
export function stop(x: Session, why: string, force: boolean, done?: () => void): void {
  const timers = [x._timer, x._renewal, x._pace, x._again, x._beat];
  for (const id in x._due) timers.push(x._due[id]);
  if (x._edge) {
    if (!force) x._edge.flush();
    x._edge.stop();
  }
  // Once barred, always barred.
  if (x._over !== "barred") x._over = why;
  for (let i = 0; i < timers.length; i++) if (timers[i]) cancel(timers[i]);
  delete x._due;
  x._timer = x._renewal = x._pace = x._again = x._beat = 0;
  const link = x._link;
  // The message that says so has yet to be acknowledged.
  if (link)
    after(function () {
      link.end(force || done);
    }, 0);
  else if (done) after(done, 0);
  x._act(EARLY);
  unanswered(x, why);
  if (why === "barred") {
    const store = storage(x);
    if (store) store.clear();
    flash("bar", "1");
    x.emit(why);
  }
}
