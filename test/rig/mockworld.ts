/** The same world around the file that is shipped for Espruino, inside the mock of the interpreter. */
import * as path from "node:path";
import { runInContext } from "node:vm";
import { createDevice } from "thincloud/mock";
import type { Wire, World } from "./world";

const FILE = path.resolve(__dirname, "../../dist/espruino/mqtt.js");

export function mockWorld(): World {
  const device: any = createDevice({ storage: { mqtt: FILE }, chunk: 1024 });
  device.run('var mqtt = require("mqtt");');
  const { context } = device.machine;
  const wires: Wire[] = [];
  const world: World = {
    minified: true,
    mqtt: context.mqtt,
    wires,
    answer: () => {},
    refuse: undefined,
    log: device.log,
    // What the program throws into the event loop.
    faults: device.errors,
    random: () => 0.5,
    now: () => device.clock.now(),
    settle: () => void device.settle(),
    tick: (ms) => void device.tick(ms),
    // As with the other port, not what the target keeps for a link that it closes.
    timers: () => [...device.machine.loop.timers.values()].filter((timer: any) => !String(timer.fn).includes("clsNow")).length,
    links: () => device.alive.sockets,
    text: (s) => Buffer.from(s).toString("latin1"),
    binary(...codes) {
      const view = new (runInContext("Uint8Array", context))(codes);
      return { view, buffer: view.buffer };
    },
    get chunk() {
      return device.faults.chunk;
    },
    set chunk(n) {
      device.faults.chunk = n;
    },
    get latency() {
      return device.faults.latency;
    },
    set latency(ms) {
      device.faults.latency = ms;
    },
  };
  device.random = () => world.random();

  const open = device.net.open.bind(device.net);
  const served = device.net.serve(1, (peer: any) => {
    const wire: any = {
      sent: "",
      over: false,
      onData: () => {},
      onOver: () => {},
      write: (bytes: string) => peer.write(bytes),
      end: (message?: string) => (message ? peer.link.fail(-9) : peer.end()),
      hold: (on: boolean) => (peer.link.held = on),
    };
    peer.onData = (bytes: string) => {
      wire.sent += bytes;
      wire.onData(bytes);
    };
    peer.onClose = () => {
      wire.over = true;
      wire.onOver();
    };
    wires.push(wire);
  });
  device.net.open = (options: any, tls: boolean) => {
    if (world.refuse) return world.refuse;
    const link = open({ host: "localhost", port: served.port });
    Object.assign(wires[wires.length - 1]!, { host: options.host, port: options.port, tls: tls ? { ...options } : undefined });
    world.answer(wires[wires.length - 1]!);
    return link;
  };
  return world;
}
