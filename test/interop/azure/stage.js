"use strict";
/** The local Azure with a test CA, ready for an actor. */
const fs = require("node:fs");
const { certificates, deviceCertificate } = require("../../rig/certs");
const { createCloud } = require("../../clouds/azure");
const { deriveKey } = require("../../clouds/azure/sas");
const { SoftTpm } = require("../../clouds/azure/soft-tpm");
const { ID } = require("./scenarios/names");

const GROUP = Buffer.from("0123456789abcdef".repeat(4)).toString("base64");
const HUB = "hub.sim.test";

async function stage() {
  const { ca, server } = certificates();
  const x509 = { id: "x509-dev-01", ...deviceCertificate("x509-dev-01") };
  const tpm = { id: "tpm-dev-01", chip: new SoftTpm("tpm-dev-01") };
  const key = deriveKey(GROUP, ID);
  const cloud = createCloud({
    dps: { groups: { all: { key: GROUP }, certified: { x509: true } }, individuals: { [tpm.id]: { tpm: tpm.chip } }, assignedHub: HUB },
    hub: { names: [HUB, "localhost"], devices: { [ID]: { key }, [x509.id]: { x509: true } } },
  });
  await cloud.listen({ tls: { ...server, ca: ca.cert } });
  return { cloud, ca: fs.readFileSync(ca.cert, "utf8"), idScope: cloud.dps.idScope, hubHost: HUB, groupKey: GROUP, key, x509, tpm };
}

module.exports = { stage };
