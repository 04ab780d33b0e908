import { time } from "../../core/clock";
import { emit as emitNow, KEPT } from "../../core/emitter";
import { parse, stringify } from "../../core/json";
import { error } from "../../core/errors";
import type { Bytes } from "../../host";
import { check } from "../../mqtt/options";
import type { State as Mqtt } from "../../mqtt/state";
import { NONE, say, type Respond, type State } from "./hub";
import { begin, connect, failed, RENEW } from "./session";
import { heardFrom } from "./topics";
import { changed, twin } from "./twin";
import { urgent } from "./urgent";

function connected(c: State): void {
  const o = c.options;
  const done = c._opening;
  const subscribing = c._subscribing;
  // It came too late: `disconnect` is about to close it, or has, and `reconnect()` makes another.
  if ((c as any as Mqtt)._ended || !c._begun) return;
  say(c, "connected");
  delete c._opening;
  // The next connection has others; a signer may need time, so what it signed is kept.
  if (!o.sign) {
    delete o.username;
    delete o.password;
  }
  delete c._failures;
  delete c._attempts;
  delete c._newest;
  c._stale = c._known = c._subscribing = 1;
  // What was asked is asked again, after SUBACK.
  twin(c);
  delete c._tries;
  if (!subscribing) {
    const filters: any = { "$iothub/twin/res/#": {}, "$iothub/twin/PATCH/properties/desired/#": {}, "$iothub/methods/POST/#": {} };
    if (!o.moduleId) filters[c._path + "/messages/devicebound/#"] = { qos: 1 };
    urgent(c, filters, function (err: any) {
      delete c._subscribing;
      if (err) c.emit("error", err);
      twin(c);
    });
  }
  if (done) c.emit(done);
}

function hear(c: State, topic: string, payload: Bytes): void {
  const h = heardFrom(topic);
  say(c, "received " + topic.split("?")[0] + ", " + payload.length + " bytes", true);
  if (h._kind === "res") {
    if (c._asked && h._properties.$rid === "" + c._rid) twin(c, h._status, payload);
  } else if (h._kind === "PATCH") changed(c, parse(payload), +h._properties.$version!);
  else if (h._kind === "POST") {
    let open = true;
    const respond: Respond = function (status, value) {
      const bytes = value === undefined ? "" : stringify(value);
      // It goes into a topic, and at one that is none the hub hangs up.
      check({ status: status === undefined ? "" : status }, " n:status ");
      if (bytes.length > 131072) throw error("limit", "answer to " + h._name + ": " + bytes.length + " bytes of 131072");
      if (open && c.connected && c._begun) urgent(c, "$iothub/methods/res/" + status + "/" + topic.split("/")[4], bytes);
      open = false;
    };
    c._tell("method", h._name, payload, respond);
    // Nobody is there to answer.
    if (!c._central && !(c as any)[KEPT + "method"]) respond(404);
  } else if (h._kind) {
    const mid = h._properties["$.mid"];
    const seen = c._seen || [];
    if (mid && seen.indexOf(mid) >= 0) say(c, "came again: " + mid);
    else {
      if (mid) c._seen = seen.concat(mid).slice(-16);
      c._tell("c2d", payload, h._properties);
    }
  }
}

/** A token that was put away, or ran out while nobody renewed it. */
function tokenless(c: State): boolean {
  const o = c.options;
  return !o.username || !c._path || !!(o.password && !(+o.password.split("&se=")[1].split("&")[0] * 1000 > time()));
}

function dialling(c: State): void {
  const o = c.options;
  if (c._begun && c.assignment && tokenless(c)) {
    delete o.username;
    delete o.password;
    begin(c, RENEW);
  }
  // A signer that thinks, or nobody who knows the time: the hub is not asked without a token.
  if (!o.username) o.username = NONE;
  // The hub may have moved: after a quarter of an hour of trying, the longest waits being a minute.
  c._attempts = (c._attempts || 0) + 1;
  if (c._attempts > (o.reprovisionAfter || 30) && o.idScope && !c._registering && !c._retrying) {
    delete c._attempts;
    delete c._known;
    begin(c, 0);
  }
}

function wrong(c: State, e: any): void {
  // What the application throws, or sends too much of, says nothing of the way to the hub: only these of our codes do.
  const done = /^[acnprt]/.test(e.code) && c._begun && c._opening;
  if (done) delete c._opening;
  say(c, (e.code || "error") + ": " + (e.message || e));
  failed(c, e);
  if (done) c.emit(done, e);
}

/** Who waits is told; what waits goes with the next connection. */
function ended(c: State): void {
  const list: any[] = [].concat(
    { _answers: c._opening } as never,
    (c._asked || []) as never,
    (c._report || []) as never,
    (c._items || []) as never,
  );
  delete c._opening;
  for (let i = 0; i < list.length; i++) {
    const done = list[i]._answers;
    if (done) {
      delete list[i]._answers;
      c.emit(done, error("offline", "the client has ended"));
    }
  }
}

function happened(this: State, event: string, a: any, b: any): void {
  const c = this;
  if (event === "message") {
    try {
      hear(c, a, b);
    } catch (e: any) {
      throw error(e.code || "protocol", a.split("?")[0] + ": " + e.message);
    }
  } else if (event === "connect") connected(c);
  else if (event === "reconnect") dialling(c);
  else if (event === "error") wrong(c, a);
  else if (event === "end") {
    if (c._again) {
      delete c._again;
      connect.call(c);
    } else if (!c._begun) ended(c);
  }
}

/** `emit` of the client: what the MQTT client tells goes here first. With listeners it would keep a short way for their messages, 80 variables. */
export function emit(this: State, event: any): void {
  const c = this;
  const args: any = arguments;
  if (typeof event === "string") {
    if (event === "error") {
      const e = args[1];
      // Thrown was anything: who hears of it asks for its code.
      if (!e || typeof e !== "object") args[1] = new Error(e);
      // For want of a user name no CONNECT could be made. The next attempt follows; after `disconnect`, by `reconnect()`, as from `connect`.
      else if (c.options.username === NONE && /^username/.test(e.message)) {
        if (!c._begun && !(c as any as Mqtt)._ended) connect.call(c);
        return;
      }
    }
    (emitNow as (this: State, ...args: any[]) => void).call(c, happened, event, args[1], args[2]);
    // Without a listener it was told by a line above.
    if (event === "error" && !(c as any)[KEPT + event]) return;
  }
  emitNow.apply(c, args);
}
