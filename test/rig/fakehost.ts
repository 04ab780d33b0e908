/**
 * The port on a virtual clock, with links that end in the test. It holds its user to every word of src/host.ts: what is against them
 * is a fault, and so is whatever comes out of a callback.
 */
import type { Bytes, Heard } from "../../src/host";
import * as node from "../../targets/node";
import type { Wire, World } from "./world";

interface Job {
  due: number;
  serial: number;
  run: () => void;
  timer?: number;
}

interface FakeLink {
  heard: Heard;
  wire: FakeWire;
  ended: boolean;
  gone: boolean;
}

class FakeWire implements Wire {
  sent = "";
  over = false;
  onData: (bytes: Bytes) => void = () => {};
  onOver: () => void = () => {};
  held: (() => void)[] | undefined;
  private cut = false;

  constructor(
    private world: FakeWorld,
    public link: FakeLink,
    public host: string,
    public port: number,
    public tls: any,
  ) {}

  write(bytes: Bytes): void {
    for (let at = 0; at < bytes.length; at += this.world.chunk) {
      const part = bytes.slice(at, at + this.world.chunk);
      this.tell(() => part);
    }
  }

  end(message?: string): void {
    if (message) this.tell(() => ({ message }));
    // The end may be told twice.
    this.tell(() => true);
    this.tell(() => {
      this.cut = true;
      this.link.gone = true;
      return true;
    });
  }

  hold(on: boolean): void {
    const waiting = this.held || [];
    this.held = on ? waiting : undefined;
    if (!on) waiting.forEach((run) => run());
  }

  private tell(what: () => any): void {
    this.world.later(() => !this.cut && this.world.guard(() => this.link.heard.call(this.link, what())), this.world.latency);
  }
}

export class FakeWorld implements World {
  minified = false;
  mqtt: any;
  wires: FakeWire[] = [];
  answer: (wire: Wire) => void = () => {};
  refuse: string | undefined;
  chunk = 1024;
  latency = 0;
  log: string[] = [];
  faults: string[] = [];
  random = () => 0.5;
  private time = Date.UTC(2026, 0, 1);
  private jobs: Job[] = [];
  private alive = new Map<number, Job>();
  private serial = 0;
  private running: number | undefined;

  now(): number {
    return this.time;
  }

  guard(run: () => void): void {
    try {
      run();
    } catch (e) {
      this.faults.push("thrown into the event loop: " + ((e as Error).stack || e));
    }
  }

  later(run: () => void, ms = 0, timer?: number): Job {
    const job = { due: this.time + ms, serial: this.serial++, run, timer };
    let at = this.jobs.length;
    while (at > 0 && this.jobs[at - 1]!.due > job.due) at--;
    this.jobs.splice(at, 0, job);
    return job;
  }

  private step(until: number): boolean {
    const job = this.jobs[0];
    if (!job || job.due > until) return false;
    this.jobs.shift();
    this.time = Math.max(this.time, job.due);
    this.running = job.timer;
    this.guard(job.run);
    this.running = undefined;
    // Like Espruino's, a timer leaves the list only after it ran.
    if (job.timer) this.alive.delete(job.timer);
    return true;
  }

  settle(): void {
    for (let n = 0; this.step(this.time); n++) if (n > 500000) throw new Error("the program does not come to rest");
  }

  tick(ms: number): void {
    const until = this.time + ms;
    while (this.step(until));
    this.time = until;
  }

  timers(): number {
    return this.alive.size;
  }

  links(): number {
    return this.wires.filter((wire) => !wire.link.ended && !wire.link.gone).length;
  }

  text(s: string): string {
    return s;
  }

  binary(...codes: number[]): { view: unknown; buffer: unknown } {
    const view = Uint8Array.from(codes);
    return { view, buffer: view.buffer };
  }

  connect(host: string, port: number, tls: any, heard: Heard): FakeLink {
    const link = { heard, ended: false, gone: false } as FakeLink;
    if (this.refuse) {
      const message = this.refuse;
      this.later(() => this.guard(() => heard.call(link, { message })));
      link.wire = new FakeWire(this, link, host, port, tls);
      link.gone = true;
    } else {
      link.wire = new FakeWire(this, link, host, port, tls);
      this.wires.push(link.wire);
      this.later(() => this.answer(link.wire));
    }
    return link;
  }

  write(link: FakeLink, bytes: Bytes): void {
    if (link.ended) this.faults.push("write after end");
    if (!bytes) this.faults.push("write of nothing");
    if (/[^\0-\xff]/.test(bytes)) this.faults.push("write of what are no bytes");
    const flush = () => {
      if (link.gone) return;
      link.wire.sent += bytes;
      this.later(() => link.wire.onData(bytes), this.latency);
      this.later(() => !link.ended && !link.gone && link.heard.call(link, link));
    };
    this.later(() => (link.wire.held ? link.wire.held.push(flush) : flush()));
  }

  end(link: FakeLink): void {
    if (link.ended) this.faults.push("ended twice");
    link.ended = true;
    this.later(() => this.later(() => this.over(link), this.latency));
  }

  private over(link: FakeLink): void {
    if (link.wire.over) return;
    link.wire.over = true;
    link.wire.onOver();
  }

  after(run: (arg?: any) => void, ms: number, arg?: unknown): number {
    if (!(ms >= 0 && ms < 2147483648)) this.faults.push("timer of " + ms + " ms");
    // Numbers come again at once.
    const id = Math.max(0, ...this.alive.keys()) + 1;
    this.alive.set(
      id,
      this.later(() => run(arg), Math.max(0.1, ms), id),
    );
    return id;
  }

  cancel(timer: number): void {
    const job = this.alive.get(timer);
    if (!job || this.running === timer) this.faults.push("cancel of a timer that is not there");
    else {
      this.alive.delete(timer);
      this.jobs.splice(this.jobs.indexOf(job), 1);
    }
  }
}

let world: FakeWorld;

/** What `#host` is to the sources: the world opened last. */
export const host = {
  listeners: undefined,
  unicode: true,
  connect: (name: string, port: number, tls: unknown, heard: Heard) => world.connect(name, port, tls, heard),
  write: (link: FakeLink, bytes: Bytes) => world.write(link, bytes),
  end: (link: FakeLink) => world.end(link),
  after: (run: () => void, ms: number, arg?: unknown) => world.after(run, ms, arg),
  cancel: (timer: number) => world.cancel(timer),
  now: () => world.now(),
  random: () => world.random(),
  log: (text: unknown) => void world.log.push(String(text)),
  textToBytes: node.textToBytes,
  dataToBytes: node.dataToBytes,
  bytesToText: node.bytesToText,
};

export function fakeWorld(mqtt: any): FakeWorld {
  world = new FakeWorld();
  world.mqtt = mqtt;
  return world;
}
