"use strict";
/** examples/aliiot.js at the local platform: it fills a page, obeys, answers, and comes back when the line was cut. */
const { createCloud } = require("../../test/clouds/ali");
const { pause } = require("../demo");

const PK = "a1AbCdEfGhI";
const NAME = "room-1";
const SECRET = "ds0123456789abcdefABCDEF0123456";

/** The platform, a device's options for it, and what `--serve` tells of both. */
async function platform() {
  const cloud = createCloud({ devices: [{ productKey: PK, deviceName: NAME, secret: SECRET }], types: { [PK]: { temperature: "float" } } });
  await cloud.listen();
  const options = {
    productKey: PK,
    deviceName: NAME,
    deviceSecret: SECRET,
    host: "127.0.0.1",
    port: cloud.port,
    protocol: "mqtt",
    reconnectPeriod: 500,
  };
  const operator = `await cloud.set(cloud.devices.get("${PK}/${NAME}"), { heating: 1 })`;
  const heard = () => cloud.messages;
  return { cloud, options, programs: { AliIot: options }, operator, heard, line: ({ topic, payload }) => `${topic} ${payload}` };
}

async function run({ seconds, say, example, boot }) {
  const { cloud, options } = await platform();
  say("cloud", `a local platform listens on 127.0.0.1:${cloud.port}; it checks every signature`);
  const room = cloud.devices.get(`${PK}/${NAME}`);
  const state = { online: 0, reported: 0 };
  const device = await boot({
    app: example("aliiot.js", { OPTIONS: options, EVERY: 700 }),
    heard(line) {
      if (/^online/.test(line)) state.online++;
      if (/^reported/.test(line)) state.reported++;
      say("device", line);
    },
  });
  const ask = async (title, call) => {
    say("cloud", title);
    const answer = await call().catch((error) => error.message);
    say("cloud", `answer ${JSON.stringify(answer)}`);
    return answer;
  };
  const rest = (seconds - 2) * 1000;
  await pause(rest * 0.2, () => state.reported > 0);
  const set = await ask("sets heating to 1", () => cloud.set(room, { heating: 1 }));
  await pause(rest * 0.1, () => room.properties.heating === 1);
  const service = await ask("calls the service measure", () => cloud.call(room, "measure", {}));
  const sync = await ask("calls it synchronously, through RRPC", () => cloud.sync(room, "measure", {}));
  const numbers = () => typeof room.properties.temperature === "number";
  await pause(rest * 0.2, numbers);
  say("cloud", "the line is cut");
  [...cloud.wires].forEach((wire) => wire.destroy());
  const before = state.reported;
  await pause(rest * 0.5, () => state.online > 1 && state.reported > before);
  await device.stop();
  await cloud.close();
  return [
    { name: "the signature was right: online", ok: state.online > 0 },
    { name: "reports were taken, floats with their decimal point", ok: before > 0 && numbers(), note: `${state.reported} reports` }, // prettier-ignore
    { name: "a property set was obeyed, answered and reported", ok: set.code === 200 && room.properties.heating === 1 },
    {
      name: "a service was answered, on its own topic and through RRPC",
      ok: service.code === 200 && sync.code === 200 && sync.data.temperature > 0,
    },
    { name: "the cut was survived", ok: state.online > 1 && state.reported > before },
    { name: "nothing was sent that the platform does not document, or too fast", ok: !cloud.refused.length && !cloud.lost.length },
  ];
}

module.exports = { title: "Alibaba Cloud IoT: a room sensor", modules: ["aliiot"], platform, run };
