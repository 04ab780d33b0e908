"use strict";
const { world } = require("./world");

/** Weeks at the platform with all its heartbeats, the link lost every hour in one of three manners, right after a value was accepted. */
function soak(weeks) {
  const w = world({ device: { seed: 3 } });
  w.cloud.keep = false;
  w.device
    .run(`var count = 0, device = require("bigiot").create({ id: 70413, apiKey: "abc123key", checkoutFirst: true }); device.on("error", function () {});
    device.on("online", function () { count++; });`);
  w.run(60000);
  const measure = () => ({
    ...w.device.alive,
    cloud: w.timers.list.size,
    sessions: w.cloud.sessions.size,
    lanes: w.ask("Object.keys(device).length"),
  });
  const hours = weeks * 7 * 24;
  let before;
  let lost = 0;
  for (let h = 0; h < hours; h++) {
    w.device.run(`device.update({ 66120: ${h}, 66121: ${h % 2} })`);
    const how = h % 3;
    const [link] = w.device.links;
    if (link && how === 0) link.reset();
    if (link && how === 1) link.silence();
    if (link && how === 2) link.finish("fin");
    w.run(3600000);
    if (w.cloud.devices[70413].values[66120] !== String(h)) lost++;
    w.cloud.seen.length = 0;
    if (h === 5) before = measure();
  }
  return {
    hours,
    lost,
    before,
    after: measure(),
    online: w.ask("count"),
    violations: w.cloud.violations,
  };
}

module.exports = { soak };
