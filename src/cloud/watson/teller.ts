import { error } from "../../core/errors";
import type { Done } from "./client";

/** Tells who asked, or the listeners of errors, and keeps `failed`. It is made here, because what a function sees waits with it. */
export function teller(client: any, done: Done | undefined): any {
  if (done && typeof done !== "function") throw error("config", "callback: a function, not " + done);
  const over: any = function (err?: Error, result?: any) {
    over.failed = err;
    client.emit(done || (err && "error"), err, result);
  };
  return over;
}
