import { after, cancel, log, random, textToBytes } from "#host";
import { backoff } from "../../core/backoff";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import { percent } from "../../core/percent";
import type { Timer } from "../../host";
import { connect } from "../../mqtt/client";
import { answer, ANSWERS, question, type Assignment, type Refusal } from "./dps";
import { passed, type Options } from "./options";

/**
 * Registers the device with the Device Provisioning Service over a connection of its own and tells where it belongs. After
 * "Communicate with DPS using the MQTT protocol" of Microsoft.
 *
 * @param o `idScope`, and what docs/iotcentral.md says of provisioning
 * @param id the registration's
 * @param password the token; none for a device with a certificate
 * @param done called once. Its error has `retryAfter`, the milliseconds to wait at least before the next try: `auth` and `refused` (with
 *   `status`): check key, scope and enrolment; `timeout`: approve the device; `network`: try again
 * @returns stops it; then `done` is not called
 * @throws `config`, `limit`: options, or a `payload` that is no JSON
 * @example
 * register({ idScope: "0ne00000000" }, "d1", token, function (e, assignment) {
 *   console.log(e ? e.message : assignment.assignedHub);
 * });
 */
export function register(
  o: Options,
  id: string,
  password: string | undefined,
  done: (err?: Refusal, assignment?: Assignment) => void,
): () => void {
  if (!o || !o.idScope) throw error("config", "option idScope (provisioning)");
  let model: any = o.payload;
  let rid = 0;
  let operation: string | undefined;
  let attempt = 0;
  // What `timer` waits for: an answer that has not come, or the next request.
  let timer: Timer;
  let ready: boolean;
  let over: boolean;
  let reason: any;

  if (o.modelId) {
    model = {};
    for (const name in o.payload) model[name] = o.payload[name];
    model[o.modelKey || "modelId"] = o.modelId;
  }
  // At once: what is no JSON is told to who calls.
  const body = stringify({ registrationId: id, payload: model });

  function finish(err?: any, assignment?: Assignment): void {
    if (!over) {
      over = true;
      if (timer) cancel(timer);
      if (limit) cancel(limit);
      client.end(!assignment);
      if (err && !err.retryAfter) err.retryAfter = 5000;
      if (err || assignment) client.emit(done as never, err, assignment);
    }
  }

  function wait(ms: number): void {
    if (timer) cancel(timer);
    timer = after(next, ms);
  }

  function subscribed(err?: Error): void {
    if (err) finish(err);
    else if (!over) {
      ready = true;
      if (timer) cancel(timer);
      next();
    }
  }

  /** Sends the next request, or the last one again when its answer has not come. */
  function next(): void {
    timer = 0;
    wait(o.requestTimeout || 30000);
    if (!ready) client.reconnect();
    else if (client.connected) client.publish(question(++rid, operation), operation ? "" : body, { qos: 1, binary: true });
  }

  const client = connect(
    passed(
      o,
      {
        protocol: o.protocol || "mqtts",
        host: o.dpsHost || "global.azure-devices-provisioning.net",
        port: o.dpsPort || o.port,
        clientId: id,
        // The version of the service that all of its documentation has.
        username:
          o.idScope +
          "/registrations/" +
          id +
          "/api-version=2019-03-31&ClientVersion=" +
          percent(textToBytes("" + (o.agent || "thincloud"))),
        password: password,
        keepalive: 180,
        clean: true,
        // What is taken out of an answer goes into a topic, three times as long at most.
        maxPacketSize: 16384,
        will: undefined,
        store: undefined,
        manualConnect: false,
        resubscribe: true,
      },
      {},
    ),
  );
  let limit: Timer = after(function () {
    limit = 0;
    finish(reason || error("timeout", "provisioning: no assignment in time; does the device wait for approval?"));
  }, o.registrationTimeout || 300000);
  wait(o.requestTimeout || 30000);
  client.on("error", function (e: any) {
    // Thrown by `done`: nobody else hears of it.
    if (over) return log("" + e);
    // Why there is no connection says more than that there was none in time.
    reason = e;
    if (e.returnCode && e.returnCode !== 3) {
      e.retryAfter = 300000;
      finish(e);
    }
  });
  // Not inside `connect`: what is in use 15 times at once, calls inside calls, Espruino never frees, and this client is not the last.
  client.subscribe(ANSWERS, { qos: 1 }, subscribed);
  client.on("connect", function () {
    reason = 0;
    if (ready) subscribed();
  });
  client.on("message", function (topic: string, payload: string) {
    let said;
    try {
      said = parse(payload);
    } catch {
      // The status says enough.
    }
    const a = answer(topic, said);
    if (over || a.rid !== rid) return;
    if (a.assignment || a.err) return finish(a.err, a.assignment);
    operation = a.again ? operation : a.operationId || operation;
    wait(a.wait || (a.again ? backoff(attempt++, 2000, 60000, random()) : 3000));
  });
  return finish as () => void;
}
