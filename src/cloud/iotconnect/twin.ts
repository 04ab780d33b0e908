import { after } from "#host";
import { find } from "../../core/bytes";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import type { Bytes } from "../../host";
import { judge } from "./attributes";
import type { Done, Session } from "./session";
import { template } from "./template";
import { ASK_AGAIN } from "./names";

/** Asks what waits: all of it, or the one of that number. */
export function askAgain(x: Session, only?: string): void {
  const asks = x._asks || {};
  delete x._again;
  for (const rid in asks) {
    const ask = asks[rid];
    if (x._up && (!only || rid === only))
      x._link!.publish("$iothub/twin/" + ask._path + "/?$rid=" + rid, ask._body, { binary: true }, function (e) {
        // Its queue is full: this connection may last.
        if (e && x._up && !x._again) x._again = after(x._act, 5000, [x, ASK_AGAIN]);
      });
  }
}

/** Asks the twin. What has no answer when the link breaks is asked again: a patch may be made twice. */
export function ask(x: Session, path: string, body: Bytes, done?: Done): boolean {
  const asks = (x._asks = x._asks || {});
  const aws = x._o.platform === "aws";
  // One question at each connection is enough, when nobody answers.
  if (!done && path === "GET") for (const rid in asks) if (asks[rid]._path === path) return true;
  const ok = !aws && !x._over && Object.keys(asks).length < 20;
  if (ok) {
    asks[++x._rid] = { _path: path, _body: body, _done: done };
    // From the event loop, as `patch` has it.
    after(x._act, 0, [x, ASK_AGAIN, "" + x._rid]);
  } else if (done)
    x.emit(
      done,
      aws ? error("config", "twin: not on AWS") : x._over ? error("offline", x._over) : error("limit", "20 requests to the twin wait"),
    );
  return ok;
}

/** What reports a property. Who asked sends it: on Espruino what is in use 15 times at once, calls inside calls, is never freed. */
export function patch(x: Session, key: string, value: unknown): Bytes {
  const t = x._v21 && x._info && template(x);
  const set = t && t.set;
  const all: any = {};
  all[key] = value;
  // Null deletes.
  const bad = set && value !== null && judge([{ p: "", d: set }], undefined, all, true)[1];
  if (!key || typeof key !== "string" || (bad && Object.keys(bad).length))
    throw error("config", "updateTwin: " + key + (set ? " is not what the template allows" : ""));
  return stringify(all);
}

/** Takes an answer; gives the twin when it was asked for. */
function answer(x: Session, topic: string, rid: string, payload: Bytes): any {
  const asks = x._asks || {};
  const asked = asks[rid];
  const status = +topic.split("/")[3];
  if (!asked) return;
  if (status === 429 || status > 499) {
    if (!x._again) x._again = after(x._act, 5000, [x, ASK_AGAIN]);
    return;
  }
  delete asks[rid];
  if (!Object.keys(asks).length) delete x._asks;
  const twin = status < 300 && payload ? parse(payload) : undefined;
  const err = status < 300 ? undefined : error("refused", "twin: " + status);
  if (asked._done) x.emit(asked._done, err, twin);
  else if (err) x.emit("error", err);
  return asked._path === "GET" && twin;
}

/** Takes a message of the twin: an answer, or a change. */
export function heardTwin(x: Session, topic: string, payload: Bytes): void {
  const at = find(topic, "$rid=");
  const twin = at < 0 ? { desired: parse(payload) } : answer(x, topic, topic.substr(at + 5).split("&")[0], payload);
  if (twin && !x._over) {
    twin.uniqueId = x._o.uniqueId;
    if (x._o.TwinUpdateCallback) x.emit(x._o.TwinUpdateCallback, twin);
    x.emit("twin", twin);
  }
}
