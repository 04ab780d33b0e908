"use strict";
/**
 * What happens, for whatever client plays the device: each scenario readies the cloud, lets the actor act and returns the outcome.
 * The packets in between are compared with those that the official SDK once sent. `check` looks at what the cloud got.
 * A scenario with `on` continues the connection of the one named.
 */
const { delay, until } = require("./outcome");

const ID = "sim-dev-01";
const MODEL = { modelId: "dtmi:sim:Thermostat;1" };
const ASSIGNING = { state: "assigning", retryAfter: 0 };

const properties = {
  "iothub-creation-time-utc": "2026-11-20T21:00:00.000Z",
  "my key": "a=b&c/d?e#f+g%h$i",
  "q'()*!~": "é€😀",
};

const refused = (code) => ({
  name: `hub_connack_${code}`,
  async run({ actor, cloud }) {
    cloud.hub.script("connect", [code]);
    return actor.open({ id: ID, noRetry: true });
  },
});

const provisioning = [
  {
    name: "dps_symmkey_register",
    async run({ actor, cloud }) {
      cloud.dps.script([
        { state: "assigning", retryAfter: 1 },
        { state: "assigning", retryAfter: 1 },
        { state: "assigned", payload: { hello: "from-webhook" } },
      ]);
      return actor.provision({ id: ID, payload: MODEL });
    },
    check: ({ result }, { hubHost }) => result.assignedHub === hubHost && result.deviceId === ID && result.payload.hello === "from-webhook",
  },
  {
    name: "dps_429_and_503",
    async run({ actor, cloud }) {
      cloud.dps.script([{ status: 429, retryAfter: 1 }, { state: "assigning", retryAfter: 1 }, { status: 503, retryAfter: 1 }, "assigned"]);
      return actor.provision({ id: ID });
    },
    check: ({ result }) => result.deviceId === ID,
  },
  {
    name: "dps_failed",
    async run({ actor, cloud }) {
      cloud.dps.script([ASSIGNING, "failed"]);
      return actor.provision({ id: ID });
    },
  },
  {
    name: "dps_401_in_response",
    async run({ actor, cloud }) {
      cloud.dps.script([401]);
      return actor.provision({ id: ID });
    },
  },
  {
    name: "dps_disabled",
    async run({ actor, cloud }) {
      cloud.dps.script([ASSIGNING, "disabled"]);
      return actor.provision({ id: ID });
    },
  },
  {
    name: "dps_connack5",
    async run({ actor, cloud }) {
      cloud.dps.script([{ connack: 5 }]);
      return actor.provision({ id: ID });
    },
  },
  {
    name: "dps_x509_register",
    async run({ actor, cloud, x509 }) {
      cloud.dps.script([ASSIGNING, "assigned"]);
      return actor.provision({ id: x509.id, x509: true });
    },
    check: ({ result }, { x509 }) => result.deviceId === x509.id,
  },
  { name: "dps_untrusted_ca", run: ({ actor }) => actor.provision({ id: ID, untrusted: true }) },
];

