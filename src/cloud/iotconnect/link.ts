import { after, cancel, random } from "#host";
import { token } from "../../auth/sas";
import { backoff } from "../../core/backoff";
import { findTime, time } from "../../core/clock";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import { connect } from "../../mqtt/client";
import { obey, settle } from "./commands";
import { ASKS, HAS, lookup } from "./message21";
import { drain } from "./outbox";
import type { Session } from "./session";
import { ask, askAgain, heardTwin, TWIN } from "./twin";

/** Options that go to the MQTT client as they are given. */
const PASSED = "ca cert key servername keepalive queueLimit reconnectPeriod maxReconnectPeriod";

const METHODS = "$iothub/methods/POST/";

/** Finds what proves the identity, and hands it on. */
function prove(x: Session, then: (password?: string) => void): void {
  const o = x._o;
  const info = x._info!;
  const key = o.devicePrimaryKey || o.devicePK;
  const sign = o.tpm && o.tpm.sign;
  const signed = info.at === 4 || info.at === 5;
  const own = info.at === 5 ? key : undefined;
  let wrong = "";
  if (info.at === 1) return then(info.p.pwd);
  if (signed ? !own && !sign : !o.cert || !o.key) wrong = info.at === 4 ? "tpm" : signed ? "devicePrimaryKey" : "certificate";
  if (wrong) {
    const e: any = error("config", "authentication type " + info.at + " needs option " + wrong);
    e.act = "f";
    return x._fail(e);
  }
  if (!signed) return then();
  findTime({ ntp: o.ntp === undefined ? "pool.ntp.org" : o.ntp }, function (err, ms) {
    if (x._over) return;
    if (err) return x._fail(err);
    const ends = ms! + (o.tokenLifetime || 3600) * 1000;
    try {
      token(
        { host: info.p.h, deviceId: info.p.id, key: own, sign: own ? undefined : sign, expires: Math.floor(ends / 1000) },
        function (e, password) {
          if (x._over) return;
          if (e) return x._fail(e);
          x._expires = ends;
          then(password);
        },
      );
    } catch (e) {
      x._fail(e);
    }
  });
}

/** Connects with what is known, and comes again before the token ends. */
export function open(x: Session): void {
  prove(x, function (password) {
    const o: any = x._o;
    const info = x._info!;
    const p = info.p;
    const fresh: any = {
      host: p.h,
      port: o.port || p.p || 8883,
      clientId: p.id || o.cpId + "-" + o.uniqueId,
      username: p.un || p.h + "/" + p.id + "/?api-version=2018-06-30",
      password: password || undefined,
    };
    if (x._renewal) cancel(x._renewal);
    // A quarter of the life is left for clocks that disagree.
    x._renewal = info.at === 4 || info.at === 5 ? after(open, Math.min((o.tokenLifetime || 3600) * 750, 2147483647), x) : 0;
    if (x._link) {
      for (const name in fresh) (x._link.options as any)[name] = fresh[name];
      x._link.reconnect();
    } else {
      const names = PASSED.split(" ");
      for (let i = 0; i < names.length; i++) if (o[names[i]] !== undefined) fresh[names[i]] = o[names[i]];
      fresh.protocol = o.protocol || "mqtts";
      // What came while it was away waits at the hub.
      fresh.clean = false;
      fresh.anyTopic = true;
      // It is done here, on every connection: that there is a session proves nothing about the twin.
      fresh.resubscribe = false;
      x._wire(connect(fresh));
    }
  });
}

/** Tells the application whether the device is connected. */
function tell(x: Session, up: boolean): void {
  const o = x._o;
  x._up = up;
  if (o.DeviceCallback)
    x.emit(o.DeviceCallback, { cpId: o.cpId, guid: "", uniqueId: o.uniqueId, command: up, ack: false, ackId: "", cmdType: "0x16" });
  x.emit(up ? "connect" : "close");
}

/** Hears the link. Not part of `open`: what the listeners see lives as long as they do. */
export function wire(this: Session, link: any): void {
  const x = this;
  x._link = link;
  // Functions for a stream of messages of QoS 0, which takes memory: there is none.
  link._hot = 1;
  link.on("connect", function () {
    const has = x._v21 && x._info!.has;
    const filters = [x._info!.p.sub, TWIN + "PATCH/properties/desired/#", TWIN + "res/#"];
    if (x._o.MethodCallback) filters.push(METHODS + "#");
    // One that a broken link has left in the queue goes now.
    if (!x._subscribing)
      link.subscribe(filters, { qos: 1 }, function (e: any) {
        x._subscribing = false;
        if (e) x.emit("error", e);
      });
    x._subscribing = true;
    x._refused = 0;
    // It is long, and soon made anew.
    if (x._info!.at === 5) link.options.password = undefined;
    tell(x, true);
    ASKS.split(" ").forEach(function (pair) {
      const part = pair.split(":")[0];
      if (part && has && has[lookup(HAS, part)]) x._refresh(part);
    });
    askAgain(x);
    ask(x, "GET", "");
    settle(x);
    drain(x);
  });
  link.on("close", function () {
    if (x._up) tell(x, false);
  });
  link.on("reconnect", function () {
    // It ran out while nobody renewed it, or was let go.
    if (x._expires && (!link.options.password || time() > x._expires))
      prove(x, function (password) {
        link.options.password = password;
      });
  });
  link.on("error", function (e: any) {
    x.emit("error", e);
    // Refused by the hub: what the cloud says about the device is no longer what it was.
    if (e.returnCode > 3 && !x._over && !x._timer && !x._asking) {
      x._want = undefined;
      if (x._refused++ && x._info!.at === 4 && x._o.tpm!.register && x._o.scopeId) x._register();
      else x._later(backoff(x._refused, 5000, 300000, random()));
    }
  });
  link.on("message", function (topic: string, payload: string) {
    if (topic.substr(0, METHODS.length) === METHODS)
      x.emit(x._o.MethodCallback!, topic.split("/")[3], payload ? parse(payload) : null, function (status: number, body: unknown) {
        link.publish("$iothub/methods/res/" + status + "/?" + topic.split("?")[1], body === undefined ? "" : stringify(body), {
          binary: true,
        });
      });
    else if (topic.substr(0, TWIN.length) === TWIN) heardTwin(x, topic, payload);
    else obey(x, parse(payload));
  });
}
