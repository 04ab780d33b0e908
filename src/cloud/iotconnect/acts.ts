import { child } from "./child";
import { acknowledge, beat, obey, settle } from "./commands";
import { early, rule } from "./data";
import { stop } from "./end";
import { heard } from "./hear";
import { apply, fail, known, later, refresh, register, step, take } from "./keeper";
import { open, prove } from "./link";
import { drain, status } from "./outbox";
import type { Session } from "./session";
import { ask, askAgain, patch } from "./twin";

/**
 * What a session does besides measuring, by name. One function that is read up to the part it is asked for, where a function for each part
 * would take six variables for ever. A timer gives who and what as one list.
 */
export function act(this: Session, what: any, a?: any, b?: any, c?: any): any {
  let x = this;
  if (what.pop) {
    x = what[0];
    what = what[1];
  }
  switch (what) {
    case "drain":
      return drain(x);
    case "link":
      return heard(x, a, b, c);
    case "rule":
      return rule(x, a, b, c);
    case "obey":
      return obey(x, a);
    case "ask":
      return ask(x, a, b, c);
    case "ask again":
      return askAgain(x, a);
    case "beat":
      return beat(x, a);
    case "settle":
      return settle(x);
    case "early":
      return early(x, a);
    case "later":
      return later(x, a);
    case "step":
      return step(x);
    case "fail":
      return fail(x, a);
    case "refresh":
      return refresh(x, a);
    case "take":
      return take(x, a, b);
    case "known":
      return known(x, a);
    case "apply":
      return apply(x, a);
    case "open":
      return open(x);
    case "prove":
      return prove(x, a);
    case "register":
      return register(x);
    case "child":
      return child(x, a, b, c);
    case "patch":
      return patch(x, a, b, c);
    case "acknowledge":
      return acknowledge(x, a, b, c);
    case "status":
      return status(x);
    case "stop":
      return stop(x, a, b, c);
  }
}
