"use strict";
/**
 * The cloud in the memory of the Espruino mock, on the device's own clock: `attach(device, options)` → the cloud, which answers on
 * port 8883 under any of its host names. `cloud.advance(ms)` moves both.
 */
const { createCloud } = require("./index");

function attach(device, options = {}) {
  const cloud = createCloud({ ...options, now: () => device.clock.now() });
  device.net.name("global.azure-devices-provisioning.net", "dps.sim.test", ...cloud.hub.names);
  device.net.serve(options.port || 8883, (peer) => cloud.peer(peer));
  cloud.advance = (ms) => {
    const target = device.clock.now() + ms;
    while (device.clock.now() < target) {
      device.tick(Math.max(1, Math.min(target, cloud.clock.next()) - device.clock.now()));
      cloud.run();
    }
    return device.settle();
  };
  return cloud;
}

module.exports = { attach };
