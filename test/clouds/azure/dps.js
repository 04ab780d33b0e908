"use strict";
/**
 * The Device Provisioning Service: enrolments, proof of identity, registrations. How it is spoken to is in dps-session.js (MQTT)
 * and dps-rest.js (HTTPS).
 */
const { randomBytes, randomUUID } = require("node:crypto");
const { DpsSession } = require("./dps-session");
const sas = require("./sas");

const REGISTRATION_ID = /^[A-Za-z0-9._:-]{0,127}[A-Za-z0-9-]$/;
const VERSIONS = ["2018-11-01", "2019-03-31", "2021-06-01", "2021-10-01"];
const words = { assigning: 202, unassigned: 200, assigned: 200, failed: 200, disabled: 200, blacklisted: 200 };
const messages = { 400: "Bad request", 401: "Unauthorized", 404: "Not found", 429: "Throttled", 500: "Internal error", 503: "Busy" };

class Dps {
  constructor(cloud, options) {
    this.cloud = cloud;
    this.idScope = options.idScope || "0ne00SIM001";
    /** name → `{ key, secondaryKey, disabled, allocate }`; `x509: true` takes any device certificate of the test CA. */
    this.groups = options.groups || {};
    /** registration id → the same, or `{ tpm: { endorsementKey, challenge() } }`; `deviceId` when it differs; `pending` until approved. */
    this.individuals = options.individuals || {};
    /** What devices are told; a function of the registration id when there are several hubs. */
    this.assignedHub = options.assignedHub;
    this.polls = options.polls ?? 1;
    this.retryAfter = options.retryAfter ?? 1;
    this.operations = new Map();
    /** Every register request that was authentic, in order. */
    this.registrations = [];
    this.states = new Map();
    this.scripted = [];
  }

  /**
   * Answers to come, each for one request (register or poll): a status number, a state ("assigning", "assigned", "failed",
   * "disabled", "unassigned"), or an object with any of `status, state, retryAfter, body, errorCode, message, deviceId, assignedHub, payload`;
   * `{ silent: true }`, `{ drop: true }`, `{ stray: true }` (an answer to another request comes first). `{ connack: n }` is for the next CONNECT.
   */
  script(answers) {
    const list = Array.isArray(answers) ? answers : [answers];
    this.scripted = this.scripted.concat(
      list.map((one) => {
        if (typeof one === "number") return { status: one };
        return typeof one === "string" ? { state: one } : one;
      }),
    );
  }

  approve(registrationId) {
    this.individuals[registrationId] = { ...this.individuals[registrationId], pending: false };
    this.operations.forEach((operation) => operation.id === registrationId && (operation.enrolment.pending = false));
  }

  /** Who may use this id, or `{ problem }`: `{ enrolment, group?, key? }`. `known` is the common name of a verified certificate. */
  identify(id, token, known) {
    if (!REGISTRATION_ID.test(id)) return { problem: "registration id" };
    const own = Object.hasOwn(this.individuals, id) ? this.individuals[id] : undefined;
    if (!token) return this.certified(id, own, known);
    const resource = (sr) => sr === `${this.idScope}/registrations/${id}`;
    const check = (keys) => sas.verify(token, { resource, keys, skn: "registration", now: this.cloud.clock.now() });
    if (own) {
      const proof = check(own.tpm ? [own.tpm.key] : [own.key, own.secondaryKey]);
      return proof.problem ? proof : { enrolment: own, key: proof.key };
    }
    let problem = "no enrolment";
    for (const [group, enrolment] of Object.entries(this.groups)) {
      if (!enrolment.key) continue;
      const derived = [enrolment.key, enrolment.secondaryKey].map((key) => key && sas.deriveKey(key, id));
      const proof = check(derived);
      if (!proof.problem) return { enrolment, group, key: proof.key };
      ({ problem } = proof);
    }
    return { problem };
  }

  certified(id, own, known) {
    if (known === undefined) return { problem: "no token" };
    if (known !== id) return { problem: "common name of the certificate" };
    if (own) return own.x509 ? { enrolment: own, x509: true } : { problem: "enrolled by key" };
    const found = Object.entries(this.groups).find(([, enrolment]) => enrolment.x509);
    return found ? { enrolment: found[1], group: found[0], x509: true } : { problem: "no enrolment" };
  }

  /** CONNECT → `{ session }` or `{ code, problem }`. */
  open(wire, packet) {
    if (this.scripted[0] && this.scripted[0].connack !== undefined) {
      return { code: this.scripted.shift().connack, problem: "as told" };
    }
    const match = /^([^/]+)\/registrations\/([^/]+)\/api-version=([^&]+)(?:&ClientVersion=([^&]*))?$/.exec(packet.username || "");
    if (!match) return { code: 4, problem: "user name" };
    const [, scope, id, version, client] = match;
    if (!VERSIONS.includes(version)) return { code: 4, problem: `api-version ${version}` };
    if (scope !== this.idScope) return { code: 5, problem: "id scope" };
    if (packet.clientId !== id) return { code: 5, problem: "client id is not that of the user name" };
    if (packet.will) return { code: 4, problem: "will" };
    const identity = this.identify(id, packet.password && packet.password.toString("utf8"), wire.from.commonName);
    if (identity.problem) return { code: 5, problem: identity.problem };
    if (identity.enrolment.tpm) return { code: 5, problem: "TPM over MQTT" };
    return { session: new DpsSession(this, wire, { id, identity, client }) };
  }

