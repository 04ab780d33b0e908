"use strict";
/** DPS over HTTPS: register, poll, look up; the only way for a TPM. Answers are chunked, as those of the service. */
const { VERSIONS } = require("./dps");

const PATH = /^\/([^/]+)\/registrations\/([^/]+)(?:\/(register)|\/operations\/([^/]+))?$/;
const MAX_BODY = 64 * 1024;

function restHandler(dps) {
  return (request, response) => {
    const chunks = [];
    let size = 0;
    request.on("data", (chunk) => {
      size += chunk.length;
      if (size <= MAX_BODY) chunks.push(chunk);
    });
    request.on("end", () => {
      dps.cloud.clock.run();
      const text = Buffer.concat(chunks).toString("utf8");
      const answer = size > MAX_BODY ? dps.fault(413, "too large") : answerTo(dps, request, text);
      dps.cloud.http.push({ dir: "c2s", method: request.method, url: request.url, headers: request.headers, body: text });
      if (answer.drop) request.socket.destroy();
      else if (!answer.silent) write(dps, response, answer, request);
    });
  };
}

function write(dps, response, { status, body, retryAfter, location }) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = { "Content-Type": "application/json; charset=utf-8", Date: new Date(dps.cloud.clock.now()).toUTCString() };
  if (retryAfter !== undefined) headers["Retry-After"] = String(retryAfter);
  if (location) headers.Location = location;
  if (body && body.errorCode) headers["x-ms-error-code"] = String(body.errorCode);
  dps.cloud.http.push({ dir: "s2c", status, headers, body: text });
  response.writeHead(status, headers);
  response.write(text.slice(0, 7));
  response.end(text.slice(7));
}

function answerTo(dps, request, text) {
  const url = new URL(request.url, "https://dps");
  const match = PATH.exec(url.pathname);
  if (!match) return dps.fault(404, "no such resource");
  const [scope, id, operationId] = [match[1], match[2], match[4]].map((part) => part && decodeURIComponent(part));
  const verb = match[3] ? "PUT" : operationId ? "GET" : "POST";
  if (request.method !== verb) return dps.fault(405, "method");
  if (!VERSIONS.includes(url.searchParams.get("api-version"))) return dps.fault(400, "api-version");
  if (verb !== "GET" && !/^application\/json\b/.test(request.headers["content-type"] || "")) return dps.fault(415, "content type");
  if (scope !== dps.idScope) return dps.fault(404, "id scope");
  const token = request.headers.authorization;
  const own = Object.hasOwn(dps.individuals, id) ? dps.individuals[id] : undefined;
  if (own && own.tpm && !token) return challenge(dps, own.tpm, id, text, verb);
  const identity = dps.identify(id, token, commonName(request.socket));
  if (identity.problem) {
    dps.cloud.closed.push({ id, reason: identity.problem });
    return dps.fault(401, "Unauthorized");
  }
  if (verb === "POST") return { status: 200, body: dps.states.get(id) || { registrationId: id, status: "unassigned" } };
  const answer = dps.request(id, identity, { text, operationId, by: "https" });
  if (answer.status === 202 && verb === "PUT") answer.location = `https://${request.headers.host}${url.pathname}`;
  return answer;
}

/** azure.md §5: the first request of a TPM carries its public keys and is answered with a secret that only this TPM can open. */
function challenge(dps, tpm, id, text, verb) {
  let sent;
  try {
    sent = JSON.parse(text);
  } catch {
    return dps.fault(400, "body");
  }
  if (verb !== "PUT" || sent.registrationId !== id || !sent.tpm || !sent.tpm.storageRootKey) return dps.fault(400, "body");
  if (sent.tpm.endorsementKey !== tpm.endorsementKey) return dps.fault(401, "another endorsement key is enrolled");
  const { blob, key } = tpm.challenge("dps", sent.tpm);
  tpm.key = key;
  tpm.areas = sent.tpm;
  const { body } = dps.fault(401, "Authorization required, answer the challenge");
  return { status: 401, body: { ...body, authenticationKey: blob.toString("base64"), keyName: "registration" } };
}

function commonName(socket) {
  const certificate = socket.authorized && socket.getPeerCertificate && socket.getPeerCertificate();
  return certificate && certificate.subject ? certificate.subject.CN : undefined;
}

module.exports = { commonName, restHandler };
