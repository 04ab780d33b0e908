import { error } from "../../core/errors";
import { connect } from "../../mqtt/client";
import { check } from "../../mqtt/options";
import "../../mqtt/status";
import "../../mqtt/unsubscribe";
import { fit } from "./adapter";
import { hear } from "./hear";

/** Refuses what is missing or of another type. */
function complete(o: any, app: boolean, free: boolean): void {
  const needed = ["org", "id"].concat(app ? [] : "type", free ? [] : app ? ["auth-key", "auth-token"] : "auth-token");
  check({ domain: o.domain, envelope: o.envelope, codecs: o.codecs }, " s:domain b:envelope o:codecs ");
  for (let i = 0; i < needed.length; i++) {
    const name = needed[i];
    if (typeof o[name] !== "string") throw error("config", "option " + name + (o[name] === undefined ? " is missing" : ": text"));
  }
}

/** Refuses what a topic cannot have, and words that there are not. */
function possible(o: any, role: string, app: boolean, shared: boolean): void {
  const method = app ? "apikey" : "token";
  const parts = ["id", app ? "instance-id" : "type"];
  const flags = ["clean-session", "shared"];
  for (let i = 0; i < 2; i++) {
    const part = o[parts[i]];
    const flag = o[flags[i]];
    if (part !== undefined) fit("option " + parts[i], part);
    if (flag !== undefined && !/^[tfyn01]/i.test(flag)) throw error("config", "option " + flags[i] + ": true or false");
  }
  if (!/^\w+$/.test(o.org) || o.org + role === "quickstartg")
    throw error("config", "option org: letters and digits; no gateway at quickstart");
  if (o["auth-method"] && o["auth-method"] !== method) throw error("config", "option auth-method: " + method);
  if (app && o.type && !shared && o.type !== "standalone") throw error("config", "option type: standalone or shared");
  if (shared && o.more.clean === false) throw error("config", "option clean-session: true when shared");
}

/** What MQTT is to do: `more`, with who is who. */
function dial(o: any, role: string, shared: boolean, quick: boolean): any {
  const more = o.more;
  const app = role === "a";
  const token = o["auth-token"];
  const alive = o.keepalive;
  const made: any = {
    clientId: [shared ? "A" : role, o.org].concat(app ? [] : o.type, o.id, (shared && o["instance-id"]) || []).join(":"),
  };
  more.host = o.host || o.org + ".messaging." + (o.domain || "internetofthings.ibmcloud.com");
  more.protocol = o.protocol || (/^1883$|^80$/.test(o.port) ? "mqtt" : "mqtts");
  more.port = o.port;
  // Of applications that share the platform expects more than they may say.
  if (alive !== undefined) more.keepalive = shared && (alive === 0 || alive > 3600) ? 3600 : alive;
  if (token && !quick) {
    made.username = app ? o["auth-key"] : "use-token-auth";
    made.password = token;
  }
  for (const name in made) {
    // What would not go out is not passed over.
    if (more[name] !== undefined && more[name] !== made[name])
      throw error("config", "option " + name + ": leave it out, it is made of org, id, auth-key and auth-token");
    more[name] = made[name];
  }
  return more;
}

/** Connects as an application (a), a device (d) or a gateway (g). */
export function open(role: string, o: any): any {
  const app = role === "a";
  const key = o["auth-key"];
  const clean = o["clean-session"];
  const shared = app && (o.type === "shared" || /^[ty1]/i.test(o.shared));
  if (app && key && !o.org) o.org = ("" + key).split("-")[1];
  const quick = o.org === "quickstart";
  if (clean !== undefined) o.more.clean = /^[ty1]/i.test(clean);
  complete(o, app, quick || o.more.cert);
  possible(o, role, app, shared);
  // In place it would be read with every message.
  const client: any = /*@__NOINLINE__*/ connect(dial(o, role, shared, quick));
  if (o.envelope === false) client._plain = 1;
  if (quick) client._quick = 1;
  client.codecs = o.codecs || {};
  client.connect = client.reconnect;
  client.disconnect = client.end;
  client.stats = client.status;
  client.on("message", hear);
  return client;
}
