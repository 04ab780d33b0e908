import { methods } from "./client";
import { UNSUBSCRIBE } from "./packet";
import type { State } from "./state";

methods.unsubscribe = function (this: State) {
  return this.subscribe(this, UNSUBSCRIBE, arguments);
};
