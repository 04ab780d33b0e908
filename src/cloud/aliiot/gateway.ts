import { sign } from "./adapter";
import { subscribe, tell, type Done } from "./link";
import { equip, methods, type Device } from "./model";

/** A device behind this one, with the methods of a device and those below, which are made with the first of them. */
methods.subDevice = function (this: Device) {
  const o = arguments[0];
  const h = this._root;

  /** Tells the platform something about a device behind the gateway: with a signature where its name for the method is given. */
  function about(d: Device, topic: string, named: string, done?: Done): boolean {
    const who = d.authInfo;
    const session = topic.substr(0, 5) !== "thing";
    const out: any = { productKey: who.productKey, deviceName: who.deviceName };
    if (named) {
      out.clientId = who.productKey + "." + who.deviceName;
      out.timestamp = h.authInfo.timestamp || "2524608000000";
      out.sign = sign("hmacsha256", who.deviceSecret!, out);
      out[named] = "hmacSha256";
      if (session) out.cleanSession = "true";
    }
    return h.request(session ? "/ext/session/" + h._k + "/combine/" + topic : topic, session ? out : [out], done);
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
      return about(this, "thing.topo.delete", "", done);
    };

    /** In, and subscribed; and again after each reconnection until `logout`. */
    kid.login = function (done?: Done) {
      const d = this;
      d._in = true;
      return about(d, "login", "signMethod", function (err) {
        if (err) tell(h, done, err);
        else
          subscribe(h, d, function (e) {
            d.status = !e;
            tell(h, done, e);
          });
      });
    };

    kid.logout = function (done?: Done) {
      this._in = this.status = false;
      return about(this, "logout", "", done);
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
  const d = h._of![key] || Object.create(kid);
  // It would inherit the gateway's.
  d._call = undefined;
  equip(d, o);
  h._of![key] = d;
  return d;
};
