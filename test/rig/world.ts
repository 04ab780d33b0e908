/** Where a client runs in a test: a clock that a test moves, links that end in the test. */
import type { Bytes } from "../../src/host";
import { fakeWorld, host } from "./fakehost";
import { mockWorld } from "./mockworld";

/** One connection as its far end sees it. */
export interface Wire {
  host: string;
  port: number;
  tls: any;
  /** All that the client has written and the network has taken. */
  sent: Bytes;
  /** The client has let go. */
  over: boolean;
  onData(bytes: Bytes): void;
  onOver(): void;
  write(bytes: Bytes): void;
  /** The far end closes; with a message it is a reset. */
  end(message?: string): void;
  /** The far end does not read. */
  hold(on: boolean): void;
}

export interface World {
  /** What runs is the shipped file for Espruino in the mock, not the source. */
  minified: boolean;
  mqtt: any;
  wires: Wire[];
  answer: (wire: Wire) => void;
  /** Why no connection comes about. */
  refuse: string | undefined;
  /** Most bytes that come at once. */
  chunk: number;
  latency: number;
  log: string[];
  /** What must not happen: an exception into the event loop, a broken rule of the port. */
  faults: unknown[];
  random: () => number;
  now(): number;
  settle(): void;
  tick(ms: number): void;
  /** What the client has left alive. */
  timers(): number;
  links(): number;
  /** Text as the host holds it. */
  text(s: string): string;
  binary(...codes: number[]): { view: unknown; buffer: unknown };
}

let source: any;
const worlds: World[] = [];

/** The module that the jest project maps to the source or to the shipped file. */
export function openWorld(): World {
  const minified = require.resolve("thincloud/mqtt").includes("dist");
  if (!minified && !source) {
    jest.doMock("#host", () => host);
    source = require("thincloud/mqtt");
  }
  const world = minified ? mockWorld() : fakeWorld(source);
  worlds.push(world);
  return world;
}

afterEach(() => {
  for (const world of worlds.splice(0)) expect(world.faults).toEqual([]);
});
