/// <reference types="node" />
import type { Duplex } from "node:stream";

export interface DeviceOptions {
  /** Files to put into Storage before the first boot: name on the device (28 characters) → path on this computer. */
  storage?: Record<string, string>;
  /** Strings are bytes and Unicode is absent, as on every microcontroller build. */
  layout?: "esp32";
  /** "virtual" (the default with a network in memory): time moves by `tick` and `advance` only. "real": it runs by itself. */
  clock?: "virtual" | "real";
  /** Milliseconds since 1970 at which a virtual clock starts. Default: 2026-01-01. */
  now?: number;
  /** A network in memory (own or shared, from `createNetwork`), or "real": this computer's sockets, on the real clock. */
  net?: "real" | Network;
  /** Most bytes a socket passes on per idle turn. Default 536; an ESP8266 has 268. */
  chunk?: number;
  /** Milliseconds each way. Default 0. */
  latency?: number;
  /** 0 to 1: share of segments sent again after `retry` ms. Default 0. */
  loss?: number;
  /** Milliseconds. Default 1000. */
  retry?: number;
  /** For Math.random and loss: equal seeds give equal runs. Default 1. */
  seed?: number;
  /** Bytes of Storage. Default 262144. */
  flash?: number;
  /** Entries of process.env. */
  env?: Record<string, string>;
  /** Builtin libraries this build lacks, such as ["crypto", "tls"]. */
  without?: string[];
  /** Called with each line that is printed. */
  onLog?(line: string): void;
}

/** The far end of a link as plain calls, synchronous: for scripted brokers and `tick`. Bytes are strings, one char each. */
export interface Peer {
  onData(bytes: string): void;
  onClose(reset: boolean): void;
  write(bytes: string): void;
  end(): void;
  reset(): void;
  readonly link: Link;
}

export interface Link {
  readonly host: string;
  readonly port: number;
  /** Bytes that have reached the peer, and the device. */
  readonly sent: number;
  readonly received: number;
  /** From now on nothing arrives on either side, and nobody is told. */
  silence(): void;
  reset(): void;
  /** The device sees this error of the interpreter: -3 timeout, -6 DNS, -9 reset, -13 handshake … */
  fail(code: number): void;
}

export interface Network {
  /** `port` 0 takes a free one. The handler gets a Peer. */
  serve(port: number, handler: (peer: Peer) => void): { port: number; close(): void };
  /** The handler gets a Node stream, as aedes' `broker.handle` wants it; such peers answer during `advance` and `until`. */
  listen(port: number, handler: (stream: Duplex & { link: Link }) => void): { port: number; close(): void };
  /** Answers datagrams to a UDP port, such as SNTP's 123. */
  udp(port: number, handler: (bytes: string, answer: (bytes: string) => void) => void): { port: number; close(): void };
  /** Host names that resolve, besides 127.0.0.1 and localhost. */
  name(...hosts: string[]): void;
}

export class PowerCut extends Error {}

export class Flash {
  readonly bytes: Buffer;
  /** Programming operations so far: a file's header, its data and an erase mark are one each. */
  readonly writes: number;
  /** Cuts the power at write number `write` from now (1: the next): before it, inside (after `bytes` bytes; default half) or after. 0: never. */
  cutAt(write: number, at?: "before" | "inside" | "after", bytes?: number): void;
  /** Returns the interpreter's complaint, or undefined. */
  write(name: string, bytes: string, offset?: number, size?: number): string | undefined;
  read(name: string, offset?: number, length?: number): string | undefined;
  erase(name: string): void;
  eraseAll(): void;
  compact(): void;
  list(): string[];
}

export interface Device {
  /** Lines printed, and what was thrown out of event handlers and timers. */
  readonly log: string[];
  readonly errors: unknown[];
  readonly storage: Flash;
  readonly net: Network;
  /** Open links, oldest first. */
  readonly links: Link[];
  readonly boots: number;
  readonly alive: { timers: number; sockets: number };
  /** May be changed at any time. */
  readonly faults: { chunk: number; latency: number; loss: number; retry: number };
  /** Runs program text, then what it left to do at this instant. */
  run(source: string, name?: string): this;
  /** Moves the virtual clock by `ms`, stopping at every timer and arrival. */
  tick(ms: number): this;
  /** The same, with Node's event loop served in between. */
  advance(ms?: number): Promise<this>;
  /** Advances until `check` holds; rejects after `ms` of virtual time (default 60,000). */
  until(check: () => boolean, ms?: number): Promise<this>;
  /** Reset: sockets close, .boot0–.boot3 and .bootcde (or .bootrst) run. With `file`, as `load(file)`. Storage stays. */
  restart(options?: { file?: string; blank?: boolean }): this;
  /** All stops at once; peers are told nothing (or reset). `restart` brings the power back. */
  powerCut(options?: { reset?: boolean }): this;
  /** The Wi-Fi is gone (`false`: back): sockets vanish without an event, connects fail. */
  offline(away?: boolean): this;
}

export function createDevice(options?: DeviceOptions): Device;
export function createNetwork(): Network;
