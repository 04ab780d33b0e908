import { error, type CloudError } from "../../core/errors";
import type { Done } from "./client";

/**
 * Tells who asked, or the listeners of errors, and keeps `failed`. When it was the client itself (`own`), its end is no news.
 * It is made here, because what a function sees waits with it.
 */
export function teller(client: any, done: Done | undefined, own?: boolean): any {
  if (done && typeof done !== "function") throw error("config", "callback: a function, not " + done);
  const over: any = function (err?: CloudError, result?: any) {
    over.failed = err;
    client.emit(done || (err && !(own && err.code === "offline") && "error"), err, result);
  };
  return over;
}
