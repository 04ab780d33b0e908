import { random } from "#host";
import { error } from "../../core/errors";
import type { Bytes } from "../../host";
import { connect as dial } from "../../mqtt/client";
import { callable } from "../../mqtt/options";
import { login } from "./adapter";
import { heard } from "./heard";
import { subscribe, wanted } from "./filters";
import { settle, tell, type Done, type Hub } from "./hub";
import { pump, repeat, resume } from "./queue";
import { equip, methods } from "./model";
import { normalise, type Options } from "./options";
import { restore } from "./outbox";
import { register, secret } from "./register";

/** The client gets what it needs for its next CONNECT. */
function credentials(h: Hub): void {
  const o = Object.create(h.authInfo);
  const mq: any = h._mq.options;
  o.securemode = o.securemode || (mq.protocol === "mqtt" ? 3 : 2);
  if (h._random) {
    o.authType = o.registration === "regnwl" ? o.registration : "register";
    o.random = h._random;
    o.clientId = undefined;
  }
  const who: any = login(o);
  for (const name in who) mq[name] = who[name];
}

/** Subscribes to what must be heard; then the device is up. */
function enter(h: Hub, kept: boolean): void {
  const o = h._mq.options;
  const again = h._mq._queue;
  if (h._random) return;
  // Also what was told to have failed when the client ended.
  h._mq._queue = [];
  repeat(h, again);
  // They are made again for the next time; errors speak of the device.
  o.clientId = h._k;
  delete o.username;
  delete o.password;
  // The line broke before any of it all was granted: the client asks again, and it goes on from there.
  if (h._asks && !h._asks._some) return;
  // What a session that was kept has is not asked for again.
  const same = kept && h._on! > 1;
  const asks: any = (h._asks = { _some: same });
  const left = wanted(h);
  const over = function (err?: Error): void {
    const done = h._done;
    // Asked on a line that broke, or given up.
    if (h._asks !== asks) return;
    delete h._asks;
    h.status = true;
    h._on = 2;
    delete h._done;
    tell(h, done, err);
    h.emit("connect");
    for (const key in h._of) if (h._of![key]._in) h._of![key].login();
    resume(h);
  };
  if (same && !left.length) over();
  else subscribe(h, same ? left : h, over);
}

/** All that waits is told that nothing comes any more. */
function leave(h: Hub): void {
  const err = error("offline", "disconnected");
  const queue = h._queue;
  const done = h._done;
  h._queue = [];
  h._on = 0;
  delete h._done;
  if (done) tell(h, done, err);
  for (let i = 0; i < queue.length; i++) if (queue[i]._done) tell(h, queue[i]._done, err);
  while (h._wait[0]) settle(h._wait[0], h._wait[0]._done && err, 1);
  const bye = h._bye;
  delete h._bye;
  tell(h, bye);
}

/** A device without a secret, which none was kept of either, has to register. */
function prepare(h: Hub): void {
  const o = h.authInfo;
  const mq = h._mq.options;
  if (h._period !== undefined) mq.reconnectPeriod = h._period;
  delete h._period;
  if (o.deviceSecret || o.deviceToken || secret(h)) {
    if (!h._on) {
      restore(h);
      h._on = 1;
    }
  } else {
    h._random = "" + Math.floor(1e9 * (1 + random() * 8));
    // Nobody registers twice with the same names.
    h._period = mq.reconnectPeriod;
    mq.reconnectPeriod = 0;
  }
}

methods.connect = function (this: any): number {
  const done: Done | undefined = arguments[0];
  const h: Hub = this._root;
  callable(done);
  const o = h.authInfo;
  const bye = h._bye;
  // Who waits to be disconnected waits in vain: the last call counts.
  delete h._bye;
  delete h._end;
  if (bye) tell(h, bye, error("refused", "connect was called"));
  if (h.status) tell(h, done);
  else {
    if (done) h._done = (h._done || []).concat(done);
    // It is being asked for: what comes is connected with.
    if (h._random && o.registration === "https") return 0;
    delete h._random;
    prepare(h);
    if (h._random && o.registration === "https") register(h);
    else {
      // As before each later attempt; but the application hears nothing of the first.
      h._mq.emit("");
      h._mq.reconnect();
    }
  }
  return 0;
};

methods.disconnect = function (this: any): boolean {
  const done: Done | undefined = arguments[0];
  const h: Hub = this._root;
  callable(done);
  if (done) h._bye = (h._bye || []).concat(done);
  const already = h._end;
  h._end = 1;
  delete h._asks;
  // What waits its turn goes first, and what is on its way then is not cut off.
  if (h.status) pump(h);
  else if (!already || !h._mq.connected) h._mq.end(true);
  return true;
};

function take(h: Hub, topic: string, payload: Bytes, again: boolean): void {
  try {
    if (h._random) secret(h, payload || "-");
    else heard(h, topic, payload, again);
  } catch (e) {
    h.dropped++;
    h.emit("error", e);
  }
}

/** The link is gone; a fault when the device was registering. */
function lost(h: Hub): Error | undefined {
  h.status = false;
  h._mq._queue = h._mq._queue.concat(h._held || []);
  delete h._held;
  for (const key in h._of) {
    const d = h._of![key];
    d.status = false;
    // What it says waits for it to be logged in again.
    if (d._in) d._in = 1;
  }
  if (h._end) h._mq.end(true);
  return h._random && !h._end ? error("refused", "registration: the platform closed the connection") : undefined;
}

/** Who waits for a connection is told that there is none. */
function fail(h: Hub, fault: Error): void {
  const done = h._done;
  // A handler may have called `connect` before this was told: that attempt to register has failed, too.
  if (h._random) h._mq.end(true);
  delete h._random;
  delete h._done;
  tell(h, done, fault);
}

/** What the client says. */
function said(this: Hub["_mq"] & { _h: Hub }): void {
  const args: any = arguments;
  const h = this._h;
  const event = args[0];
  let fault = event === "error" && args[1];
  if (event === "message") return take(h, args[1], args[2], args[3].dup);
  if (event === "connect") return enter(h, args[1].sessionPresent);
  if (event === "end") leave(h);
  else if (!event || event === "reconnect") credentials(h);
  else if (event === "close") {
    // The end of a registration is none of the device.
    const mute = h._mute;
    delete h._mute;
    if (mute) return;
    fault = lost(h);
  }
  if (fault) fail(h, fault);
  else h.emit(event, args[1], args[2], args[3]);
}

export function create(options: Options): any {
  const d = Object.create(methods);
  const pair = normalise(options);
  equip(d, pair[0]);
  d._root = d;
  d.dropped = 0;
  d._wait = [];
  d._queue = [];
  d._subs = {};
  d.host = pair[1].host;
  d._mq = dial(pair[1]);
  delete d._mq.options.manualConnect;
  d._mq._h = d;
  d._mq.emit = said;
  return d;
}
