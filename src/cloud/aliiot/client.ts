import { now, random } from "#host";
import { error } from "../../core/errors";
import { connect as dial } from "../../mqtt/client";
import { login, type Login } from "./adapter";
import { finish, pump, subscribe, tell, type Done, type Hub } from "./link";
import { basics } from "./gateway";
import { heard } from "./heard";
import { equip, methods, type Device } from "./model";
import { normalise, type Options } from "./options";
import { recall, register } from "./register";

/** Subscribes to what must be heard; then the device is up. */
function enter(h: Hub): void {
  const root = h._root;
  subscribe(h, basics(root).concat(Object.keys(h._subs)), function (err) {
    const done = h._done;
    h._ready = root.status = true;
    h._done = undefined;
    tell(h, done, err);
    root.emit("connect");
    for (const key in h._of) if (h._of[key]._in) h._of[key].login();
    pump(h);
  });
}

/** All that waits is told that nothing comes any more. */
function leave(h: Hub): void {
  const err = error("offline", "disconnected");
  const queue = h._queue;
  h._queue = [];
  for (let i = 0; i < queue.length; i++) if (queue[i]._done) tell(h, queue[i]._done, err);
  for (const key in h._wait) finish(h, key, h._wait[key]._done && err);
}

methods.connect = function (this: Device, done?: Done): number {
  const d = this;
  const h = d._h;
  const o: any = h._o;
  if (!o.deviceSecret && !o.deviceToken && !recall(o)) {
    register(o, function (err) {
      if (err) tell(h, done, err);
      else methods.connect.call(d, done);
    });
    return 0;
  }
  d.authInfo.deviceSecret = o.deviceSecret;
  if (h._ready) {
    tell(h, done);
    return 0;
  }
  h._done = done;
  h._end = false;
  if (h._mq) h._mq.reconnect();
  else {
    const who: Login = login(o);
    const more: any = {
      clientId: who.clientId,
      username: who.username,
      password: who.password,
      port: o.port || 1883,
      protocol: o.protocol || "mqtts",
      resubscribe: false,
      // Five connections a minute are what the platform takes.
      keepalive: o.keepalive || 300,
      reconnectPeriod: o.reconnectPeriod || 12000,
      maxReconnectPeriod: o.maxReconnectPeriod || 120000,
    };
    const names = "host clean ca cert key servername connectTimeout maxPacketSize".split(" ");
    for (let i = 0; i < names.length; i++) more[names[i]] = o[names[i]];
    const mq = (h._mq = dial(more));
    mq.emit = function (event: any, a?: any, b?: any, c?: any) {
      const first = h._done;
      if (event === "message") {
        try {
          heard(h, a, b);
        } catch (e) {
          d.dropped++;
          d.emit("error", e);
        }
      } else if (event === "connect") enter(h);
      else {
        if (event === "close") {
          h._ready = false;
          if (h._end) mq.end(true);
          for (const key in h._of) h._of[key].status = false;
        }
        if (event === "end") {
          leave(h);
          tell(h, h._bye);
        }
        if (event === "error" && first) {
          h._done = undefined;
          tell(h, first, a);
        } else d.emit(event, a, b, c);
      }
    };
  }
  return 0;
};

methods.disconnect = function (this: Device, done?: Done): boolean {
  const h = this._h;
  if (!h._mq) tell(h, done);
  else {
    h._bye = done;
    // What waits its turn goes first.
    h._end = true;
    if (this.status) pump(h);
    else h._mq.end(true);
  }
  return true;
};

export function create(options: Options): any {
  const d = Object.create(methods);
  d._h = {
    _o: normalise(options),
    _root: d,
    _of: {},
    _n: Math.floor(random() * 4e9),
    _wait: {},
    _queue: [],
    _credit: 15,
    _at: now(),
    _subs: {},
  };
  d.dropped = 0;
  d.host = d._h._o.host;
  equip(d, options);
  return d;
}
