"use strict";
/** What the captured packets are about. */
module.exports = {
  ID: "sim-dev-01",
  MODEL: { modelId: "dtmi:sim:Thermostat;1" },
  ASSIGNING: { state: "assigning", retryAfter: 0 },
};
