import { drain } from "../../../../src/cloud/iotconnect/outbox";
import { until } from "../../../rig/until";

test("a record without its time that has rotted goes as it is, and those behind it follow", async () => {
  const records = ['r{"t":"","d":[{"id":"a"', 'r{"t":"","d":[{"id":"b","dt":""}]}'];
  const sent: string[] = [];
  const x: any = {
    _up: 1,
    _info: { p: { pub: "pub" } },
    _o: { flushPeriod: 1 },
    _store: {
      first: () => records[0],
      each: (take: (record: string) => boolean) => records.findIndex((record) => !take(record)),
      pass: (n: number) => records.splice(0, n < 0 ? records.length : n),
    },
    _link: { connected: true, publish: (_topic: string, bytes: string, _o: unknown, done: () => void) => (sent.push(bytes), done()) },
    _act: () => undefined,
    emit: (f: (...args: unknown[]) => void, ...args: unknown[]) => f(...args),
  };
  for (const left of [1, 0]) {
    drain(x);
    await until(() => records.length === left);
  }
  expect(sent[0]).toBe('{"od":1,"t":"","d":[{"id":"a"');
  expect(sent[1]).toMatch(/^\{"t":"2.*"dt":"2.*"od":1\}$/);
});
