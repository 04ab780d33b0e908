"use strict";
/** aedes in a process of its own, because jest's realm cannot load it. Told by messages: "drop" cuts links, "cut x" that of client x, "restart" forgets sessions;
 * each answer says what was `taken`, "client topic", over all the time. */
const { startAedes } = require("./broker");

async function main() {
  const broker = await startAedes(JSON.parse(process.argv[2] || "{}"));
  const taken = [];
  const watch = () => broker.broker.on("publish", ({ topic }, client) => client && taken.push(`${client.id} ${topic}`));
  watch();
  process.on("message", async (what) => {
    if (what === "drop") broker.drop();
    else if (what.startsWith("cut ")) broker.broker.clients[what.slice(4)]?.conn.destroy();
    else if (what === "restart") {
      await broker.restart();
      watch();
    }
    process.send({ done: what, taken });
  });
  process.on("disconnect", () => process.exit());
  process.send({ url: broker.url });
}

main();
