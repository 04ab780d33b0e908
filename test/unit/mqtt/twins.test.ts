import { encode } from "../../rig/script";
import { scene, type Scene } from "../../rig/scene";

// Random sessions of two clients that get and are told the same. One may take the short ways (one listener, options of one word), the
// other may not: nobody may see which is which. Runs on "thincloud/mqtt". `SEED=7 npx jest twins` repeats one, `RUNS=5000` makes more.

const { generator, sessions } = require("../../rig/random");

interface Twin {
  s: Scene;
  short: boolean;
  done: string[];
  /** Callbacks that are to come. */
  given: number;
  /** What it sent, by kind. */
  sent: Record<string, string[]>;
}

/** What the broker answers when it answers late, and what it has not answered. */
const ANSWER: Record<string, string> = { publish1: "puback", publish2: "pubrec", pubrec: "pubrel", pubrel: "pubcomp" };

function twin(short: boolean, options: object): Twin {
  const s = scene(options);
  const t: Twin = { s, short, done: [], given: 0, sent: {} };
  if (!short) s.client.on("message", () => undefined);
  return t;
}

function collect(t: Twin): any[] {
  const got = t.s.broker.take();
  for (const p of got) {
    const text = `${p.cmd} ${p.messageId} ${p.topic} ${p.payload} ${p.qos}${p.dup}${p.retain}`;
    (t.sent[p.cmd] = t.sent[p.cmd] || []).push(text);
  }
  return got;
}

type Step = (t: Twin) => void;

/** A session as a list of steps; each step is drawn once and done to both. */
function session(seed: number): { options: object; steps: Step[]; lossy: boolean; pay: (t: Twin, most: number) => boolean } {
  const fraction = generator(seed);
  const random = (n: number): number => Math.floor(fraction() * n);
  const pick = <T>(list: T[]): T => list[random(list.length)];
  const level = random(3);
  const payload = () => (random(3) ? "0123456789" : "x".repeat(random(pick([5, 150, 300]))));
  let id = pick([1, 250, 65530]);
  const lossy = random(2) > 0;

  const publish = (): Step => {
    const many = 1 + random(12);
    const qos = random(4) ? level : random(3);
    const topic = random(6) ? "a/b" : pick(["a/c", "long/topic/name", "t/é"]);
    const text = payload();
    const mode = random(12);
    return (t) => {
      const { s, short, done } = t;
      for (let i = 0; i < many; i++) {
        const own = mode === 3 && i % 2 ? 0 : ++t.given;
        const heard = (e?: any) => {
          done.push(`${own} ${e ? e.code : "ok"} ${qos}`);
          if (mode === 1 && i === 1) s.client.publish("a/b", "from a callback", short ? { qos: level } : { qos: level, retain: false });
          if (mode === 2 && i === 2) throw new Error("boom");
        };
        s.client.publish(s.world.text(topic), text, short ? { qos } : { qos, retain: false }, own ? heard : undefined);
      }
    };
  };

  const incoming = (): string => {
    const kind = random(14);
    const messageId = kind < 11 ? (id = (id % 65535) + 1) : id;
    if (kind < 9) return encode({ cmd: "publish", topic: "in/x", payload: "0123456789", qos: level, messageId });
    if (kind < 11)
      return encode({
        cmd: "publish",
        topic: pick(["in/x", "in/y"]),
        payload: payload(),
        qos: random(3) as 0,
        messageId,
        retain: !random(3),
      });
    if (kind === 11) return encode({ cmd: "publish", topic: "in/x", payload: "0123456789", qos: 2, messageId, dup: !random(2) });
    if (kind === 12) return encode({ cmd: "pubrel", messageId: Math.max(1, id - random(3)) });
    return encode({ cmd: pick(["puback", "pubrec", "pubcomp"]) as "puback", messageId: (lossy ? 1 : 40000) + random(40) });
  };

  const say = (): Step => {
    let bytes = "";
    for (let n = random(25); n >= 0; n--) bytes += incoming();
    // Seldom what breaks the protocol.
    if (lossy && !random(40)) bytes += pick(["\x32\x04\0\x01x\0", "\x32\x05\0\x01x\0\0", "\x40\x03\0\x01\0", "\0\0", "\x36\x02\0\0"]);
    const size = pick([1, 3, 7, 64, 536, 65536]);
    return ({ s }) => {
      for (let i = 0; i < bytes.length && s.client.connected; i += size) s.broker.say(bytes.substr(i, size));
    };
  };

  /** What the broker owes, in order, all of it or some, once or twice. */
  let owed: any[] = [];
  const pay = (t: Twin, most: number, twice?: boolean): boolean => {
    owed = owed.concat(collect(t));
    let text = "";
    for (let n = 0; owed.length && n < most; n++) {
      const { cmd, qos, messageId, wire } = owed.shift();
      const kind: any = ANSWER[cmd === "publish" ? cmd + qos : cmd];
      if (kind && wire === t.s.broker.wire) text += encode({ cmd: kind, messageId }).repeat(twice && kind !== "pubrec" ? 2 : 1);
    }
    if (text && t.s.client.connected) t.s.broker.say(text);
    return text > "";
  };
  const answer = (): Step => {
    const twice = !random(10);
    // What comes first of what it owes differs: some of it would be something else.
    const most = lossy && !random(3) ? random(8) : 1000;
    return (t) => void pay(t, most, twice);
  };

  const fault = (): Step => {
    const kind = random(lossy ? 8 : 7);
    const ms = pick([1, 100, 5000, 40000]);
    const present = !random(2);
    return ({ s }) => {
      if (kind < 3) s.world.settle();
      else if (kind === 3) s.broker.wire!.hold(true);
      else if (kind < 6) s.broker.wire!.hold(false);
      else if (kind === 6) s.world.tick(ms);
      else {
        s.broker.connack = { cmd: "connack", returnCode: 0, sessionPresent: present };
        s.broker.drop(ms > 1000 ? "reset" : undefined);
        s.world.tick(70000);
      }
    };
  };

  const steps: Step[] = [];
  for (let n = 20 + random(40); n; n--) steps.push(pick([publish, publish, say, say, answer, answer, fault])());
  const options = { clean: false, keepalive: 0, queueLimit: pick([2000, 16384]), maxInflight: pick([1, 5, 20]) };
  return { options, steps, lossy, pay };
}

