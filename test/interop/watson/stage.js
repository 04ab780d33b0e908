"use strict";
/** The local platform, and what goes over its wires as facts that can be compared one by one. */
const { createCloud, SAMPLE } = require("../../clouds/watson");

const ORG = "abc123";
const KEY = "a-abc123-k3yk3yk3y0";
const secrets = { key: SAMPLE[ORG].keys[KEY], device: SAMPLE[ORG].devices["therm:t-001"], gateway: SAMPLE[ORG].gateways["gwtype:gw-01"] };

async function stage() {
  const cloud = createCloud();
  await cloud.listen();
  return cloud;
}

const delay = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(check, what, ms = 5000) {
  for (const end = Date.now() + ms; Date.now() < end; await delay(5)) {
    const result = check();
    if (result) return result;
  }
  throw new Error(`waited in vain: ${what || check}`);
}

// Acknowledgements follow from the rest.
const QUIET = /^(puback|pubrec|pubrel|pubcomp|pingreq)$/;
const UUID = /"reqId":"[^"]*"/g;
const TIME = /"(ts|timestamp|measuredDateTime|updatedDateTime)":"[^"]*"/g;
const masked = (text) => text.replace(UUID, '"reqId":"*"').replace(TIME, '"$1":"*"');

/** JSON without the order of its members. */
function sorted(text) {
  const order = (value) => {
    if (Array.isArray(value)) return value.map(order);
    if (!value || typeof value !== "object") return value;
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, order(value[key])])); // prettier-ignore
  };
  try {
    return JSON.stringify(order(JSON.parse(text)));
  } catch {
    return JSON.stringify(text);
  }
}

function facts(packet) {
  const { cmd } = packet;
  if (cmd === "connect") return ["clientId", "username", "password", "clean", "keepalive"].map((name) => `connect ${name} ${packet[name]}`);
  if (cmd === "subscribe") return packet.subscriptions.map(({ topic, qos }) => `subscribe ${topic} qos ${qos}`);
  if (cmd === "unsubscribe") return packet.unsubscriptions.map((topic) => `unsubscribe ${topic}`);
  if (cmd === "publish")
    return [`publish ${packet.topic} ${sorted(masked(String(packet.payload)))}`, `qos ${packet.qos} on ${packet.topic}`];
  return [cmd];
}

const list = (packets) => packets.filter(({ cmd }) => !QUIET.test(cmd)).flatMap(facts);

/** What one client sent, as the list of its facts. */
const sent = (cloud, clientId) =>
  list(
    cloud.packets
      .filter((one) => one.dir === "client->server" && (one.clientId === clientId || one.packet.clientId === clientId))
      .map(({ packet }) => packet),
  );

/** → [{ only: "official" | "ours", what }]; the order does not count. */
function differences(official, ours) {
  const left = [...official];
  const right = [];
  for (const fact of ours) {
    const at = left.indexOf(fact);
    if (at < 0) right.push(fact);
    else left.splice(at, 1);
  }
  return [...left.map((what) => ({ only: "official", what })), ...right.map((what) => ({ only: "ours", what }))];
}

module.exports = { KEY, ORG, delay, differences, list, secrets, sent, stage, until };
