import { error } from "../../core/errors";
import { connect } from "../../mqtt/index";
import { hear } from "./hear";

/** Refuses what is missing or cannot be. */
function check(o: any, app: boolean, shared: boolean, free: boolean): void {
  const method = app ? "apikey" : "token";
  const needed = ["org", "id"].concat(app ? [] : "type", free ? [] : app ? ["auth-key", "auth-token"] : "auth-token");
  for (let i = 0; i < needed.length; i++) {
    const name = needed[i];
    if (typeof o[name] !== "string") throw error("config", "option " + name + (o[name] === undefined ? " is missing" : ": text"));
  }
  // What a topic cannot have.
  const parts = ["id", app ? "instance-id" : "type"];
  for (let i = 0; i < 2; i++) {
    const part = o[parts[i]];
    if (part !== undefined && (typeof part !== "string" || part.length > 36 || !/^[\w.-]+$/.test(part)))
      throw error("config", "option " + parts[i] + ": 1 to 36 letters, digits and - _ .");
  }
  if (!/^\w+$/.test(o.org)) throw error("config", "option org: letters and digits");
  if (o["auth-method"] && o["auth-method"] !== method) throw error("config", "option auth-method: " + method);
  if (app && o.type && !shared && o.type !== "standalone") throw error("config", "option type: standalone or shared");
  if (shared && o.more.clean === false) throw error("config", "option clean-session: true when shared");
}

/** Connects as an application (a), a device (d) or a gateway (g). */
export function open(role: string, o: any): any {
  const more = o.more;
  const app = role === "a";
  const key = o["auth-key"];
  const token = o["auth-token"];
  const shared = app && (o.type === "shared" || /^[ty1]/i.test(o.shared));
  if (app && key && !o.org) o.org = ("" + key).split("-")[1];
  const quick = o.org === "quickstart";
  if (o["clean-session"] !== undefined) more.clean = /^[ty1]/i.test(o["clean-session"]);
  check(o, app, shared, quick || more.cert);
  more.clientId = [shared ? "A" : role, o.org].concat(app ? [] : o.type, o.id, (shared && o["instance-id"]) || []).join(":");
  more.host = o.host || o.org + ".messaging." + (o.domain || "internetofthings.ibmcloud.com");
  more.protocol = o.protocol || (/^1883$|^80$/.test(o.port) ? "mqtt" : "mqtts");
  more.port = o.port;
  if (o.keepalive !== undefined) more.keepalive = o.keepalive;
  if (token && !quick) {
    more.username = app ? key : "use-token-auth";
    more.password = token;
  }
  // In place it would be read with every message.
  const client: any = /*@__NOINLINE__*/ connect(more);
  if (o.envelope === false) client._plain = 1;
  if (quick) client._quick = 1;
  client.codecs = o.codecs || {};
  client.connect = client.reconnect;
  client.disconnect = client.end;
  client.stats = client.status;
  client.on("message", hear);
  return client;
}
