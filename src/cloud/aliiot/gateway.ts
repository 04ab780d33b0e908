import { sign } from "./adapter";
import { subscribe, tell, type Done, type Hub } from "./link";
import { equip, methods, type Device } from "./model";
import { triple } from "./options";

/** What a device hears without asking. */
export function basics(d: Device): string[] {
  const s = d._s + "thing/";
  return [
    s + "event/+/post_reply",
    s + "service/property/set",
    s + "service/+",
    d._s + "rrpc/request/+",
    "/ota/device/upgrade/" + d._k,
    s + "ota/firmware/get_reply",
  ];
}

/** A device behind this one, with the methods of a device and those below. */
methods.subDevice = function (this: Device, o: any) {
  const h = this._h;
  const root = h._root;
  triple(o);
  const d: any = h._of[o.productKey + "/" + o.deviceName] || Object.create(root);
  equip(d, o);
  const notices = [root._s + "thing/topo/add/notify", root._s + "thing/topo/change"];
  if (h._subs[notices[0]] === undefined) {
    h._subs[notices[0]] = h._subs[notices[1]] = 0;
    if (h._ready)
      subscribe(h, notices, function (err) {
        tell(h, undefined, err);
      });
  }
  return d;
};

/** Tells the platform something about a device behind the gateway: with a signature where its name for the method is given. */
function about(d: any, topic: string, named: string, list: boolean, done?: Done): boolean {
  const o = d.authInfo;
  const root = d._h._root;
  const out: any = { productKey: o.productKey, deviceName: o.deviceName };
  if (named) {
    out.clientId = o.productKey + "." + o.deviceName;
    out.timestamp = root._h._o.timestamp || "2524608000000";
    out.sign = sign("hmacsha256", o.deviceSecret, out);
    out[named] = "hmacSha256";
    if (!list) out.cleanSession = "true";
  }
  return root.request(list ? topic : "/ext/session/" + root._k + "/combine/" + topic, list ? [out] : out, done);
}

/** The device belongs to this gateway, or no more. */
methods.bind = function (this: Device, done?: Done) {
  return about(this, "thing.topo.add", "signmethod", true, done);
};

methods.unbind = function (this: Device, done?: Done) {
  return about(this, "thing.topo.delete", "", true, done);
};

/** In, and subscribed; and again after each reconnection until `logout`. */
methods.login = function (this: Device, done?: Done) {
  const d: any = this;
  const h: Hub = d._h;
  d._in = true;
  return about(d, "login", "signMethod", false, function (err) {
    if (err) tell(h, done, err);
    else
      subscribe(h, basics(d), function (e) {
        d.status = !e;
        tell(h, done, e);
      });
  });
};

methods.logout = function (this: Device, done?: Done) {
  const d: any = this;
  d._in = d.status = false;
  return about(d, "logout", "", false, done);
};
