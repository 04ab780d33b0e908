import { drain } from "../../../../src/cloud/iotconnect/outbox";

test("a record without its time that has rotted goes as it is, and those behind it follow", () => {
  const records = ['r{"t":"","d":[{"id":"a"', 'r{"t":"","d":[{"id":"b","dt":""}]}'];
  const sent: string[] = [];
  const x: any = {
    _up: 1,
    _info: { p: { pub: "pub" } },
    _o: {},
    _store: { first: () => records[0], shift: () => records.shift() },
    _link: { publish: (_topic: string, bytes: string, _o: unknown, done: () => void) => (sent.push(bytes), done()) },
    _act: () => undefined,
    emit: (f: (...args: unknown[]) => void, ...args: unknown[]) => f(...args),
  };
  jest.useFakeTimers();
  try {
    while (records.length) {
      drain(x);
      jest.runAllTimers();
    }
  } finally {
    jest.useRealTimers();
  }
  expect(sent[0]).toBe('{"od":1,"t":"","d":[{"id":"a"');
  expect(sent[1]).toMatch(/^\{"od":1,"t":"2.*"dt":"2/);
});
