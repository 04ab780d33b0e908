import { ours, said, theirs, wire, type Side } from "../../rig/beside";

// MQTT.js as the judge of what an application is told and of what goes to the broker: random sessions that both live through alike, and
// the differences, of which docs/mqtt.md tells. Runs on "thincloud/mqtt". `SEED=7 npx jest beside` repeats one session.

const { generator, sessions } = require("../../rig/random");

jest.useFakeTimers({ now: Date.UTC(2026, 0, 1), doNotFake: ["nextTick", "setImmediate", "clearImmediate", "queueMicrotask"] });

const ALL = "connack suback unsuback puback pubrec pubrel pubcomp pingresp".split(" ");

type Step = (s: Side) => number | void;

/** Hears how a call ended. */
const done = (s: Side, name: string) => (e?: any, granted?: any) =>
  s.note(`${name} ${said(e)}${Array.isArray(granted) && granted.length ? " " + granted.map(({ topic, qos }: any) => topic + qos) : ""}`);

const publish = (s: Side, text: string, qos = 0, more: object = {}): void =>
  void s.client.publish("t", text, { qos, ...more }, done(s, `done${qos} ${text}`));

/** What one of them tells and sends at each step. */
async function live(
  make: typeof ours,
  options: object,
  steps: Step[],
  prepare?: (s: Side) => void,
): Promise<{ told: string[]; sent: string[] }[]> {
  const s = make(options, prepare);
  const names = new Map<number, string>();
  const out: { told: string[]; sent: string[] }[] = [];
  for (const step of [() => 1, ...steps]) {
    let ms;
    try {
      ms = step(s);
    } catch (e) {
      s.note("thrown " + said(e));
    }
    await s.tick(ms || 1);
    out.push({ told: s.told.splice(0), sent: wire(s, names) });
  }
  s.client.end(true);
  await s.tick(10);
  return out;
}

