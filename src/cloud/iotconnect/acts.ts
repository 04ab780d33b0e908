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
import {
  ACKNOWLEDGE,
  APPLY,
  ASK,
  ASK_AGAIN,
  BEAT,
  CHILD,
  DRAIN,
  EARLY,
  FAIL,
  KNOWN,
  LATER,
  LINK,
  OBEY,
  OPEN,
  PATCH,
  PROVE,
  REFRESH,
  REGISTER,
  RULE,
  SETTLE,
  STATUS,
  STEP,
  STOP,
  TAKE,
} from "./names";

/**
 * What a session does besides measuring, by name. One function that is read up to the part it is asked for, where a function for each part
 * would take six variables for ever. A timer gives who and what as one list.
 */
export function act(this: Session, what: any, a?: any, b?: any, c?: any): any {
  let x = this;
  if (typeof what === "object") {
    x = what[0];
    what = what[1];
  }
  switch (what) {
    case DRAIN:
      return drain(x);
    case LINK:
      return heard(x, a, b, c);
    case RULE:
      return rule(x, a, b, c);
    case OBEY:
      return obey(x, a);
    case ASK:
      return ask(x, a, b, c);
    case ASK_AGAIN:
      return askAgain(x, a);
    case BEAT:
      return beat(x, a);
    case SETTLE:
      return settle(x);
    case EARLY:
      return early(x, a);
    case LATER:
      return later(x, a);
    case STEP:
      return step(x);
    case FAIL:
      return fail(x, a);
    case REFRESH:
      return refresh(x, a);
    case TAKE:
      return take(x, a, b);
    case KNOWN:
      return known(x, a);
    case APPLY:
      return apply(x, a);
    case OPEN:
      return open(x);
    case PROVE:
      return prove(x, a);
    case REGISTER:
      return register(x);
    case CHILD:
      return child(x, a, b, c);
    case PATCH:
      return patch(x, a, b, c);
    case ACKNOWLEDGE:
      return acknowledge(x, a, b, c);
    case STATUS:
      return status(x);
    case STOP:
      return stop(x, a, b, c);
  }
}
