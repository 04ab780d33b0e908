import { child } from "./child";
import { acknowledge, beat, expire, settle } from "./commands";
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
  EXPIRE,
  FAIL,
  KNOWN,
  LATER,
  LINK,
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
 * would take six variables for ever. A timer gives who, what and of whom as one list.
 */
export function act(this: Session, what: any, a?: any, b?: any, c?: any): any {
  let x = this;
  if (typeof what === "object") {
    x = what[0];
    a = what[2];
    b = what[3];
    c = what[4];
    what = what[1];
  }
  // Several: a `switch` is parsed to its end, what follows one that returns is only passed over. First what comes often and is short.
  switch (what) {
    case LATER:
      return later(x, a);
    case ASK:
      return ask(x, a, b, c);
    case ASK_AGAIN:
      return askAgain(x, a);
    case EARLY:
      return early(x, a);
    case DRAIN:
      return drain(x);
    case BEAT:
      return beat(x, a);
  }
  switch (what) {
    case RULE:
      return rule(x, a, b, c);
    case EXPIRE:
      return expire(x, a, b);
    case SETTLE:
      return settle(x);
    case STATUS:
      return status(x);
  }
  switch (what) {
    case LINK:
      return heard(x, a, b, c);
    case REFRESH:
      return refresh(x, a);
    case FAIL:
      return fail(x, a);
  }
  switch (what) {
    case ACKNOWLEDGE:
      return acknowledge(x, a, b, c);
    case PATCH:
      return patch(x, a, b);
    case CHILD:
      return child(x, a, b, c);
  }
  switch (what) {
    case KNOWN:
      return known(x, a);
    case PROVE:
      return prove(x, a);
    case OPEN:
      return open(x);
    case STOP:
      return stop(x, a, b, c);
    case REGISTER:
      return register(x);
  }
  switch (what) {
    case TAKE:
      return take(x, a, b);
    case APPLY:
      return apply(x, a);
    case STEP:
      return step(x);
  }
}
