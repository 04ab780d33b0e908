/** Bad input is refused at once with an error that says what was expected: the rules of docs/errors.md. */
import type { Client } from "../../../src/mqtt/index";
import { scene, thrown } from "../../rig/scene";
import { openWorld } from "../../rig/world";

const listener = () => {};

test.each([
  ["subscribe", [{ a: null }], "a"],
  // MQTT.js 2 took { filter: qos }: here it would be QoS 0 without a word.
  ["subscribe", [{ a: 1 }], "a"],
  ["subscribe", ["a", 1], "option"],
  ["publish", ["a", "x", 1], "option"],
  ["publish", ["a", "x", {}, 5], "callback"],
  ["subscribe", ["a", {}, 5], "callback"],
  ["end", [false, 5], "callback"],
])("%s(%j) is refused at once", (method, args, word) => {
  const { broker, client } = scene();
  broker.take();
  const e = thrown(() => client[method](...args));
  expect(e).toMatchObject({ code: "config" });
  expect(e.message).toContain(word);
});

test("a payload that is neither text nor bytes is refused at once, and by the compiler", () => {
  const client: Client = openWorld().mqtt.connect("mqtt://h");
  // @ts-expect-error: neither text nor bytes
  expect(thrown(() => client.publish("a", 20.5))).toMatchObject({ code: "config" });
  // @ts-expect-error: neither text nor bytes
  expect(thrown(() => client.publish("a", { celsius: 20.5 }))).toMatchObject({ code: "config" });
  // @ts-expect-error: neither text nor bytes
  expect(thrown(() => client.publish("a"))).toMatchObject({ code: "config" });
});

test.each([[[5]], [[[]]], [["mqtt://h", 5]], [[{ host: "h", store: {} }]], [["mqtt://h?x=1"]]])(
  "connect(...%j) is refused at once",
  (args) => {
    const world = openWorld();
    expect(thrown(() => (world.mqtt.connect as any)(...args))).toMatchObject({ code: "config" });
  },
);

test("a queue that is full is no exception out of the program's timer: the quick start of the README, offline for long", () => {
  const world = openWorld();
  world.refuse = "no";
  const client: any = world.mqtt.connect("mqtt://h", { queueLimit: 100, clientId: "d" });
  const errors: string[] = [];
  client.on("error", (e: any) => errors.push(e.code));
  const report = () => client.publish("lamp-1/free", "16000");
  for (let n = 0; n < 20; n++) expect(thrown(report)).toBeUndefined();
  world.tick(1);
  expect(errors).toContain("limit");
  client.end(true, listener);
});