/** A session as steps that are drawn once and done to both. */
function session(seed: number): { options: object; steps: Step[] } {
  const fraction = generator(seed);
  const random = (n: number): number => Math.floor(fraction() * n);
  const pick = <T>(list: T[]): T => list[random(list.length)]!;
  const clean = random(2) > 0;
  const steps: Step[] = [];
  const subscribed: Record<string, number> = {};
  let labels = 0;
  let id = 100;

  const burst = (): Step => {
    const list = Array.from({ length: 1 + random(4) }, () => ({
      qos: random(3),
      form: random(5),
      retain: !random(4),
      text: "p" + ++labels,
    }));
    return (s) => {
      for (const { qos, form, retain, text } of list) {
        if (form === 0) s.client.publish("t", text);
        else if (form === 1) s.client.publish("t", text, done(s, "done0 " + text));
        else if (form === 2) s.client.publish("t", text, { qos, retain });
        else publish(s, text, qos, { retain });
      }
    };
  };

  const incoming = (): Step => {
    const qos = random(3);
    const more = { qos, retain: !random(4), messageId: qos ? ++id : undefined, dup: qos === 1 && !random(4) };
    const text = "m" + ++labels;
    const twice = qos === 2 && !random(2);
    if (twice)
      steps.push((s) => {
        s.broker.auto.delete("pubrel");
        s.broker.publish("in", text, more);
      });
    return (s) => {
      s.broker.auto.add("pubrel");
      s.broker.publish("in", text, { ...more, dup: more.dup || twice });
    };
  };

  /** MQTT.js asks only for what is new to it, or higher. */
  const subscribe = (): Step => {
    const form = random(3);
    const wanted: Record<string, { qos: 0 | 1 | 2 }> = {};
    const same = random(3) as 0 | 1 | 2;
    for (let n = form ? 1 + random(3) : 1; n; n--) {
      const name = "s/" + random(8);
      const qos = form === 2 ? (random(3) as 0 | 1 | 2) : same;
      if (!(subscribed[name]! >= qos)) subscribed[name] = (wanted[name] = { qos }).qos;
    }
    const names = Object.keys(wanted);
    const label = "granted " + ++labels;
    return (s) => {
      if (!names.length) return;
      if (form === 2) s.client.subscribe(JSON.parse(JSON.stringify(wanted)), done(s, label));
      else s.client.subscribe(form ? names.slice() : names[0], { qos: same }, done(s, label));
    };
  };

  const unsubscribe = (): Step => {
    const names = Object.keys(subscribed).filter(() => random(2));
    if (!names.length) names.push("never");
    for (const name of names) delete subscribed[name];
    const one = random(2) && names.length < 2;
    const label = "gone " + ++labels;
    return (s) => void s.client.unsubscribe(one ? names[0] : names.slice(), (e: any) => s.note(label + " " + said(e)));
  };

  /** The link goes, with or without what was under way being answered; the broker may be away for a while. */
  const cut = (): void => {
    const mute = pick([[], [], ["puback"], ["pubrec"], ["pubcomp"], ["puback", "pubcomp"]]);
    const reset = random(2) > 0;
    const present = !clean && random(2) > 0;
    if (mute.length) {
      steps.push((s) => mute.forEach((cmd) => s.broker.auto.delete(cmd)), burst());
    }
    steps.push((s) => s.drop(reset));
    while (!random(2)) steps.push(burst());
    const away = random(6);
    if (away === 0) {
      steps.push(
        (s) => s.refuse(true),
        () => 1100,
        () => 2000,
        (s) => s.refuse(false),
      );
    } else if (away === 1) {
      steps.push(
        (s) => void s.broker.auto.delete("connack"),
        () => 1100,
      );
      if (random(2)) steps.push(burst());
      steps.push(
        () => 5000,
        (s) => void s.broker.auto.add("connack"),
      );
    } else if (away === 2) {
      const returnCode = 1 + random(5);
      steps.push(
        (s) => void (s.broker.connack = { cmd: "connack", returnCode, sessionPresent: false }),
        () => 1100,
      );
    }
    // Asked for only when the next attempt succeeds: what MQTT.js asked for before one that fails is told to have failed.
    steps.push((s) => {
      s.broker.connack = { cmd: "connack", returnCode: 0, sessionPresent: present };
      ALL.forEach((cmd) => s.broker.auto.add(cmd));
    });
    if (!random(3)) steps.push(pick([subscribe, unsubscribe])());
    // So that three links that go soon after CONNACK do not look like two clients of one name.
    steps.push(
      () => 1200,
      () => 31000,
    );
  };

  for (let n = 10 + random(15); n; n--) {
    if (!random(4)) cut();
    else steps.push(pick([burst, burst, incoming, incoming, subscribe, unsubscribe])());
  }
  const form = random(5);
  const late = random(3);
  steps.push(
    (s) => {
      const heard = done(s, "ended");
      if (form === 0) s.client.end(heard);
      else if (form === 1) s.client.end(false, heard);
      else if (form === 2) s.client.end(undefined, heard);
      else if (form === 3) s.client.end(null, null, heard);
      else s.client.end(false, undefined, heard);
      return 100;
    },
    (s) => {
      publish(s, "late", late);
      s.client.subscribe("late", done(s, "granted late"));
      s.client.unsubscribe("late", done(s, "gone late"));
    },
  );
  return { options: { clean, keepalive: 0, connectTimeout: 5000, resubscribe: true }, steps };
}

/**
 * What must be alike. Not: when a callback comes beside the events, what waits in which order by kind (MQTT.js sends QoS 0 behind the
 * others, and tells of what it kept before `connect`), `offline` beside `close`, DUP (MQTT.js has none when it repeats), and at which of
 * its two packets a message of QoS 2 is told.
 */
