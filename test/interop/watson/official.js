"use strict";
/** The vendor's Node libraries, sent to the local platform instead of the one whose name is built in. */
const { ApplicationClient, ApplicationConfig, DeviceClient, DeviceConfig, GatewayClient } = require("@wiotp/sdk");
const path = require("node:path");
const { IotfManagedDevice } = require("ibmiotf");
const { KEY, ORG, secrets } = require("./stage");

// The package does not export it.
const GatewayConfig = require(path.join(path.dirname(require.resolve("@wiotp/sdk")), "gateway/GatewayConfig")).default;

const open = [];

function started(client, connect) {
  open.push(client);
  client.on("error", () => {});
  return new Promise((done) => {
    client.on("connect", () => done(client));
    client.once("error", (e) => done(Object.assign(client, { refusal: String(e.message || e) })));
    connect();
  });
}

function here(cloud, config) {
  config.getMqttHost = () => `tcp://127.0.0.1:${cloud.port}`;
  return config;
}

const options = (mqtt = {}) => ({ logLevel: "silent", mqtt });

function application(cloud, { token = secrets.key, mqtt } = {}) {
  const client = new ApplicationClient(
    here(cloud, new ApplicationConfig({ orgId: ORG, appId: "myApp" }, { key: KEY, token }, options(mqtt))),
  );
  return started(client, () => client.connect());
}

function device(cloud, { token = secrets.device, mqtt, quickstart } = {}) {
  const identity = quickstart
    ? { orgId: "quickstart", typeId: "therm", deviceId: "q1" }
    : { orgId: ORG, typeId: "therm", deviceId: "t-001" };
  const client = new DeviceClient(here(cloud, new DeviceConfig(identity, quickstart ? null : { token }, options(mqtt))));
  return started(client, () => client.connect());
}

function gateway(cloud) {
  const config = new GatewayConfig({ orgId: ORG, typeId: "gwtype", deviceId: "gw-01" }, { token: secrets.gateway }, options());
  const client = new GatewayClient(here(cloud, config));
  return started(client, () => client.connect());
}

function managed(cloud) {
  const auth = { "auth-method": "token", "auth-token": secrets.device };
  const client = new IotfManagedDevice({ org: ORG, type: "therm", id: "t-001", ...auth });
  client.log.setLevel("silent");
  client.host = `tcp://127.0.0.1:${cloud.port}`;
  delete client.mqttConfig.caPaths;
  return started(client, () => client.connect());
}

/** A client that has ended already would never call back. */
function closeAll() {
  for (const client of open.splice(0)) if (client.mqtt) client.mqtt.end(true);
}

module.exports = { application, closeAll, device, gateway, managed };
