"use strict";
/** The messages on `…/mon`: every documented member. */
const topicOf = ({ role, type, id }) => (role === "a" ? `iot-2/app/${id}/mon` : `iot-2/type/${type}/id/${id}/mon`);

const common = (wire) => ({
  ClientAddr: wire.address,
  Protocol: "mqtt4",
  ClientID: wire.client.clientId,
  User: wire.client.user,
  Time: new Date(wire.clock.now()).toISOString(),
  ConnectTime: new Date(wire.since).toISOString(),
  Port: wire.secure ? 8883 : 1883,
  Secure: wire.secure,
  Durable: !wire.clean,
});

const connected = (wire) => ({ Action: "Connect", ...common(wire) });

const disconnected = (wire, reason, code) => ({
  Action: "Disconnect",
  ...common(wire),
  WriteMsg: wire.count.writeMsg,
  ReadMsg: wire.count.readMsg,
  Reason: reason,
  ReadBytes: wire.count.readBytes,
  WriteBytes: wire.count.writeBytes,
  CloseCode: code,
});

module.exports = { connected, disconnected, topicOf };
