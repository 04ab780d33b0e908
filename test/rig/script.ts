/** A broker that does what a test says. What the client sends is read by mqtt-packet, which refuses what is malformed. */
import * as mqttPacket from "mqtt-packet";
import type { Wire, World } from "./world";

export type Sent = string | { cmd: string; [name: string]: any };

export const encode = (packet: Sent): string =>
  typeof packet === "string" ? packet : mqttPacket.generate(packet as any, { protocolVersion: 4 }).toString("latin1");

export class Script {
  /** All packets of the client, over all connections, with `at`, when they came. */
  got: any[] = [];
  /** What is answered by itself. */
  auto = new Set("connack suback unsuback puback pubrec pubrel pubcomp pingresp".split(" "));
  connack: any = { cmd: "connack", returnCode: 0, sessionPresent: false };
  wire: Wire | undefined;
  /** What came that mqtt-packet could not read. */
  malformed: string[] = [];

  constructor(readonly world: World) {
    world.answer = (wire) => this.accept(wire);
  }

  private accept(wire: Wire): void {
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    this.wire = wire;
    parser.on("packet", (packet: any) => {
      this.got.push(Object.assign(packet, { at: this.world.now(), wire }));
      const answer = wire === this.wire && this.answerTo(packet);
      if (answer && this.auto.has(answer.cmd)) this.send(answer);
    });
    parser.on("error", (e: Error) => this.world.faults.push("the client sent what mqtt-packet cannot read: " + e.message));
    wire.onData = (bytes) => void parser.parse(Buffer.from(bytes, "latin1"));
  }

  private answerTo({ cmd, messageId, qos, subscriptions }: any): any {
    if (cmd === "connect") return this.connack;
    if (cmd === "pingreq") return { cmd: "pingresp" };
    if (cmd === "subscribe") return { cmd: "suback", messageId, granted: subscriptions.map((one: any) => one.qos) };
    if (cmd === "unsubscribe") return { cmd: "unsuback", messageId };
    if (cmd === "publish" && qos) return { cmd: qos === 1 ? "puback" : "pubrec", messageId };
    if (cmd === "pubrec") return { cmd: "pubrel", messageId };
    if (cmd === "pubrel") return { cmd: "pubcomp", messageId };
    return undefined;
  }

  /** To the client, in one piece, and what follows from it. */
  send(...packets: Sent[]): this {
    this.wire!.write(packets.map(encode).join(""));
    return this;
  }

  say(...packets: Sent[]): this {
    this.send(...packets);
    this.world.settle();
    return this;
  }

  publish(topic: string, payload: string | Buffer = "", more: object = {}): this {
    return this.say({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false, ...more });
  }

  /** The link breaks. */
  drop(message?: string): this {
    this.wire!.end(message);
    this.world.settle();
    return this;
  }

  /** Packets of a kind, and those since the last call. */
  all(cmd: string): any[] {
    return this.got.filter((packet) => packet.cmd === cmd);
  }

  take(cmd?: string): any[] {
    const taken = this.got.splice(0);
    return cmd ? taken.filter((packet) => packet.cmd === cmd) : taken;
  }
}
