"use strict";
/** What a device sent, with everything masked that differs from run to run. */
const fields = ["clean", "keepalive", "clientId", "username", "password", "will", "topic", "qos", "retain", "dup", "payload"];

function mask(text, ports) {
  if (typeof text !== "string") return text;
  let masked = text;
  for (const port of ports) masked = masked.replace(`localhost:${port}`, "hub.sim.test").replace(`localhost%3A${port}`, "hub.sim.test");
  return masked
    .replace("localhost", "hub.sim.test")
    .replace(/(?<!methods\/res\/\d+\/\?)\$rid=[^&]*/, "$rid=*")
    .replace(/operationId=[^&]*/, "operationId=*")
    .replace(/sig=[^&]*/, "sig=*")
    .replace(/\bse=\d+/, "se=*")
    .replace(/(DeviceClientType|ClientVersion)=[^&]*/, "$1=*");
}

/** `ports` that stand for the hub. A method's `$rid` is the service's own, so it stays. */
function sent(packets, ports) {
  return packets
    .filter(({ dir, packet }) => dir === "c2s" && packet !== "TLS")
    .map((entry) => {
      const shown = { packet: entry.packet };
      for (const name of fields) if (name in entry) shown[name] = name === "payload" ? entry[name] : mask(entry[name], ports);
      for (const name of ["subscriptions", "topics"]) if (entry[name]) shown[name] = entry[name];
      return shown;
    });
}

function requested(http) {
  return http
    .filter(({ dir }) => dir === "c2s")
    .map(({ method, url, headers, body }) => {
      const shown = {};
      for (const name of ["accept", "content-type", "authorization", "user-agent"])
        if (headers[name]) shown[name] = mask(headers[name], []);
      if (shown["user-agent"]) shown["user-agent"] = "*";
      return {
        method,
        url: url.replace(/operations\/[^?]*/, "operations/*"),
        headers: shown,
        body: body.replace(/("\w+Key":)"[^"]*"/g, '$1"*"'),
      };
    });
}

module.exports = { requested, sent };
