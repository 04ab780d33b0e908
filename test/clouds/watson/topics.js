"use strict";
/** What each kind of client may publish and subscribe to, and how the platform rewrites a device's short topics. */
const one = "([^/+#]+)";
const any = "([^/#]+)";
const fit = (pattern, level) => new RegExp(`^${pattern.replace(/\*/g, level)}$`);

const NAMED = "iot-2/type/*/id/*/";
const APPLICATION = ["evt/*/fmt/*", "cmd/*/fmt/*", "mon", "intf/*/evt/state", "err/data"].map((tail) => NAMED + tail);
APPLICATION.push("iot-2/app/*/mon", "iot-2/thing/type/*/id/*/intf/*/evt/state", "iot-2/thing/type/*/id/*/err/data");
APPLICATION.push("iot-2/intf/*/rule/*/evt/trigger", "iot-2/intf/*/rule/*/err/data");

const filters = {
  a: APPLICATION.map((pattern) => fit(pattern, any)),
  d: [fit("iot-2/cmd/*/fmt/*", any)],
  g: [fit(NAMED + "cmd/*/fmt/*", any)],
};

/** → the filter in the application's form, or undefined when it is refused. */
function allowed(client, filter) {
  if (client.role !== "a" && /^iotdm-1\//.test(filter)) return filter;
  if (client.role === "g" && filter === `iot-2/type/${client.type}/id/${client.id}/notify`) return filter;
  const match = filters[client.role].map((pattern) => pattern.exec(filter)).find(Boolean);
  if (!match) return undefined;
  if (client.org === "quickstart" && (/\/cmd\//.test(filter) || match[2] === "+")) return undefined;
  return client.role === "d" ? filter.replace("iot-2/", `iot-2/type/${client.type}/id/${client.id}/`) : filter;
}

/**
 * What a publication is: `{ topic }` in the application's form, `{ manage: { type, id, path } }`, or undefined: the connection
 * has to end.
 */
function published(client, topic) {
  const { role, type, id } = client;
  if (role === "a") {
    const match = fit(NAMED + "(evt|cmd)/*/fmt/*", one).exec(topic);
    return match && !(match[3] === "cmd" && client.org === "quickstart") ? { topic } : undefined;
  }
  const managed = (role === "d" ? /^iotdevice-1\/()()(.+)$/ : /^iotdevice-1\/type\/([^/+#]+)\/id\/([^/+#]+)\/(.+)$/).exec(topic);
  if (managed) return { manage: { type: managed[1] || type, id: managed[2] || id, path: managed[3] } };
  if (role === "d")
    return fit("iot-2/evt/*/fmt/*", one).test(topic) ? { topic: topic.replace("iot-2/", `iot-2/type/${type}/id/${id}/`) } : undefined;
  const match = fit(NAMED + "evt/*/fmt/*", one).exec(topic);
  return match ? { topic, device: { type: match[1], id: match[2] } } : undefined;
}

/** The topic as a client of this kind sees it. */
const shown = (client, topic) => (client.role === "d" ? topic.replace(`iot-2/type/${client.type}/id/${client.id}/`, "iot-2/") : topic);

function matches(filter, topic) {
  const levels = topic.split("/");
  const wanted = filter.split("/");
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === "#") return true;
    if (i >= levels.length || (wanted[i] !== "+" && wanted[i] !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

module.exports = { allowed, matches, published, shown };
