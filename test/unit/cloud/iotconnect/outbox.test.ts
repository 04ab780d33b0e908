import { drain } from "../../../../src/cloud/iotconnect/outbox";

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
    _link: { publish: (_topic: string, bytes: string, _o: unknown, done: () => void) => (sent.push(bytes), done()) },
    _act: () => undefined,
    emit: (f: (...args: unknown[]) => void, ...args: unknown[]) => f(...args),
  };
  for (let i = 0; i < 2; i++) {
    drain(x);
    await new Promise((next) => setTimeout(next, 20));
  }
  expect(records).toEqual([]);
  expect(sent[0]).toBe('{"od":1,"t":"","d":[{"id":"a"');
  expect(sent[1]).toMatch(/^\{"t":"2.*"dt":"2.*"od":1\}$/);
});
