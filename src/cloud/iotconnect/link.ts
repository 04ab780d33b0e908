import { after, cancel } from "#host";
import { token } from "../../auth/sas";
import { findTime } from "../../core/clock";
import { emit } from "../../core/emitter";
import { error } from "../../core/errors";
import { connect } from "../../mqtt/client";
import "../../mqtt/status";
import type { Session } from "./session";
import { FAIL, LINK, OPEN, PROVE } from "./names";

/** Options that go to the MQTT client as they are given. */
const PASSED = "ca cert key servername keepalive queueLimit reconnectPeriod maxReconnectPeriod";

function lacking(x: Session, option: string): void {
  const e: any = error("config", "authentication type " + x._info!.at + " needs option " + option);
  e.act = "f";
  x._act(FAIL, e);
}

/** Finds what proves the identity, and hands it on; without `then` what that has left behind goes. */
export function prove(x: Session, then?: (password?: string) => void): void {
  const o = x._o;
  const info = x._info!;
  const key = o.devicePrimaryKey || o.devicePK;
  const sign = o.tpm && o.tpm.sign;
  const signed = info.at === 4 || info.at === 5;
  const own = info.at === 5 ? key : undefined;

  function make(secret: string | undefined, ends: number): void {
    try {
      token(
        { host: info.p.h, deviceId: info.p.id, key: secret, sign: own ? undefined : sign, expires: Math.floor(ends / 1000) },
        function (e, password) {
          if (x._over) return;
          if (e) return x._act(FAIL, e);
          x._expires = ends;
          if (x._renewal) cancel(x._renewal);
          // A quarter of the life is left for clocks that disagree.
          x._renewal = after(x._act, Math.min((o.tokenLifetime || 3600) * 750, 2147483647), [x, OPEN]);
          then!(password);
        },
      );
    } catch (e) {
      if (then) x._act(FAIL, e);
    }
  }

  // With no key there is no token, and none is remembered.
  if (!then) return make("", 0);
  if (info.at === 1) return then(info.p.pwd);
  if (signed ? !own && !sign : !o.cert || !o.key) return lacking(x, info.at === 4 ? "tpm" : signed ? "devicePrimaryKey" : "certificate");
  if (!signed) return then();
  findTime(o, function (err, ms) {
    if (x._over) return;
    if (err) return x._act(FAIL, err);
    make(own, ms! + (o.tokenLifetime || 3600) * 1000);
  });
}

/** Where the device connects, and as whom. */
function place(x: Session, password?: string): any {
  const o = x._o;
  const p = x._info!.p;
  return {
    host: p.h,
    port: o.port || p.p || 8883,
    clientId: p.id,
    username: p.un || (o.platform === "aws" ? undefined : p.h + "/" + p.id + "/?api-version=2018-06-30"),
    password: password || undefined,
  };
}

/** Connects with what is known, and comes again before the token ends. */
export function open(x: Session): void {
  x._act(PROVE, function (password?: string) {
    const o: any = x._o;
    const fresh = place(x, password);
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
      const link: any = connect(fresh);
      link._session = x;
      link.emit = told;
      x._link = link;
    }
  });
}

/**
 * In place of the link's own `emit`: what it has to tell goes to the session. Listeners would take sixty variables, and with one for
 * messages the link would keep ready for a stream of them. Not by way of the session's `emit`, for on Espruino what is in use 15 times at
 * once, calls inside calls, is never freed.
 */
export function told(this: any, event: unknown): void {
  const args = [].slice.call(arguments) as any[];
  const x = this._session;
  // The others are callbacks; those of `end` are listeners.
  if (event === "end") emit.apply(this, args as never);
  else if (typeof event !== "string") emit.apply(x, args as never);
  // From the event loop, for there is much to do then.
  else if (event === "connect") after(x._act, 0, [x, LINK, event]);
  else {
    let refused;
    try {
      refused = x._act(LINK, event, args[1], args[2]);
    } catch (e) {
      x.emit("error", e);
    }
    // Then the link closes before it acknowledges: the hub gives that to the next connection. Nothing is thrown that is to be told.
    if (refused) throw 0;
  }
}
