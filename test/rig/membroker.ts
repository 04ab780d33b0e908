/**
 * A broker in memory with persistent sessions, as strict as section 4 allows: it keeps what it owes a device over broken links, and
 * remembers which QoS 2 identifiers it has passed on.
 */
import * as mqttPacket from "mqtt-packet";
import type { Wire, World } from "./world";

interface Owed {
  messageId: number;
  topic: string;
  payload: string;
  qos: number;
  sent: boolean;
  released: boolean;
}

export class MemBroker {
  /** What devices have published, each once if the client keeps the rules. */
  received: string[] = [];
  subscriptions = new Map<string, number>();
  /** Identifiers of QoS 2 publications received and not yet released. */
  held = new Set<number>();
  owed: Owed[] = [];
  wire: Wire | undefined;
  faults: string[] = [];
  sessions = 0;
  private last = 0;
  private exists = false;
  private connected = false;

  constructor(readonly world: World) {
    world.answer = (wire) => this.accept(wire);
  }

  /** To whoever has subscribed: kept until the device has it. */
  publish(topic: string, payload: string): void {
    const qos = this.subscriptions.get(topic);
    if (qos === undefined) return;
    const one = { messageId: qos ? (this.last = (this.last % 65535) + 1) : 0, topic, payload, qos, sent: false, released: false };
    if (qos) this.owed.push(one);
    if (this.connected) this.transmit(one);
  }

  private transmit(one: Owed): void {
    if (one.released) this.send({ cmd: "pubrel", messageId: one.messageId });
    else {
      this.send({ cmd: "publish", ...one, dup: one.sent && one.qos > 0, retain: false });
      one.sent = true;
    }
  }

  private send(packet: any): void {
    this.wire!.write(mqttPacket.generate(packet, { protocolVersion: 4 }).toString("latin1"));
  }

  private accept(wire: Wire): void {
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    this.wire = wire;
    this.connected = false;
    parser.on("packet", (packet: any) => this.wire === wire && this.take(packet));
    parser.on("error", (e: Error) => this.faults.push(e.message));
    wire.onData = (bytes) => void parser.parse(Buffer.from(bytes, "latin1"));
  }

  private take(packet: any): void {
    const { cmd, messageId, qos } = packet;
    const at = this.owed.findIndex((one) => one.messageId === messageId);
    if (cmd === "connect") {
      if (packet.clean) Object.assign(this, { exists: false, owed: [], held: new Set(), subscriptions: new Map() });
      this.send({ cmd: "connack", returnCode: 0, sessionPresent: this.exists });
      this.exists = this.connected = true;
      this.sessions++;
      this.owed.forEach((one) => this.transmit(one));
    } else if (cmd === "publish") {
      if (qos < 2 || !this.held.has(messageId)) this.received.push(`${packet.topic} ${packet.payload} ${qos}`);
      else if (!packet.dup) this.faults.push(`identifier ${messageId} used again`);
      if (qos === 2) this.held.add(messageId);
      if (qos) this.send({ cmd: qos === 1 ? "puback" : "pubrec", messageId });
    } else if (cmd === "pubrel") {
      this.held.delete(messageId);
      this.send({ cmd: "pubcomp", messageId });
    } else if (cmd === "subscribe") {
      for (const one of packet.subscriptions) this.subscriptions.set(one.topic, one.qos);
      this.send({ cmd: "suback", messageId, granted: packet.subscriptions.map((one: any) => one.qos) });
    } else if (cmd === "unsubscribe") {
      for (const topic of packet.unsubscriptions) this.subscriptions.delete(topic);
      this.send({ cmd: "unsuback", messageId });
    } else if (cmd === "pingreq") this.send({ cmd: "pingresp" });
    else if ((cmd === "puback" || cmd === "pubcomp") && at >= 0) this.owed.splice(at, 1);
    else if (cmd === "pubrec") {
      if (at >= 0) this.owed[at]!.released = true;
      this.send({ cmd: "pubrel", messageId });
    }
  }
}