/**
 * What may be seen of a client, by kind: what is written at once differs. Where links are lost, what is lost with them may differ too; a
 * callback comes once all the same.
 */
function seen(t: Twin, lossy: boolean): unknown {
  collect(t);
  const { events, errors, client } = t.s;
  const numbers = t.done.map((text) => parseInt(text)).sort((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  expect(numbers.length).toBe(t.given);
  const { sent, dropped, received } = client.status();
  const done = ["0", "1", "2"].map((qos) => t.done.filter((text) => text.endsWith(qos)));
  if (lossy) return { messages: events.filter((text) => /^message|protocol/.test(text)), received };
  return { events, done, sent: t.sent, status: { sent, dropped, received }, errors: errors.map((e) => e.code || e.message) };
}

/** The whole session of one of them: the world is one client's at a time. */
function live(short: boolean, { options, steps, lossy, pay }: ReturnType<typeof session>): unknown {
  const quiet = ["puback", "pubrec", "pubrel", "pubcomp"];
  const t = twin(short, options);
  const { broker, world, client } = t.s;
  quiet.forEach((cmd) => broker.auto.delete(cmd));
  for (const step of steps) step(t);
  // In the end the broker is reachable and owes nothing; what it took for answered it gets once more.
  broker.connack = { cmd: "connack", returnCode: 0, sessionPresent: true };
  if (broker.wire) broker.wire.hold(false);
  world.tick(70000);
  while (pay(t, 1000));
  if (lossy) {
    quiet.forEach((cmd) => broker.auto.add(cmd));
    if (client.connected) broker.drop();
    world.tick(140000);
  }
  const out = seen(t, lossy);
  expect(client.status()).toMatchObject({ connected: true, queued: 0, bytes: 0, inflight: 0 });
  client.end(true);
  world.tick(1);
  expect([world.timers(), world.links()]).toEqual([0, 0]);
  return out;
}

test(
  "what takes the short ways is the same to the application and to the broker",
  () => sessions(80, (seed: number) => expect(live(true, session(seed))).toEqual(live(false, session(seed)))),
  3600000,
);
