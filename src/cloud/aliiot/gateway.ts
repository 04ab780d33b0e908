import { error } from "../../core/errors";
import { callable } from "../../mqtt/options";
import { sign } from "./adapter";
import { subscribe } from "./filters";
import { tell, type Done } from "./hub";
import { resume } from "./queue";
import type { Device } from "./device";
import { equip, methods } from "./model";
import { named } from "./options";

/** A device behind this one, with the methods of a device and those below, which are made with the first of them. */
methods.subDevice = function (this: Device) {
  const o = arguments[0] || {};
  named(o);
  const h = this._root;

  /** Tells the platform something about a device behind the gateway: with a signature where its name for the method is given. */
  function about(d: Device, topic: string, named: string, done?: Done): boolean {
    const who: any = d.authInfo;
    const first = topic === "login";
    const queue = h._queue;
    const session = topic.substr(0, 5) !== "thing";
    const out: any = { productKey: who.productKey, deviceName: who.deviceName };
    if (first) (d as any)._in = 1;
    if (named && !who.deviceSecret) {
      tell(h, done, error("config", "option deviceSecret of " + d._k + " is needed"));
      return false;
    }
    if (named) {
      out.clientId = who.productKey + "." + who.deviceName;
      out.timestamp = h.authInfo.timestamp || "2524608000000";
      out.sign = sign("hmacsha256", who.deviceSecret, out);
      out[named] = "hmacSha256";
      if (session) out.cleanSession = "true";
    }
    if (first) h._queue = [];
    const taken = h.request(session ? "/ext/session/" + h._k + "/combine/" + topic : topic, session ? out : [out], done);
    if (first) h._queue = h._queue.concat(queue);
    return taken;
  }

  let kid = h._kid;
  if (!kid) {
    kid = h._kid = Object.create(h);
    h._of = {};

    /** The device belongs to this gateway, or no more. */
    kid.bind = function (done?: Done) {
      return about(this, "thing.topo.add", "signmethod", done);
    };

    kid.unbind = function (done?: Done) {
      const d = this;
      callable(done);
      return about(d, "thing.topo.delete", "", function (err, answer) {
        // The platform has put it off the line.
        if (!err) {
          d._in = 0;
          d.status = false;
        }
        tell(h, done, err, answer);
      });
    };

    /** In, and subscribed; and again after each reconnection until `logout`. It goes before what waits. */
    kid.login = function (done?: Done) {
      const d = this;
      callable(done);
      const end = function (err?: Error, ok?: unknown): void {
        // What comes of an earlier login, after `logout`, or when the platform has ended the session, is no end.
        if (h.status && d._in === 1 && d._end === end) {
          d._in = 2;
          d.status = !!ok;
        }
        resume(d);
        tell(h, done, err);
      };
      d._end = end;
      return about(d, "login", "signMethod", function (err) {
        if (err) end(err);
        else
          subscribe(h, d, function (e) {
            end(e, 1);
          });
      });
    };

    kid.logout = function (done?: Done) {
      const d = this;
      callable(done);
      d._in = 0;
      return about(d, "logout", "", function (err) {
        if (!d._in) d.status = false;
        tell(h, done, err);
      });
    };

    const topo = "/sys/" + h._k + "/thing/topo/";
    const notices = [topo + "add/notify", topo + "change", "/ext/error/" + h._k];
    for (let i = 0; i < 3; i++) h._subs[notices[i]] = 0;
    if (h.status)
      subscribe(h, notices, function (err) {
        tell(h, undefined, err);
      });
  }
  const key = o.productKey + "/" + o.deviceName;
  let d = h._of![key];
  if (!d) {
    d = h._of![key] = Object.create(kid);
    // It would inherit the gateway's.
    d._call = undefined;
    equip(d, o);
  }
  if (o.deviceSecret) d.authInfo = o;
  return d;
};