const connected = [
  {
    name: "hub_connect",
    async run({ actor, cloud }) {
      const twin = cloud.hub.twin(ID);
      twin.sections = { desired: { interval: 30 }, reported: { fw: "1.0" } };
      twin.versions = { desired: 4, reported: 9 };
      return actor.open({ id: ID, ...MODEL, product: "sim-harness/1.0" });
    },
    check: (_, { cloud }) => cloud.hub.device(ID).modelId === MODEL.modelId,
  },
  {
    name: "hub_send_event_properties",
    run: ({ actor }) =>
      actor.send('{"t":21.5}', {
        system: {
          messageId: "msg 1/ä",
          correlationId: "c+1",
          userId: "me&you",
          to: "x@y",
          contentType: "application/json",
          contentEncoding: "utf-8",
          expiryTimeUtc: new Date("2026-12-31T23:59:59Z"),
        },
        properties,
        component: { name: "thermostat1", before: "q'()*!~" },
      }),
    check(_, { cloud }) {
      const { system, properties: got } = cloud.hub.telemetry.at(-1);
      return JSON.stringify(got) === JSON.stringify(properties) && system.component === "thermostat1" && system.messageId === "msg 1/ä";
    },
  },
  {
    name: "hub_send_event_plain",
    run: ({ actor }) => actor.send('{"plain":1}'),
    check: (_, { cloud }) => cloud.hub.telemetry.at(-1).text === '{"plain":1}',
  },
  {
    name: "hub_twin_get",
    run: ({ actor }) => actor.twin(),
    check: ({ result }) => result.desired.interval === 30,
  },
  {
    name: "hub_twin_reported_204",
    run: ({ actor }) => actor.report({ fw: "1.1", interval: { value: 30, ac: 200, av: 4, ad: "ok" } }),
    check: (_, { cloud }) => cloud.hub.twin(ID).reported.fw === "1.1" && cloud.hub.twin(ID).reported.$version === 10,
  },
  {
    name: "hub_twin_reported_400",
    async run({ actor, cloud }) {
      cloud.hub.script("reported", [{ status: 400, body: { errorCode: 400028, message: "bad json" } }]);
      return actor.report({ bad: 1 });
    },
  },
  {
    name: "hub_twin_reported_429_emptybody",
    async run({ actor, cloud }) {
      cloud.hub.script("reported", [429]);
      return actor.report({ bad: 1 });
    },
  },
  {
    name: "hub_twin_desired_patch",
    async run({ actor, cloud }) {
      const heard = actor.desired();
      await delay(100);
      cloud.hub.twin(ID).patch({ interval: 60, gone: null });
      const came = await until(() => heard.some((patch) => patch.interval === 60), 2000);
      return { ok: came, error: "no patch", result: heard };
    },
    check: ({ result }) => result.at(-1).$version === 5,
  },
  {
    name: "hub_direct_methods",
    async run({ actor, cloud }) {
      actor.methods({
        reboot: () => [200, { done: true }],
        nopayload: () => [202],
        "thermostat1*getMaxMinReport": () => [404, "nope"],
      });
      await delay(200);
      const answers = [
        await cloud.hub.invoke(ID, "reboot", { delay: 5 }, { rid: "1" }),
        await cloud.hub.invoke(ID, "nopayload", null, { rid: "a-2" }),
        await cloud.hub.invoke(ID, "thermostat1*getMaxMinReport", "2026-01-01T00:00:00Z", { rid: "3" }),
        await cloud.hub.invoke(ID, "unknown", {}, { rid: "4", timeout: 500 }),
      ];
      return { ok: true, result: answers };
    },
    check: ({ result }) => result.slice(0, 3).map(({ status }) => status).join() === "200,202,404",
  }, // prettier-ignore
  {
    name: "hub_c2d",
    async run({ actor, cloud }) {
      const heard = actor.messages();
      await delay(200);
      const message = cloud.hub.send(ID, '{"Bank":2}', {
        messageId: "m 1",
        correlationId: "c1",
        properties: { "iothub-ack": "none", "method-name": "GenerateDiagnostics", empty: "", nullprop: null },
      });
      await until(() => heard.length && message.outcome, 2000);
      return { ok: message.outcome === "completed", error: "not completed", result: heard };
    },
    check: ({ result: [message] }) => message.properties["method-name"] === "GenerateDiagnostics" && message.body === '{"Bank":2}',
  },
  {
    name: "hub_token_renewal",
    async run({ actor, cloud }) {
      const before = cloud.hub.device(ID).connects;
      const asked = await actor.renew({ valid: 4, margin: 3 });
      await until(() => cloud.hub.device(ID).connects === before + 2, 4000);
      return asked;
    },
    // A later cycle would mix with what follows.
    async after({ actor, cloud }) {
      const before = cloud.hub.device(ID).connects;
      await actor.renew({ valid: 3600, margin: 900 });
      await until(() => cloud.hub.device(ID).connects > before);
      await delay(200);
    },
  },
  { name: "hub_close", run: ({ actor }) => actor.close() },
];

