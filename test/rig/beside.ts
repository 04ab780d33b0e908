/** The client and MQTT.js, each with a scripted broker of its own on a clock that the test moves, and what each tells its application. */
import { Duplex } from "node:stream";
import { Script } from "./script";
import { openWorld, type Wire } from "./world";

/** One of the two. */
export interface Side {
  name: "ours" | "theirs";
  client: any;
  broker: Script;
  /** Events and callbacks as text, each with `connected` as it was then. */
  told: string[];
  note(what: string): void;
  /** The broker is out of reach. */
  refuse(on: boolean): void;
  /** The broker closes the link, or resets it. */
  drop(reset?: boolean): void;
  tick(ms: number): Promise<void>;
}

const tens = (data: unknown): string => (typeof data === "string" ? data : Buffer.from(data as Uint8Array).toString("latin1"));

const EVENTS: Record<string, (...args: any[]) => string> = {
  connect: (packet) => `connect ${packet.sessionPresent} ${packet.returnCode}`,
  message: (topic, payload, { qos, retain, dup }) => `message ${topic} ${tens(payload)} ${qos}${retain ? "r" : ""}${dup ? "d" : ""}`,
  error: (e) => "error " + said(e),
  close: () => "close",
  offline: () => "offline",
  reconnect: () => "reconnect",
  end: () => "end",
};

/** The texts of MQTT.js by our codes. */
const CODES: [RegExp, string][] = [
  [/^connack timeout|^Keepalive timeout/, "timeout"],
  [/^Connection refused: (Bad user|Not auth)/, "auth"],
  [/^Connection refused|^Subscribe error/, "refused"],
  [/^client disconnecting/, "offline"],
  [/ECONN/, "network"],
  [/^Protocol error|^Invalid header|^Malformed/i, "protocol"],
];

/** An error as its code. */
export function said(e: any): string {
  if (!e) return "ok";
  const known = CODES.find(([text]) => text.test(e.message));
  return known ? known[1] : typeof e.code === "string" ? e.code : e.message;
}

function hear(side: Side): void {
  for (const name in EVENTS) side.client.on(name, (...args: any[]) => side.note(EVENTS[name]!(...args)));
}

export function ours(options: object, prepare: (side: Side) => void = () => {}): Side {
  const world = openWorld();
  world.random = () => 0;
  const side: Side = {
    name: "ours",
    client: undefined,
    broker: new Script(world),
    told: [],
    note: (what) => void side.told.push(`${what}${side.client && side.client.connected ? " +" : ""}`),
    refuse: (on) => void (world.refuse = on ? "ECONNREFUSED" : undefined),
    drop: (reset) => side.broker.wire && side.broker.wire.end(reset ? "ECONNRESET" : undefined),
    tick: async (ms) => void world.tick(ms || 1),
  };
  prepare(side);
  side.client = world.mqtt.connect({ clientId: "device", ...options });
  hear(side);
  return side;
}

/** A link in memory: what the client writes the broker has at once, and nothing is ever in the way. */
class Line extends Duplex {
  readonly wire: Wire = {
    host: "",
    port: 0,
    tls: undefined,
    sent: "",
    over: false,
    onData: () => {},
    onOver: () => {},
    write: (bytes) => void (this.destroyed || this.over || this.push(Buffer.from(bytes, "latin1"))),
    end: (message) => {
      if (message) this.destroy(Object.assign(new Error(message), { code: message }));
      else this.finish();
    },
    hold: () => {},
  };
  private over = false;

  constructor() {
    super({ allowHalfOpen: false });
  }

  private finish(): void {
    if (!this.over && !this.destroyed) this.push(null);
    this.over = true;
  }

  _read(): void {}

  _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.wire.sent += chunk.toString("latin1");
    this.wire.onData(chunk.toString("latin1"));
    done();
  }

  _final(done: () => void): void {
    done();
    this.finish();
  }
}

/** MQTT.js; the timers of the test are jest's. */
export function theirs(options: object, prepare: (side: Side) => void = () => {}): Side {
  const { MqttClient } = require("mqtt");
  let refused = false;
  const world: any = { faults: [], now: () => Date.now(), settle: () => {} };
  const side: Side = {
    name: "theirs",
    client: undefined,
    broker: new Script(world),
    told: [],
    note: (what) => void side.told.push(`${what}${side.client && side.client.connected ? " +" : ""}`),
    refuse: (on) => void (refused = on),
    drop: (reset) => side.broker.wire && side.broker.wire.end(reset ? "ECONNRESET" : undefined),
    async tick(ms) {
      await rest();
      for (const end = Date.now() + (ms || 1); Date.now() < end; await rest()) jest.advanceTimersByTime(Math.min(1000, end - Date.now()));
      expect(world.faults).toEqual([]);
    },
  };
  prepare(side);
  const dial = () => {
    const line = new Line();
    if (refused) line.wire.end("ECONNREFUSED");
    else world.answer(line.wire);
    return line;
  };
  side.client = new MqttClient(dial, { clientId: "device", ...options });
  hear(side);
  return side;
}

/** Streams and promises have come to rest. */
async function rest(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise((done) => setImmediate(done));
}

/** What the broker got, with names for identifiers: each client counts them its own way. */
export function wire(side: Side, names: Map<number, string>): string[] {
  return side.broker.take().map((p) => {
    if (p.cmd === "publish" && p.qos) names.set(p.messageId, String(p.payload));
    if (p.cmd === "subscribe") names.set(p.messageId, p.subscriptions.map((one: any) => one.topic + one.qos).join());
    if (p.cmd === "unsubscribe") names.set(p.messageId, "-" + p.unsubscriptions);
    const id = p.messageId
      ? " <" + (p.cmd.startsWith("pub") && p.cmd !== "pubrel" && p.cmd !== "publish" ? p.messageId : names.get(p.messageId)) + ">"
      : "";
    if (p.cmd === "publish") return `publish ${p.topic} ${p.payload} ${p.qos}${p.retain ? "r" : ""}${p.dup ? "d" : ""}${id}`;
    if (p.cmd === "connect") return `connect ${p.clean} ${p.keepalive} ${JSON.stringify(p.will || null)} ${p.username} ${p.password}`;
    return p.cmd + id;
  });
}
