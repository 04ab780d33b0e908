"use strict";
/**
 * Two clients on one device: the older one over TCP, the younger over TLS. What the older writes in a listener of `data` would take the
 * network away from the TLS link that comes later in the same pass over the sockets, and end Espruino (targets/espruino.ts).
 */
const { certificates } = require("../rig/certs");

module.exports = [
  {
    name: "a client over TCP hears QoS 1 while a younger link is open over TLS",
    on: ["espruino64", "espruino32"],
    timeout: 60000,
    async run(t) {
      const { server } = certificates();
      const plain = await t.broker("aedes");
      const secure = await t.broker("aedes", { tls: server });
      const lines = [];
      const script = `
        var mqtt = require("mqtt"), a = mqtt.connect("${plain.url}", { clientId: "a" }), b, n = 0;
        a.subscribe("t", { qos: 1, handler: function () { if (++n > 20) print("R done"); } });
        a.on("connect", function () {
          setTimeout(function () {
            b = mqtt.connect("${secure.url}", { clientId: "b" });
            b.on("connect", function () { print("R secure"); });
          }, 100);
        });`;
      await t.device({ modules: ["mqtt"], script, timeout: 30000, onLine: (line) => lines.push(line) });
      const timer = setInterval(() => plain.broker.publish({ topic: "t", payload: "x", qos: 1 }, () => {}), 50);
      t.defer(() => clearInterval(timer));
      await t.until(() => lines.includes("done") && lines.includes("secure"), "21 messages", 15000);
    },
  },
];