const reconnecting = [
  {
    name: "hub_server_drop_reconnect",
    async run({ actor, cloud }) {
      const opened = await actor.open({ id: ID });
      actor.methods({ reboot: () => [200] });
      await until(() => cloud.hub.device(ID).subscriptions.size);
      await delay(100);
      const before = cloud.hub.device(ID).connects;
      cloud.hub.drop(ID);
      await until(() => cloud.hub.device(ID).connects > before && cloud.hub.connected(ID));
      await delay(300);
      return opened;
    },
    check: (_, { cloud }) => cloud.hub.connected(ID),
    after: ({ actor }) => actor.close(),
  },
  {
    name: "hub_keepalive_1s",
    async run({ actor }) {
      const opened = await actor.open({ id: ID, keepalive: 1 });
      await delay(2300);
      return opened;
    },
    after: ({ actor }) => actor.close(),
  },
  { name: "hub_connect_hostname_direct", run: ({ actor }) => actor.open({ id: ID, direct: true }), after: ({ actor }) => actor.close() },
  { name: "hub_connect_x509", run: ({ actor, x509 }) => actor.open({ id: x509.id, x509: true }), after: ({ actor }) => actor.close() },
  ...[2, 3, 4, 5].map(refused),
  {
    name: "hub_too_large",
    async before({ actor }) {
      await actor.open({ id: ID });
    },
    run: ({ actor }) => actor.send("x".repeat(262145)),
    after: ({ actor }) => actor.close(),
  },
  {
    name: "hub_token_renewal_without_session",
    async before({ actor, cloud }) {
      await actor.open({ id: ID });
      await actor.twin();
      actor.desired();
      actor.methods({ reboot: () => [200] });
      actor.messages();
      await until(() => cloud.hub.device(ID).subscriptions.size === 4);
      await delay(200);
      cloud.hub.sessions = "none";
    },
    async run({ actor }) {
      const asked = await actor.renew({ valid: 3600, margin: 900 });
      await delay(300);
      return asked;
    },
  },
  {
    name: "hub_drop_all_features",
    async run({ cloud }) {
      const before = cloud.hub.device(ID).connects;
      cloud.hub.drop(ID);
      const back = await until(() => cloud.hub.device(ID).connects > before);
      await delay(400);
      return { ok: back, error: "not back" };
    },
  },
  {
    name: "hub_unacked_publish_then_drop",
    async run({ actor, cloud }) {
      cloud.hub.script("telemetry", ["silent"]);
      const sent = actor.send('{"n":1}');
      await delay(300);
      cloud.hub.drop(ID);
      return sent;
    },
    check: (_, { cloud }) => cloud.hub.telemetry.at(-1).text === '{"n":1}' && !cloud.hub.telemetry.at(-1).unacknowledged,
    after: ({ actor }) => actor.close(),
  },
];

const rest = [
  {
    name: "https_tpm_register",
    async run({ actor, cloud, tpm }) {
      cloud.dps.script([{ state: "assigning", retryAfter: 1 }, ASSIGNING, "assigned"]);
      return actor.provision({ id: tpm.id, tpm: tpm.chip, https: true, payload: MODEL });
    },
    check: (_, { cloud, tpm }) => cloud.hub.device(tpm.id).key === tpm.chip.identity.toString("base64"),
  },
  {
    name: "https_symmkey_register_with_429",
    async run({ actor, cloud }) {
      cloud.dps.script([{ status: 429, retryAfter: 1 }]);
      return actor.provision({ id: ID, https: true, payload: MODEL });
    },
  },
  {
    name: "https_symmkey_register",
    async run({ actor, cloud }) {
      cloud.dps.script([{ state: "assigning", retryAfter: 1 }, "assigned"]);
      return actor.provision({ id: ID, https: true, payload: MODEL });
    },
    check: ({ result }) => result.deviceId === ID,
  },
];

module.exports = { ID, scenarios: [...provisioning, ...connected, ...reconnecting, ...rest] };