function alike(steps: { told: string[]; sent: string[] }[]): unknown {
  const before = new Set<string>();
  const broker: Record<string, string> = {};
  const exact = steps.flatMap(({ told }) => told.filter((text) => /^message.* 2r?d?/.test(text)).map((text) => text.replace(/d? \+$/, "")));
  const each = steps.map(({ told, sent }) => {
    const events = told.map((text) => text.replace(/^(error .*|offline) \+$/, "$1"));
    const kind = (pattern: RegExp) => events.filter((text) => pattern.test(text));
    const packets = (pattern: RegExp) => sent.filter((text) => pattern.test(text)).map((text) => text.replace(/^(publish.* \dr?)d/, "$1"));
    for (const text of sent) {
      const change = /^(un)?subscribe <-?(.*)>$/.exec(text);
      if (/^connect true/.test(text)) for (const name in broker) delete broker[name];
      if (change)
        for (const one of change[2]!.split(","))
          if (change[1]) delete broker[one];
          else broker[one.slice(0, -1)] = one.slice(-1);
      before.add(text);
    }
    return {
      life: kind(/^(connect|close|reconnect|end|ended|thrown)\b/),
      offline: kind(/^offline/),
      errors: kind(/^error/),
      messages: kind(/^message.* [01]r?d?/),
      done: [/^done0/, /^done1/, /^done2/, /^granted|^gone/].map(kind),
      sent: [
        /^publish.* 0r?$/,
        /^publish.* 1r?d? </,
        /^publish.* 2r?d? </,
        /^pubrel/,
        /^(puback|pubrec|pubcomp)/,
        /^(connect|disconnect)/,
      ].map(packets),
      broker: { ...broker },
    };
  });
  return { exact, each };
}

test(
  "random sessions are told and sent as MQTT.js tells and sends them",
  () =>
    sessions(25, async (seed: number) => {
      const { options, steps } = session(seed);
      const mine = await live(ours, options, steps);
      const other = await live(theirs, { ...options, reconnectOnConnackError: true }, steps);
      expect(alike(mine)).toEqual(alike(other));
    }),
  3600000,
);

/** What differs: the last step of a session, what each tells and what it sends. docs/mqtt.md, "Beside MQTT.js", has one line for each. */
interface Difference {
  name: string;
  options?: object;
  answers?: string;
  steps: Step[];
  ours: string[];
  theirs: string[];
}

const drop: Step = (s) => s.drop();
const back: Step = () => 1100;
const link = "connect true 60 null undefined undefined";
const answering =
  (...answers: string[]): Step =>
  (s) =>
    answers.forEach((cmd) => s.broker.auto.add(cmd));

