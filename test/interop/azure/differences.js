"use strict";
/**
 * What two clients sent in a scenario, taken apart into facts that can be compared one by one: the order of packets and how many
 * filters one SUBSCRIBE carries do not count.
 */
function facts(packet) {
  const { packet: type } = packet;
  if (type === "CONNECT") {
    const [place, query] = packet.username.split("?");
    const fields = (query || "").split("&").filter(Boolean);
    const about = [`clean=${packet.clean}`, `keepalive=${packet.keepalive}`, `client id ${packet.clientId}`, `user ${place}`];
    const secret =
      packet.password && packet.password.replace(/^(\S+) (.*)$/, (_, kind, rest) => `${kind} ${rest.split("&").sort().join("&")}`);
    return [...about, ...fields.map((field) => `user ${field}`), `password ${secret}`, `will ${packet.will}`].map(
      (fact) => `CONNECT ${fact}`,
    );
  }
  if (type === "SUBSCRIBE") return packet.subscriptions.map(({ topic, qos }) => `SUBSCRIBE ${topic} qos ${qos}`);
  if (type === "UNSUBSCRIBE") return packet.topics.map((topic) => `UNSUBSCRIBE ${topic}`);
  if (type === "PUBLISH") {
    const flags = `${packet.retain ? " retain" : ""}${packet.dup ? " dup" : ""}`;
    return [`PUBLISH qos ${packet.qos}${flags} ${packet.topic} ${JSON.stringify(packet.payload)}`];
  }
  return [type];
}

/** → [{ only: "official" | "ours", what }] */
function differences(official, ours) {
  const left = official.flatMap(facts);
  const right = [];
  for (const fact of ours.flatMap(facts)) {
    const at = left.indexOf(fact);
    if (at < 0) right.push(fact);
    else left.splice(at, 1);
  }
  return [...left.map((what) => ({ only: "official", what })), ...right.map((what) => ({ only: "ours", what }))];
}

/** The reason for a difference out of the table, or undefined; marks the row as used. */
function reason(table, scenario, { only, what }) {
  const row = table.find((one) => one.only === only && new RegExp(one.in).test(scenario) && new RegExp(one.what).test(what));
  if (row) row.used = true;
  return row && row.reason;
}

module.exports = { differences, reason };
