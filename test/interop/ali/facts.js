"use strict";
/**
 * What a client sent, taken apart into facts that can be compared one by one; order, and how many filters one SUBSCRIBE carries, do
 * not count. What differs from run to run (ids, times, signatures) is a letter.
 */
const shape = (value, key) => {
  if (key === "id") return /^\d+\|/.test(value) ? "n|topic" : "n";
  if (key === "sign") return `hex ${value.length}`;
  if (/^(timestamp|time|version)$/.test(key) && /^\d{13}$/.test(value)) return typeof value === "string" ? "ms text" : "ms";
  if (key === "random") return "digits";
  if (Array.isArray(value)) return value.map((item) => shape(item));
  if (value && typeof value === "object") return Object.fromEntries(Object.keys(value).sort().map((name) => [name, shape(value[name], name)])); // prettier-ignore
  return value;
};

const body = (payload) => {
  try {
    return JSON.stringify(shape(JSON.parse(payload)));
  } catch {
    return payload;
  }
};

function connect({ clientId, username, password, keepalive, clean }) {
  const [id, pairs] = clientId.split("|");
  const each = pairs.split(",").map((pair) => pair.replace(/^(timestamp|random)=.*/, "$1=n"));
  return [`id ${id}`, ...each, `user ${username}`, `password hex ${password.length}`, `keepalive=${keepalive}`, `clean=${clean}`].map((fact) => `CONNECT ${fact}`); // prettier-ignore
}

const publish = ({ topic, qos, payload }) => [`PUBLISH ${topic} ${body(payload)}`, `PUBLISH ${topic} qos ${qos}`];

/** Of packets as the local cloud keeps them. */
function sent(packets) {
  return packets
    .filter(({ dir }) => dir === "c2s")
    .flatMap((one) => {
      if (one.cmd === "connect") return connect(one);
      if (one.cmd === "subscribe") return one.filters.map((filter) => `SUBSCRIBE ${filter}`);
      return one.cmd === "publish" ? publish(one) : [];
    });
}

/** Of packets as they were recorded. */
function recorded(packets) {
  return packets
    .filter(({ dir }) => dir === "device->broker")
    .flatMap((one) => {
      if (one.type === "CONNECT") return connect(one);
      if (one.type === "SUBSCRIBE") return [`SUBSCRIBE ${one.topic}`];
      return one.type === "PUBLISH" ? publish(one) : [];
    });
}

/** → [{ only: "captured" | "ours", what }] */
function differences(captured, ours) {
  const left = [...captured];
  const right = [];
  for (const fact of ours) {
    const at = left.indexOf(fact);
    if (at < 0) right.push(fact);
    else left.splice(at, 1);
  }
  return [...left.map((what) => ({ only: "captured", what })), ...right.map((what) => ({ only: "ours", what }))];
}

module.exports = { differences, recorded, sent };