  /** One request → the answer `{ status, body, retryAfter?, silent?, drop?, stray? }`. `operationId` undefined: register. */
  request(id, identity, { text, operationId, by }) {
    const operation = operationId === undefined ? undefined : this.operations.get(operationId);
    if (operationId !== undefined && (!operation || operation.id !== id)) return this.fault(404, "no such operation");
    let payload;
    if (!operation) {
      const body = parse(text);
      if (!body || body.registrationId !== id) return this.fault(400, "body");
      ({ payload } = body);
      this.registrations.push({ id, payload, body, by, at: this.cloud.clock.now(), group: identity.group });
    }
    const scripted = this.scripted.length && this.scripted[0].connack === undefined ? this.scripted.shift() : undefined;
    const current = operation || { operationId: operationName(), id, identity, enrolment: identity.enrolment, payload, left: this.polls };
    if (!scripted) return this.natural(current, !operation);
    if (scripted.silent || scripted.drop) return scripted;
    const status = scripted.status ?? words[scripted.state] ?? 200;
    const state = scripted.state || (status === 202 ? "assigning" : status === 200 ? "assigned" : undefined);
    const answer = state ? this.state(current, state, scripted) : this.fault(status, scripted.message, scripted);
    return {
      ...answer,
      status,
      retryAfter: scripted.retryAfter,
      stray: scripted.stray,
      ...(scripted.body === undefined ? {} : { body: scripted.body }),
    };
  }

  natural(operation, first) {
    const waiting = operation.enrolment.pending || (first ? this.polls > 0 : --operation.left > 0);
    if (waiting) return this.state(operation, "assigning", { retryAfter: this.retryAfter });
    return this.state(operation, operation.enrolment.disabled ? "disabled" : "assigned", {});
  }

  state(operation, status, told) {
    const { operationId, id } = operation;
    this.operations.set(operationId, operation);
    if (status === "assigning") return { status: 202, retryAfter: told.retryAfter, body: { operationId, status } };
    const base = { registrationId: id, status };
    if (status === "unassigned") return { status: 200, retryAfter: told.retryAfter, body: { operationId, status } };
    let detail = base;
    if (status === "failed")
      detail = { ...base, errorCode: told.errorCode || 400207, errorMessage: told.message || "Custom allocation failed" };
    if (status === "assigned") {
      try {
        detail = this.assign(operation, told);
      } catch (error) {
        return this.state(operation, "failed", { message: error.message });
      }
    }
    this.states.set(id, detail);
    return { status: 200, body: { operationId, status, registrationState: detail } };
  }

  assign({ id, identity, enrolment, payload }, told) {
    const own = enrolment.allocate ? enrolment.allocate({ registrationId: id, payload }) : {};
    const hubOf = typeof this.assignedHub === "function" ? this.assignedHub(id) : this.assignedHub;
    const deviceId = told.deviceId || enrolment.deviceId || id;
    const extra = {};
    let proof = identity.x509 ? { x509: true } : { key: identity.key };
    if (enrolment.tpm) {
      const { blob, key } = enrolment.tpm.challenge("hub", enrolment.tpm.areas);
      extra.tpm = { authenticationKey: blob.toString("base64") };
      proof = { key };
    }
    if (!told.assignedHub) this.cloud.hub.create(deviceId, proof);
    const time = (ms) => new Date(ms).toISOString().replace("Z", "0000Z");
    const answer = told.payload === undefined ? own.payload : told.payload;
    return {
      ...extra,
      registrationId: id,
      createdDateTimeUtc: time(this.cloud.clock.now()),
      assignedHub: told.assignedHub || own.assignedHub || enrolment.assignedHub || hubOf || this.cloud.hub.names[0],
      deviceId,
      status: "assigned",
      substatus: "initialAssignment",
      lastUpdatedDateTimeUtc: time(this.cloud.clock.now()),
      etag: "ImV0YWci",
      ...(answer === undefined ? {} : { payload: answer }),
    };
  }

  fault(status, message = messages[status] || "Error", { errorCode } = {}) {
    const code = errorCode || (status === 401 ? 401002 : status * 1000 + 1);
    return {
      status,
      body: { errorCode: code, trackingId: randomUUID(), message, timestampUtc: new Date(this.cloud.clock.now()).toISOString() },
    };
  }
}

const operationName = () => `5.${randomBytes(8).toString("hex")}.${randomUUID()}`;

function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

module.exports = { Dps, VERSIONS };
