import { error } from "../core/errors";
import { check, type Loose } from "./options";

/** What a URL says. */
export function located(url: string): Loose {
  const o: Loose = {};
  const part = url.split("://");
  const place = (part[1] || "").split("/")[0].split("@");
  const user = place[1] ? place[0].split(":") : [];
  const host = place[place.length - 1].split(":");
  if (part[0] !== "mqtt") o.protocol = part[0];
  o.host = host[0];
  if (host[1]) check({ port: (o.port = +host[1]) }, " n:port ");
  try {
    if (user[0]) o.username = decodeURIComponent(user[0]);
    if (user[1]) o.password = decodeURIComponent(user.slice(1).join(":"));
  } catch (e) {
    o.host = "";
  }
  if (!o.host || o.host.indexOf("?") >= 0 || host.length > 2) throw error("config", "url: mqtt://user:password@host:port");
  return o;
}
