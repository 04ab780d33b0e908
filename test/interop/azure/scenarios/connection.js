"use strict";
/** One connection to the hub, feature by feature: each scenario continues where the last one ended. */
const { delay, until } = require("../outcome");
const { ID, MODEL } = require("./names");

const properties = {
  "iothub-creation-time-utc": "2026-11-20T21:00:00.000Z",
  "my key": "a=b&c/d?e#f+g%h$i",
  "q'()*!~": "é€😀",
};

module.exports = [
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
