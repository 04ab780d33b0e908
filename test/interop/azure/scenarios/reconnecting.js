"use strict";
/** Connections that begin, fail and come again. */
const { delay, until } = require("../outcome");
const { ID } = require("./names");

const refused = (code) => ({
  name: `hub_connack_${code}`,
  async run({ actor, cloud }) {
    cloud.hub.script("connect", [code]);
    return actor.open({ id: ID, noRetry: true });
  },
});

module.exports = [
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
