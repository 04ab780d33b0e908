"use strict";
/** Our module, as it is shipped for Node, in the same roles. Documents go out plain, as the later libraries send them. */
const fs = require("node:fs");
const path = require("node:path");
const { KEY, ORG, secrets } = require("./stage");

const file = path.join(__dirname, "../../../dist/node/watson.js");
const available = () => fs.existsSync(file);
const open = [];

function started(Name, cloud, options) {
  const client = new (require(file)[Name])({ envelope: false, host: "127.0.0.1", port: cloud.port, protocol: "mqtt", ...options });
  open.push(client);
  return new Promise((done) => {
    client.on("connect", () => done(client));
    client.on("error", (e) => done(Object.assign(client, { refusal: e.message })));
  });
}

const application = (cloud, { token = secrets.key, ...rest } = {}) =>
  started("ApplicationClient", cloud, { org: ORG, id: "myApp", authKey: KEY, authToken: token, ...rest });

const device = (cloud, { token = secrets.device, quickstart, ...rest } = {}) =>
  started(
    "DeviceClient",
    cloud,
    quickstart ? { org: "quickstart", type: "therm", id: "q1" } : { org: ORG, type: "therm", id: "t-001", authToken: token, ...rest },
  );

const gateway = (cloud) => started("GatewayClient", cloud, { org: ORG, type: "gwtype", id: "gw-01", authToken: secrets.gateway });

async function closeAll() {
  for (const client of open.splice(0)) await new Promise((done) => client.end(true, done));
}

module.exports = { application, available, closeAll, device, gateway };
