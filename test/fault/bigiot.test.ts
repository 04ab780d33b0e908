/** 8 virtual weeks of the minified client at the local platform, at the full rate of heartbeats, with a reconnect every hour. */
const { soak } = require("../clouds/bigiot/soak");

it("8 weeks: nothing grows, no accepted value is lost", () => {
  const it = soak(8);
  expect(it.lost).toBe(0);
  expect(it.after).toEqual(it.before);
  expect(it.online).toBeGreaterThan(it.hours);
  expect(it.violations).toEqual([]);
}, 900000);
