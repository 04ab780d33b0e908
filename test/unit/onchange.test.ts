import { create, type Sample } from "thincloud/onchange";

// The rest is in test/e2e/onchange.test.js, on the interpreter's own terms.

describe("onchange", () => {
  const reports: Sample[][] = [];
  let answer: [Error | undefined, string];
  const made = (options?: object) =>
    create((list, done) => {
      reports.push(list);
      done(...answer);
      return !answer[0];
    }, options);

  beforeEach(() => {
    jest.useFakeTimers({ now: 1700000000000, doNotFake: ["setTimeout", "clearTimeout"] });
    reports.length = 0;
    answer = [undefined, "sent"];
  });
  afterEach(() => jest.useRealTimers());

  test.each([undefined, null, 5, "send", {}])("%p to send with is refused", (send: any) => {
    expect(() => create(send)).toThrow(expect.objectContaining({ code: "config", message: expect.stringContaining("send") }));
  });

  test("one sample for each device, of each name the latest value and of the sample the latest time", () => {
    const c = made();
    c.add({ uniqueId: "a", time: "T1", data: { t: 20, on: true } });
    c.add({ uniqueId: "b", data: { t: 1 } });
    c.add({ uniqueId: "a", time: "T2", data: { t: 21 } });
    expect(reports).toEqual([]);
    c.flush();
    expect(reports).toEqual([[{ uniqueId: "a", time: "T2", data: { t: 21, on: true } }, { uniqueId: "b", data: { t: 1 } }]]); // prettier-ignore
  });

  test("what a function of yours throws comes through and is told again; inherited names are names", () => {
    let broken = true;
    const c = create(
      (list) => {
        if (broken) throw new Error("the client has ended");
        return !!reports.push(list);
      },
      { deadband: {}, decimals: {} },
    );
    const sample = { uniqueId: "a", data: { constructor: 1.25, t: 20 } as any };
    c.add(sample);
    expect(() => c.flush()).toThrow("ended");
    broken = false;
    c.add(sample);
    c.flush();
    c.add(sample);
    c.flush();
    expect(reports).toEqual([[sample]]);
  });

  test("within the deadband, at the same decimals and for the same text nothing is told; a drift is", () => {
    const c = made({ every: 10, deadband: { t: 0.5 }, decimals: { p: 1 } });
    c.add({ uniqueId: "a", data: { t: 20, p: 1013.2499, s: "x" } });
    c.flush();
    c.add({ uniqueId: "a", data: { t: 20.5, p: 1013.16, s: "x" } });
    c.add({ uniqueId: "a", data: { t: 20.75 } });
    c.add({ uniqueId: "a", data: { s: "y" } });
    c.flush();
    expect(reports[0]).toEqual([{ uniqueId: "a", data: { t: 20, p: 1013.2, s: "x" } }]);
    expect(reports[1]).toEqual([{ uniqueId: "a", data: { t: 20.75, s: "y" } }]);
  });

  test.each([
    ["after `again` seconds", 100000, 2],
    ["not before", 99999, 1],
    ["when the clock was set back", -1000, 2],
  ])("what did not change is told again: %s", (_, ms, times) => {
    const c = made({ again: 100 });
    c.add({ uniqueId: "a", data: { t: 1 } });
    c.flush();
    jest.setSystemTime(1700000000000 + ms);
    c.add({ uniqueId: "a", data: { t: 1 } });
    c.flush();
    expect(reports.length).toBe(times);
  });

  test.each<[Error | undefined, string, number]>([
    [new Error("no"), "", 2],
    [undefined, "held", 2],
    [undefined, "sent", 1],
  ])("what did not go, or was held, is told again: %s %s", (err, how, times) => {
    const c = made({ every: 0 });
    const told: unknown[] = [];
    answer = [err, how];
    c.add({ uniqueId: "a", data: { t: 1 } });
    expect(c.flush((e, h) => told.push(e || h))).toBe(!err);
    c.add({ uniqueId: "a", data: { t: 1 } });
    c.flush((e, h) => told.push(e || h));
    expect(reports.length).toBe(times);
    expect(told).toEqual(times > 1 ? [err || how, err || how] : [how, "nothing"]);
    c.add({ uniqueId: "a", data: { t: 2 } });
    c.stop();
    expect(c.flush()).toBe(true);
    expect(reports.length).toBe(times);
  });
});
