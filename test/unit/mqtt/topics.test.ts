import fc from "../../rig/properties";
import { scene, thrown } from "../../rig/scene";

// Runs on "thincloud/mqtt". The oracle is the wording of section 4.7, written as regular expressions over whole strings.

const TOPIC = /^[^\0+#]+$/;
const FILTER = /^(?:(?:[^\0+#/]*|\+)\/)*(?:[^\0+#/]*|\+|#)$/;

/** Section 4.7 as a translation of the filter to a regular expression. */
function falls(topic: string, filter: string): boolean {
  if (/^\$/.test(topic) && /^[+#]/.test(filter)) return false;
  const pattern = filter
    .split("/")
    .map((level) => (level === "+" ? "[^/]*" : level === "#" ? "\u0001" : level.replace(/[^a-z]/g, "\\$&")))
    .join("/")
    // # takes its parent along.
    .replace(/^\u0001$/, "[^]*")
    .replace(/\/\u0001$/, "(?:/[^]*)?");
  return new RegExp("^" + pattern + "$").test(topic);
}

const level = fc.constantFrom("", "a", "b", "$a", "$SYS", "aa", " ", "+", "#", "a+", "#a", "\0", "$");
const path = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const plain = fc.array(fc.constantFrom("", "a", "b", "$a"), { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const filter = fc
  .tuple(fc.array(fc.constantFrom("", "a", "b", "$a", "+"), { minLength: 0, maxLength: 3 }), fc.constantFrom("#", "+", "a", "", "$a"))
  .map(([levels, last]) => [...levels, last].join("/"))
  .filter((text) => text !== "");

test("what may be published to and subscribed to [MQTT-4.7.1-1] to [MQTT-4.7.1-3] [MQTT-4.7.3-1] [MQTT-4.7.3-2]", () => {
  const { world, client } = scene({ queueLimit: 1000000 });
  fc.assert(
    fc.property(path, (text) => {
      const p = thrown(() => client.publish(text, ""));
      const s = thrown(() => client.subscribe(text));
      world.settle();
      return (p === undefined) === TOPIC.test(text) && (s === undefined) === (text !== "" && FILTER.test(text));
    }),
    { numRuns: 400 },
  );
});

test("what falls under a filter [MQTT-4.7.1] [MQTT-4.7.2-1]", () => {
  const { world, broker, client } = scene();
  fc.assert(
    fc.property(
      filter,
      fc.array(
        plain.filter((t) => t !== ""),
        { minLength: 1, maxLength: 5 },
      ),
      (f, topics) => {
        const got: string[] = [];
        client.subscribe(f, { handler: (topic: string) => got.push(topic) });
        for (const topic of topics) broker.publish(topic);
        client.unsubscribe(f);
        world.settle();
        broker.publish(topics[0]!);
        expect([f, topics, got]).toEqual([f, topics, topics.filter((topic) => falls(topic, f))]);
      },
    ),
    { numRuns: 300 },
  );
});

test("the examples of section 4.7", () => {
  const { world, broker, client, events } = scene();
  const filters = [
    "sport/tennis/player1/#",
    "sport/#",
    "#",
    "sport/tennis/+",
    "sport/+",
    "+",
    "+/+",
    "/+",
    "+/monitor/Clients",
    "$SYS/#",
    "$SYS/monitor/+",
    "/finance",
  ];
  const got: string[] = [];
  for (const f of filters) client.subscribe(f, { handler: (topic: string) => got.push(`${f} ${topic}`) });
  world.settle();
  const under = (topic: string) => {
    broker.publish(topic);
    return got.splice(0).map((line) => line.split(" ")[0]);
  };
  expect(under("sport/tennis/player1")).toEqual(["sport/tennis/player1/#", "sport/#", "#", "sport/tennis/+"]);
  expect(under("sport/tennis/player1/ranking")).toEqual(["sport/tennis/player1/#", "sport/#", "#"]);
  expect(under("sport")).toEqual(["sport/#", "#", "+"]);
  expect(under("sport/")).toEqual(["sport/#", "#", "sport/+", "+/+"]);
  expect(under("/finance")).toEqual(["#", "+/+", "/+", "/finance"]);
  expect(under("$SYS/monitor/Clients")).toEqual(["$SYS/#", "$SYS/monitor/+"]);
  expect(under("ACCOUNTS")).toEqual(["#", "+"]);
  expect(under("Accounts")).toEqual(["#", "+"]);
  expect(events.filter((e) => e.startsWith("message")).length).toBe(8);
});
