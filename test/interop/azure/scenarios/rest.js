"use strict";
/** DPS over HTTPS. */
const { ASSIGNING, ID, MODEL } = require("./names");

module.exports = [
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
