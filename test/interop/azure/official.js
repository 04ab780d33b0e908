"use strict";
/** The vendor's Node SDK as an actor: what each scenario asks for, in its words. Every call resolves to an outcome. */
const fs = require("node:fs");
const https = require("node:https");
const { NoRetry } = require("azure-iot-common");
const { Client, Message } = require("azure-iot-device");
const { Mqtt: HubMqtt } = require("azure-iot-device-mqtt");
const { Http: HttpBase } = require("azure-iot-http-base");
const { MqttBase } = require("azure-iot-mqtt-base");
const { ProvisioningDeviceClient } = require("azure-iot-provisioning-device");
const { Http: DpsHttp } = require("azure-iot-provisioning-device-http");
const { Mqtt: DpsMqtt } = require("azure-iot-provisioning-device-mqtt");
const { SymmetricKeySecurityClient } = require("azure-iot-security-symmetric-key");
const { X509Security } = require("azure-iot-security-x509");
const { outcome } = require("./outcome");

const read = (file) => fs.readFileSync(file, "utf8");

class Official {
  /** `setup`: { cloud, ca (PEM), idScope, hubHost, key, x509: { id, cert, key } (file names) } */
  constructor(setup) {
    this.setup = setup;
    this.name = "azure-iot-device";
  }

  provision({ id, payload, x509, tpm, https: overHttps, untrusted }) {
    const { ca, cloud, idScope, key } = this.setup;
    const options = untrusted ? {} : { ca };
    let transport;
    if (overHttps) {
      const base = new HttpBase();
      base.setOptions({ ...options, http: { agent: agentTo(cloud.dps.httpsPort, ca) } });
      transport = new DpsHttp(base);
    } else {
      const base = new MqttBase();
      base.setOptions(options);
      transport = new DpsMqtt(base);
    }
    const certificate = x509 && { cert: read(this.setup.x509.cert), key: read(this.setup.x509.key) };
    const security = tpm ? tpmSecurity(id, tpm) : x509 ? new X509Security(id, certificate) : new SymmetricKeySecurityClient(id, key);
    const host = overHttps ? "localhost" : `localhost:${cloud.dps.port}`;
    const client = ProvisioningDeviceClient.create(host, idScope, transport, security);
    if (payload) client.setProvisioningPayload(payload);
    return outcome((done) => client.register(done));
  }

  open({ id, modelId, product, keepalive, x509, direct, noRetry }) {
    const { ca, cloud, hubHost, key } = this.setup;
    const here = `localhost:${cloud.hub.port}`;
    const names = direct || x509 ? `HostName=${here}` : `HostName=${hubHost};GatewayHostName=${here}`;
    const client = Client.fromConnectionString(`${names};DeviceId=${id};${x509 ? "x509=true" : `SharedAccessKey=${key}`}`, HubMqtt);
    const certificate = x509 && { cert: read(this.setup.x509.cert), key: read(this.setup.x509.key) };
    const options = {
      ca,
      ...certificate,
      ...(modelId && { modelId }),
      ...(product && { productInfo: product }),
      ...(keepalive && { keepalive }),
    };
    client.on("error", () => {});
    client.on("disconnect", () => {});
    if (noRetry) client.setRetryPolicy(new NoRetry());
    this.client = client;
    return outcome((done) => client.setOptions(options, (error) => (error ? done(error) : client.open(done))));
  }

  send(body, { system = {}, properties = {}, component } = {}) {
    const message = new Message(body);
    Object.assign(message, system);
    for (const [name, value] of Object.entries(properties)) {
      if (name === component?.before) message.properties.add("dt-subject", component.name);
      message.properties.add(name, value);
    }
    return outcome((done) => this.client.sendEvent(message, done));
  }

  async twin() {
    const got = await outcome((done) => this.client.getTwin(done));
    this.cached = got.result;
    return { ...got, result: got.ok && { desired: got.result.properties.desired } };
  }

  report(patch) {
    return outcome((done) => this.cached.properties.reported.update(patch, done));
  }

  desired() {
    const heard = [];
    this.cached.on("properties.desired", (patch) => heard.push(JSON.parse(JSON.stringify(patch))));
    return heard;
  }

  /** name → (payload) => [status, payload] */
  methods(handlers) {
    for (const [name, handler] of Object.entries(handlers)) {
      this.client.onDeviceMethod(name, (request, response) => {
        const [status, payload] = handler(request.payload);
        if (payload === undefined) response.send(status, () => {});
        else response.send(status, payload, () => {});
      });
    }
  }

  messages() {
    const heard = [];
    this.client.on("message", (message) => {
      const properties = Object.fromEntries(message.properties.propertyList.map(({ key, value }) => [key, value]));
      heard.push({ body: message.data.toString("utf8"), messageId: message.messageId, properties });
      this.client.complete(message, () => {});
    });
    return heard;
  }

  renew({ valid, margin }) {
    const tokenRenewal = { tokenValidTimeInSeconds: valid, tokenRenewalMarginInSeconds: margin };
    // Options are replaced as a whole: without the CA the next connection would fail.
    return outcome((done) => this.client.setOptions({ ca: this.setup.ca, tokenRenewal }, done));
  }

  close() {
    return outcome((done) => this.client.close(done));
  }
}

/** The REST transport knows port 443 only. */
function agentTo(port, ca) {
  const agent = new https.Agent({ ca, keepAlive: false });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => connect({ ...options, host: "localhost", port }, done);
  return agent;
}

function tpmSecurity(id, tpm) {
  const give = (value) => (done) => done(null, value);
  return {
    getRegistrationId: give(id),
    getEndorsementKey: give(Buffer.from(tpm.endorsementKey, "base64")),
    getStorageRootKey: give(Buffer.from(tpm.storageRootKey, "base64")),
    activateIdentityKey(blob, done) {
      tpm.activate(blob);
      done();
    },
    signWithIdentity: (text, done) => done(null, tpm.sign(text)),
  };
}

module.exports = { Official };
