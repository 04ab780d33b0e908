import { find } from "../../core/bytes";
import type { Done, Hub } from "./hub";
import type { Device } from "./device";

/** What a device hears without asking. */
function basics(d: Device): string[] {
  const s = "/sys/" + d._k + "/thing/";
  return [
    s + "event/+/post_reply",
    s + "service/property/set",
    s + "service/+",
    s.slice(0, -6) + "rrpc/request/+",
    "/ota/device/upgrade/" + d._k,
    s + "ota/firmware/get_reply",
  ];
}

/** For what is sent and heard: 1, but for who wants 0. */
export function quality(h: Hub): 0 | 1 {
  return h.authInfo.qos === 0 ? 0 : 1;
}

/** Whose topic it is: of a device behind this one, or its own. */
export function whose(h: Hub, topic: string): Device {
  let d: Device = h;
  for (const key in h._of) if (find(topic + "/", "/" + key + "/") >= 0) d = h._of![key];
  return d;
}

/** What was asked for on a device's topics: all, or what is not yet granted. */
export function wanted(d: Device, all?: unknown): string[] {
  const h = d._root;
  return Object.keys(h._subs).filter(function (filter) {
    return (all || !h._subs[filter]) && whose(h, filter) === d;
  });
}

/** Asks for filters, or for what a device needs and all that was asked for; at most 8 in a packet and 100 in all, as the platform wants it. */
export function subscribe(h: Hub, what: string[] | Device, done: Done): void {
  const d = what as Device;
  const filters = d._k ? basics(d).concat(wanted(d, 1)) : (what as string[]);
  h._mq.subscribe(filters.splice(0, 8), { qos: quality(h) }, function (err, granted) {
    if (granted && h._asks) h._asks._some = 1;
    for (let i = 0; granted && i < granted.length; i++) {
      const f = granted[i].topic;
      if (granted[i].qos > 1) delete h._subs[f];
      else if (h._subs[f] === 0) h._subs[f] = 1;
    }
    if (filters.length)
      subscribe(h, filters, function (e) {
        done(err || e);
      });
    else done(err);
  });
}

/** Why there may be no further filter beside those of a device itself; empty when there may. */
export function crowded(h: Hub): string {
  return Object.keys(h._subs).length > 93 ? "100 subscriptions are what a device may have" : "";
}
