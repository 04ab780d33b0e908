"use strict";
/**
 * Provisioning service and hub as a script, all calls synchronous: what a test wants it to say, it says. Every SAS is verified by
 * its raw `sr`, there is one connection per device, and a PUBLISH to an undocumented topic ends the connection.
 */
const crypto = require("node:crypto");
const packets = require("mqtt-packet");

const DPS = "global.azure-devices-provisioning.net";
const HUB = "hub.sim.test";

const hmac = (key, text) => crypto.createHmac("sha256", key).update(text, "latin1").digest();

class Azure {
  /** `net`: the mock's; `clock`: whose time counts. */
  constructor(net, clock, { groupKey, idScope = "0ne00SIM001", deviceId } = {}) {
    this.clock = clock;
    this.groupKey = groupKey;
    this.idScope = idScope;
    this.deviceId = deviceId;
    this.log = [];
    this.telemetry = [];
    this.connections = new Map();
    this.sessions = new Set();
    this.refusals = 0;
    this.connects = 0;
    this.registrations = 0;
    this.twin = { desired: { $version: 1 }, reported: { $version: 1 } };
    /** Status of the next answers, in order: [status, retry-after, body]. */
    this.dpsAnswers = [];
    this.twinAnswers = [];
    /** Return codes of the next CONNACKs of the hub. */
    this.connacks = [];
    this.acking = true;
    this.deaf = false;
    /** Keeps what a disconnected device is to get. */
    this.queue = [];
    this.nextId = 1;
    this.hooks = {};
    net.name(DPS, HUB);
    net.serve(8883, (peer) => this.accept(peer));
  }

  accept(peer) {
    const one = { peer, host: peer.link.host, id: undefined, subs: {}, at: this.clock.now() };
    const parser = packets.parser();
    parser.on("packet", (packet) => this.take(one, packet));
    one.send = (packet) => {
      if (!one.closed) peer.write(packets.generate(packet).toString("latin1"));
    };
    one.close = () => {
      one.closed = true;
      if (this.connections.get(one.id) === one) this.connections.delete(one.id);
      peer.end();
    };
    peer.onData = (bytes) => {
      if (!one.closed) parser.parse(Buffer.from(bytes, "latin1"));
    };
    peer.onClose = () => {
      one.closed = true;
      if (this.connections.get(one.id) === one) this.connections.delete(one.id);
    };
  }

  key(id) {
    return hmac(Buffer.from(this.groupKey, "base64"), id);
  }

  /** Whether a token opens a resource now. */
  verify(token, resource, id, skn) {
    const fields = Object.fromEntries(
      String(token)
        .replace(/^SharedAccessSignature /, "")
        .split("&")
        .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    );
    const good = hmac(this.key(id), fields.sr + "\n" + fields.se).toString("base64") === decodeURIComponent(fields.sig || "");
    return good && decodeURIComponent(fields.sr) === resource && fields.skn === skn && +fields.se * 1000 > this.clock.now();
  }

  take(one, packet) {
    const name = packet.cmd;
    const entry = { at: this.clock.now(), host: one.host, ...packet };
    if (packet.payload !== undefined && packet.payload !== null) entry.payload = packet.payload.toString("utf8");
    this.log.push(entry);
    if (name === "connect") return one.host === DPS ? this.dpsConnect(one, packet) : this.hubConnect(one, packet);
    if (name === "pingreq") return one.send({ cmd: "pingresp" });
    if (name === "disconnect") return one.close();
    if (name === "subscribe") {
      if (this.deaf) return undefined;
      for (const { topic, qos } of packet.subscriptions) one.subs[topic] = qos;
      one.send({ cmd: "suback", messageId: packet.messageId, granted: packet.subscriptions.map(({ qos }) => Math.min(1, qos)) });
      if (one.subs[`devices/${one.id}/messages/devicebound/#`] !== undefined) for (const send of this.queue.splice(0)) send();
      return undefined;
    }
    if (name === "publish") {
      if (packet.qos === 2 || this.hooks.publish?.(one, packet)) return one.close();
      if (packet.qos && this.acking) one.send({ cmd: "puback", messageId: packet.messageId });
      if (!this.deaf) return one.host === DPS ? this.dps(one, packet) : this.hub(one, packet);
    }
    return undefined;
  }

  refuse(one, returnCode) {
    this.refusals++;
    one.send({ cmd: "connack", returnCode, sessionPresent: false });
    one.close();
  }

  dpsConnect(one, packet) {
    const id = (one.id = packet.clientId);
    const resource = `${this.idScope}/registrations/${id}`;
    if (!this.verify(packet.password, resource, id, "registration") || packet.username.split("/api-version")[0] !== resource)
      return this.refuse(one, 5);
    return one.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
  }

