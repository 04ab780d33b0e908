import { random, textToBytes } from "#host";
import { backoff } from "../../core/backoff";
import { time } from "../../core/clock";
import { parse, stringify } from "../../core/json";
import { unpercent } from "../../core/percent";
import { check } from "../../mqtt/options";
import type { Session } from "./session";
import { obey } from "./commands";
import { heardTwin } from "./twin";
import { ASK, ASK_AGAIN, DRAIN, LATER, PROVE, REFRESH, REGISTER, SETTLE } from "./names";

/** In place of a token that is not there yet: the MQTT client can make no CONNECT of it, and tries again. */
const NONE: any = 0;

/** Takes a message of a direct method or of the twin; gives what the cloud says. */
function message(x: Session, topic: string, payload: string): any {
  const part = topic.split("/");
  let open = true;
  if (part[0] !== "$iothub") return parse(payload);
  if (part[1] === "twin") heardTwin(x, topic, payload);
  else if (!x._over) {
    const name = unpercent(textToBytes(part[3]));
    x.emit(x._o.MethodCallback!, name, payload ? parse(payload) : null, function (status: number, body: unknown) {
      const bytes = body === undefined ? "" : stringify(body);
      // It goes into a topic, and at one that is none the hub hangs up.
      check({ status: status === undefined ? "" : status }, " n:status ");
      // It may take its time, and nobody waits for an answer any more.
      if (open && !x._over && x._link!.connected)
        x._link!.publish("$iothub/methods/res/" + status + "/?" + topic.split("?")[1], bytes, { binary: true });
      open = false;
    });
  }
}

/** Connected: first subscribed, whatever the hub has kept of the session, for that there is one proves nothing about the twin. */
function subscribe(x: Session): void {
  // Another broker than an IoT Hub ends the connection for such topics.
  const all = [x._info!.p.sub, "$iothub/twin/PATCH/properties/desired/#", "$iothub/twin/res/#", "$iothub/methods/POST/#"];
  const filters = all.slice(0, x._o.platform === "aws" ? 1 : x._o.MethodCallback ? 4 : 3);
  // One that a broken link has left in the queue goes now.
  if (!x._subscribing)
    x._link!.subscribe(filters, { qos: 1 }, function (e: any) {
      delete x._subscribing;
      if (e) x.emit("error", e);
    });
  x._subscribing = 1;
  x._refused = x._missed = 0;
  // They are long, and soon made anew: the token, and what it was made with.
  if (x._info!.at === 5) {
    delete x._link!.options.password;
    x._act(PROVE);
  }
}

/** Connected: what waited goes. */
function resume(x: Session): void {
  const has = x._info!.has;
  if (has)
    "attribute:attr setting:set rule:r device:d ota:ota".split(" ").forEach(function (pair) {
      if (has[pair.split(":")[1]]) x._act(REFRESH, pair.split(":")[0]);
    });
  x._act(ASK_AGAIN);
  x._act(ASK, "GET", "");
  x._act(SETTLE);
  x._act(DRAIN);
}

/** Whether no CONNECT could be made for want of a token (`renew`): the link has no other error of this code. The next attempt follows. */
function tokenless(x: Session, e: any): boolean {
  return e && e.code === "config" && x._link!.options.password === NONE;
}

/** An error of the link. */
function wrong(x: Session, e: any): void {
  if (tokenless(x, e)) return;
  x.emit("error", e);
  // Refused by the hub: what the cloud says about the device is no longer what it was.
  if (e && e.returnCode > 3 && !x._over && !x._timer && !x._asking) {
    x._want = undefined;
    if (x._refused++ && x._info!.at === 4 && x._o.tpm!.register && x._o.scopeId) x._act(REGISTER);
    else x._act(LATER, backoff(x._refused, 5000, 300000, random()));
  }
}

/** Before an attempt: a token that ran out while nobody renewed it, or was let go, is made anew. */
function renew(x: Session): void {
  // A hub that is not there may have moved.
  if (++x._missed % 10 === 0 && !x._timer && !x._asking) {
    x._want = undefined;
    x._act(LATER, 5000);
  }
  const options: any = x._link!.options;
  if (x._expires && (!options.password || time() > x._expires)) {
    // Nobody may know the time, or a chip thinks.
    options.password = NONE;
    x._act(PROVE, function (password?: string) {
      options.password = password;
    });
  }
}

/** Tells the application whether the device is connected. */
function tell(x: Session, up: boolean): void {
  const o = x._o;
  x._up = +up;
  if (o.DeviceCallback)
    x.emit(o.DeviceCallback, { cpId: o.cpId, guid: "", uniqueId: o.uniqueId, command: up, ack: false, ackId: "", cmdType: "0x16" });
  x.emit(up ? "connect" : "close");
}

/** Hears the link; "said": what it might have told. True for what nobody does any more. */
export function heard(x: Session, event: string, a: any, b: any): boolean {
  // It is told from the event loop: the link may be lost by then, or disposed of.
  const up = event === "connect" && x._link!.connected && !x._over;
  const said = event === "message" ? message(x, a, b) : event === "said" ? a : undefined;
  const refused = said !== undefined && obey(x, said);
  if (event === "error") wrong(x, a);
  if (event === "reconnect") renew(x);
  if (up) {
    subscribe(x);
    tell(x, up);
    resume(x);
  } else if (event === "close" && x._up) tell(x, up);
  return refused;
}
