"use strict";
/** DPS over MQTT. */
const { ASSIGNING, ID, MODEL } = require("./names");

module.exports = [
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
