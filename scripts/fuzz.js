"use strict";
/**
 * `npm run fuzz [-- --runs N] [--seed N] [--file dist/node/mqtt.js]`: random streams and mutated packets, cut at random
 * places, to the built client. A fault is an exception out of a socket callback, an answer out of proportion, a queue or a
 * timer that stays, 64 runs that take the processor 5 s, or a heap that grows. Exit code 1 when there was one; the seed repeats it.
 */
const { parseArgs } = require("node:util");
const v8 = require("node:v8");
const vm = require("node:vm");
const packets = require("mqtt-packet");
const { generator } = require("../test/rig/random");
const { freshen } = require("./build/fresh");
const { adapter } = require("./fuzz/client");
const help = require("./help");

help("npm run fuzz -- [--runs N] [--seed N] [--file dist/node/mqtt.js]");

/** Packets that a broker may send, and some that it may not. */
const VALID = [
  { cmd: "connack", returnCode: 0, sessionPresent: false },
  { cmd: "connack", returnCode: 5, sessionPresent: false },
  { cmd: "publish", topic: "a/b", payload: "hello", qos: 0 },
  { cmd: "publish", topic: "a/é€", payload: Buffer.alloc(200, 0xff), qos: 1, messageId: 1 },
  { cmd: "publish", topic: "a", payload: "", qos: 2, messageId: 2, dup: true },
  { cmd: "pubrel", messageId: 2 },
  { cmd: "suback", messageId: 1, granted: [2] },
  { cmd: "suback", messageId: 1, granted: [128] },
  { cmd: "puback", messageId: 1 },
  { cmd: "pubrec", messageId: 1 },
  { cmd: "pubcomp", messageId: 1 },
  { cmd: "unsuback", messageId: 1 },
  { cmd: "pingresp" },
  { cmd: "connect", clientId: "x", protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 1 },
  { cmd: "subscribe", messageId: 3, subscriptions: [{ topic: "x", qos: 1 }] },
  { cmd: "disconnect" },
].map((packet) => packets.generate(packet));

function streams(random) {
  const below = (n) => Math.floor(random() * n);
  const noise = (n) => Buffer.from(Array.from({ length: n }, () => below(256)));

  /** A first byte of a real type more often than not, a length that fits more often than not. */
  function invented() {
    const bytes = noise(2 + below(24));
    if (random() < 0.8) bytes[0] = ((1 + below(14)) << 4) | (random() < 0.7 ? [0, 2, 4][below(3)] : below(16));
    if (random() < 0.7) bytes[1] = Math.max(0, bytes.length - 2 - (random() < 0.2 ? below(3) : 0));
    return bytes;
  }

  function mutated() {
    const bytes = Buffer.from(VALID[below(VALID.length)]);
    for (let n = below(4); n > 0; n--) bytes[below(Math.min(bytes.length, 12))] = random() < 0.5 ? below(256) : bytes[0] ^ (1 << below(8));
    return random() < 0.2 ? bytes.subarray(0, below(bytes.length + 1)) : bytes;
  }

  function cut(bytes) {
    const chunks = [];
    const most = random() < 0.3 ? 2 : 40;
    for (let at = 0, n; at < bytes.length; at += n) chunks.push(bytes.subarray(at, at + (n = 1 + below(most))));
    return chunks;
  }

  return () => cut(Buffer.concat(Array.from({ length: 1 + below(4) }, () => (random() < 0.5 ? mutated() : invented()))));
}

v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc");

/** Bytes that something holds: what only waits for its collection is no growth, however long it waits on a loaded machine. */
function heapUsed() {
  collect();
  return process.memoryUsage().heapUsed;
}

/** Of this process, ms: what others do on the machine is no fault of the client. */
function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function main() {
  const { values } = parseArgs({ options: { runs: { type: "string" }, seed: { type: "string" }, file: { type: "string" } } });
  const { file } = values;
  const runs = Number(values.runs ?? 100000);
  const seed = Number(values.seed ?? Date.now() % 1000000);
  if (!(runs > 0) || isNaN(seed)) throw new Error("--runs N and --seed N are numbers");
  if (!file) freshen(["mqtt"], ["node"]);
  const feed = adapter(file);
  const random = generator(seed);
  const next = streams(random);
  const start = Date.now();
  let faults = 0;
  let bytes = 0;
  let last = processorTime();
  let heap;
  for (let i = 0; i < runs; i++) {
    const chunks = next();
    for (const chunk of chunks) bytes += chunk.length;
    let fault = feed(chunks, random() < 0.8);
    if (i % 64 === 0) {
      const now = processorTime();
      if (now - last > 5000) fault = fault || `64 runs took ${Math.round(now - last)} ms of the processor`;
      last = now;
    }
    if (i === Math.floor(runs / 10)) heap = heapUsed();
    if (fault && ++faults <= 5)
      console.log(`fault in run ${i} of seed ${seed}: ${fault}\n  ${chunks.map((chunk) => chunk.toString("hex")).join(" ")}`);
  }
  const growth = heap === undefined ? 0 : heapUsed() - heap;
  if (growth > 4e6) {
    faults++;
    console.log(`the heap grew by ${Math.round(growth / 1e6)} MB`);
  }
  const seconds = (Date.now() - start) / 1000;
  console.log(`${runs} runs, ${bytes} bytes, seed ${seed}, ${seconds.toFixed(1)} s: ${faults} faults`);
  return faults ? 1 : 0;
}

try {
  process.exitCode = main();
} catch (e) {
  console.error(e.message);
  process.exitCode = 2;
}