  dps(one, { topic, payload }) {
    const rid = /\$rid=([^&]*)/.exec(topic)[1];
    const [status, retry, body] = this.dpsAnswers.shift() || [];
    const state = { registrationId: one.id, assignedHub: this.assigned || HUB, deviceId: this.deviceId || one.id, status: "assigned" };
    if (/PUT/.test(topic)) {
      this.registrations++;
      this.registered = JSON.parse(payload);
    }
    const answer = body !== undefined ? body : { operationId: "5.aa.11", status: "assigned", registrationState: state };
    const where = `$dps/registrations/res/${status || 200}/?$rid=${this.wrongRid ? "x" + rid : rid}${retry ? "&retry-after=" + retry : ""}`;
    one.send({ cmd: "publish", qos: 0, topic: where, payload: typeof answer === "string" ? answer : JSON.stringify(answer) });
  }

  hubConnect(one, packet) {
    this.connects++;
    const id = (one.id = packet.clientId);
    const scripted = this.connacks.shift();
    if (scripted) return this.refuse(one, scripted);
    if (
      packet.username.split("/?")[0] !== `${HUB}/${id}` ||
      !this.verify(packet.password, `${HUB}/devices/${id.replace("/", "/modules/")}`, id)
    )
      return this.refuse(one, 5);
    const old = this.connections.get(id);
    if (old) old.close();
    this.connections.set(id, one);
    const present = this.sessions.has(id) && !this.forgetful;
    if (!packet.clean) this.sessions.add(id);
    return one.send({ cmd: "connack", returnCode: 0, sessionPresent: present });
  }

  hub(one, packet) {
    const { topic } = packet;
    const payload = packet.payload.toString("utf8");
    const rid = (/\$rid=(.*)$/.exec(topic) || [])[1];
    const res = (status, extra, body) =>
      one.send({ cmd: "publish", qos: 0, topic: `$iothub/twin/res/${status}/?$rid=${rid}${extra}`, payload: body });
    const events = `devices/${one.id.replace("/", "/modules/")}/messages/events/`;
    if (topic.startsWith(events)) {
      this.telemetry.push({
        at: this.clock.now(),
        bag: topic.slice(events.length),
        payload,
        dup: packet.dup,
      });
    } else if (topic.startsWith("$iothub/twin/")) {
      const [status, body] = this.twinAnswers.shift() || [];
      if (status === 0) return;
      if (status) return res(status, "", body || "");
      if (/GET/.test(topic)) {
        this.hooks.beforeGet?.(one);
        res(200, "", this.twinText || JSON.stringify(this.twin));
        this.hooks.afterGet?.(one);
      } else {
        this.patch(this.twin.reported, JSON.parse(payload));
        this.twin.reported.$version++;
        res(204, `&$version=${this.twin.reported.$version}`, "");
      }
    } else if (!topic.startsWith("$iothub/methods/res/")) one.close();
  }

  patch(into, from) {
    for (const name of Object.keys(from)) {
      const value = from[name];
      if (value === null) delete into[name];
      else if (typeof value === "object" && !Array.isArray(value)) this.patch((into[name] = into[name] || {}), value);
      else into[name] = value;
    }
  }

  device(id = "sim-dev-01") {
    return this.connections.get(id);
  }

  /** The cloud changes desired properties; a device that is connected hears of it. */
  desire(patch, { quiet, version } = {}) {
    this.patch(this.twin.desired, patch);
    const v = (this.twin.desired.$version = version || this.twin.desired.$version + 1);
    const one = this.device();
    if (one && !quiet)
      one.send({
        cmd: "publish",
        qos: 0,
        topic: `$iothub/twin/PATCH/properties/desired/?$version=${v}`,
        payload: JSON.stringify({ ...patch, $version: v }),
      });
  }

  /** A direct method: its answer is in the log as a PUBLISH. */
  call(name, payload, rid = String(this.nextId++)) {
    this.device().send({
      cmd: "publish",
      qos: 0,
      topic: `$iothub/methods/POST/${name}/?$rid=${rid}`,
      payload: payload === undefined ? "" : payload,
    });
    return rid;
  }

  answers() {
    return this.log
      .filter((p) => p.cmd === "publish" && p.topic.startsWith("$iothub/methods/res/"))
      .map((p) => p.topic.slice(20).replace("/?$rid=", " ") + " " + p.payload);
  }

  /** Cloud to device: kept while there is no connection. */
  message(bag, payload, id = "sim-dev-01") {
    const send = () =>
      this.device(id).send({
        cmd: "publish",
        qos: 1,
        messageId: this.nextId++,
        topic: `devices/${id}/messages/devicebound/${bag}`,
        payload,
      });
    if (this.device(id)) send();
    else this.queue.push(send);
  }

  seen(cmd, pattern = /./) {
    return this.log.filter((p) => p.cmd === cmd && pattern.test(p.topic || p.username || cmd));
  }
}

module.exports = { Azure, DPS, HUB };
