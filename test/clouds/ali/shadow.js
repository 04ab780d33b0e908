"use strict";
/** Device shadows: two documents, a version that only grows, and the platform's error numbers. */
const bytes = (value) => Buffer.byteLength(JSON.stringify(value));
const count = (value) => (value && typeof value === "object" ? Object.values(value).reduce((sum, item) => sum + 1 + count(item), 0) : 0);
const depth = (value) => (value && typeof value === "object" ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0);

const fresh = () => ({ version: undefined, state: { reported: {}, desired: {} } });

function change(shadow, body) {
  const { method, state, version } = body;
  if (typeof version !== "number") return [403, "version is not a number"];
  if (!state || typeof state !== "object") return [402, "no state"];
  if (version !== -1 && shadow.version !== undefined && version <= shadow.version) return [409, "version conflict"];
  const next = structuredClone(shadow.state);
  if (method === "update" && state.desired === "null") next.desired = {};
  else if (method === "delete" && state.reported === "null") next.reported = {};
  else if (state.reported === undefined) return [404, "no reported"];
  else if (typeof state.reported !== "object" || !Object.keys(state.reported).length) return [405, "reported is empty"];
  else
    for (const [id, value] of Object.entries(state.reported)) {
      if (method !== "delete") next.reported[id] = value;
      // The text, as the official library sends it.
      else if (value === "null") delete next.reported[id];
      else return [405, `delete ${id}: "null"`];
    }
  if (count(next) > 128 + 2) return [408, "more than 128 attributes"];
  if (bytes(next) > 16384 || depth(next) > 6) return [408, "too large"];
  shadow.state = next;
  shadow.version = version === -1 ? 0 : version;
  return undefined;
}

function answer(device, body, now, reply) {
  const { shadow } = device;
  const timestamp = Math.floor(now / 1000);
  const fail = ([errorcode, errormessage]) =>
    reply({ method: "reply", payload: { status: "error", content: { errorcode: String(errorcode), errormessage } }, timestamp });
  if (!body) return fail([400, "not JSON"]);
  if (!body.method) return fail([401, "no method"]);
  if (body.method === "get") {
    if (shadow.version === undefined) return fail([407, "shadow is empty"]);
    return reply({
      method: "reply",
      payload: { status: "success", state: shadow.state, metadata: {} },
      version: shadow.version,
      timestamp,
    });
  }
  if (body.method !== "update" && body.method !== "delete") return fail([406, "unknown method"]);
  const wrong = change(shadow, body);
  if (wrong) return fail(wrong);
  return reply({ method: "reply", payload: { status: "success", version: shadow.version }, timestamp });
}

/** What the cloud wants: told to the device at once. */
function want(device, desired, now) {
  const { shadow } = device;
  shadow.version = (shadow.version === undefined ? -1 : shadow.version) + 1;
  Object.assign(shadow.state.desired, desired);
  return { method: "control", payload: { state: shadow.state, metadata: {} }, version: shadow.version, timestamp: Math.floor(now / 1000) };
}

module.exports = { answer, fresh, want };