const differences: Difference[] = [
  { name: "offline", steps: [drop], ours: ["close", "offline"], theirs: ["offline", "close"] },
  {
    name: "error, and connected then",
    steps: [(s) => void s.broker.say("\x20\x02\0\0")],
    ours: ["error protocol", "close", "offline"],
    theirs: ["offline +", "error protocol +", "close"],
  },
  {
    name: "what waited: after connect, in order",
    steps: [drop, (s) => (publish(s, "a", 0), publish(s, "b", 1), publish(s, "c", 0)), back],
    ours: [
      "reconnect",
      "connect false 0 +",
      "done0 a ok +",
      "done0 c ok +",
      "done1 b ok +",
      link,
      "publish t a 0",
      "publish t b 1 <b>",
      "publish t c 0",
    ],
    theirs: [
      "reconnect",
      "done1 b ok +",
      "done0 a ok +",
      "done0 c ok +",
      "connect false 0 +",
      link,
      "publish t b 1 <b>",
      "publish t a 0",
      "publish t c 0",
    ],
  },
  {
    name: "DUP [MQTT-3.3.1-1]",
    answers: "connack",
    steps: [(s) => publish(s, "a", 1), drop, answering("puback"), back],
    ours: ["reconnect", "connect false 0 +", "done1 a ok +", link, "publish t a 1d <a>"],
    theirs: ["reconnect", "done1 a ok +", "connect false 0 +", link, "publish t a 1 <a>"],
  },
  {
    name: "a message of QoS 2 is told when it first comes",
    answers: "connack",
    steps: [(s) => void s.broker.publish("in", "a", { qos: 2, messageId: 5 })],
    ours: ["message in a 2 +", "pubrec <5>"],
    theirs: ["pubrec <5>"],
  },
  {
    name: "subscribed already",
    steps: [(s) => void s.client.subscribe("a", { qos: 1 }), (s) => void s.client.subscribe("a", done(s, "granted"))],
    ours: ["granted ok a0 +", "subscribe <a0>"],
    theirs: ["granted ok +"],
  },
  {
    name: "a subscription under way when the link goes",
    answers: "connack",
    steps: [(s) => void s.client.subscribe("a", done(s, "granted")), drop, answering("suback"), back],
    ours: ["reconnect", "connect false 0 +", "granted ok a0 +", link, "subscribe <a0>"],
    theirs: ["reconnect", "connect false 0 +", link, "subscribe <a0>"],
  },
  {
    name: "CONNACK with a refusal",
    steps: [
      (s) => {
        s.broker.connack = { cmd: "connack", returnCode: 5, sessionPresent: false };
        s.drop();
      },
      back,
      back,
    ],
    ours: ["reconnect", "error auth", "close", link],
    theirs: [],
  },
  {
    name: "end(true) says DISCONNECT, and what is not acknowledged is told",
    answers: "connack",
    steps: [(s) => publish(s, "a", 1), (s) => void s.client.end(true, done(s, "ended"))],
    ours: ["close", "done1 a offline", "end", "ended ok", "disconnect"],
    theirs: ["close", "end", "ended ok"],
  },
  {
    name: "end() without a link",
    steps: [drop, (s) => publish(s, "a", 1), (s) => void s.client.end(done(s, "ended"))],
    ours: ["done1 a offline", "end", "ended ok"],
    theirs: [],
  },
  {
    name: "end() twice",
    steps: [(s) => (s.client.end(done(s, "ended 1")), s.client.end(done(s, "ended 2")), 100)],
    ours: ["close", "end", "ended 1 ok", "ended 2 ok", "disconnect"],
    theirs: ["ended 2 ok +", "close", "end", "ended 1 ok", "disconnect"],
  },
  {
    name: "end() when it is over",
    steps: [(s) => (s.client.end(), 100), (s) => (s.client.end(done(s, "ended")), 100)],
    ours: ["end", "ended ok"],
    theirs: ["ended ok"],
  },
  {
    name: "after the end, without a callback",
    steps: [(s) => (s.client.end(), 100), (s) => void s.client.publish("t", "a")],
    ours: ["thrown offline"],
    theirs: ["error offline"],
  },
  {
    name: "reconnect() keeps what waits",
    answers: "connack",
    steps: [(s) => publish(s, "a", 1), drop, (s) => (s.client.reconnect(), 100)],
    ours: ["reconnect", "connect false 0 +", link, "publish t a 1d <a>"],
    theirs: ["reconnect", "connect false 0 +", link],
  },
  {
    name: "reconnect() over a link",
    steps: [(s) => (s.client.reconnect(), 100)],
    ours: ["close", "offline", "reconnect", "connect false 0 +", "disconnect", link],
    theirs: ["reconnect +", "close", "end", "connect false 0 +", "disconnect", link],
  },
  {
    name: "the first reconnect() of manualConnect",
    options: { manualConnect: true },
    steps: [(s) => (s.client.reconnect(), 100)],
    ours: ["connect false 0 +", link],
    theirs: ["reconnect", "connect false 0 +", link],
  },
  {
    name: "a ping at half keepalive when nothing was sent",
    options: { keepalive: 60 },
    steps: [() => 30100],
    ours: ["pingreq"],
    theirs: [],
  },
  {
    name: "a packet that no broker may send",
    steps: [(s) => void s.broker.say("\x36\x05\0\x01t\0\x01")],
    ours: ["error protocol", "close", "offline"],
    theirs: ["error Packet must not have both QoS bits set to 1 +"],
  },
  {
    name: "what is wrong in a call",
    steps: [(s) => void s.client.subscribe("a/#/b", done(s, "granted"))],
    ours: ["thrown config +"],
    theirs: ["granted Invalid topic a/#/b +"],
  },
];

test.each(differences)("differs: $name", async ({ options = {}, answers, steps, ours: mine, theirs: other }) => {
  const last = async (make: typeof ours) => {
    const all = await live(make, options, steps, (s) => answers && (s.broker.auto = new Set(answers.split(" "))));
    const { told, sent } = all[all.length - 1]!;
    return told.concat(sent);
  };
  expect(await last(ours)).toEqual(mine);
  expect(await last(theirs)).toEqual(other);
});
