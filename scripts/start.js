"use strict";
/**
 * `npm start [-- name] [--seconds N] [--broker URL] [--interpreter [PATH]] [--serve]`: a demonstration out of scripts/start/, the MQTT one
 * when none is named. Builds what it needs, ends by itself, exit code 0 when all that it announces happened.
 * `name --serve`: only the demonstration's cloud, for programs of one's own, until Ctrl+C.
 */
const fs = require("node:fs");
const path = require("node:path");
const { freshen } = require("./build/fresh");
const { boot, example, voice } = require("./demo");
const help = require("./help");
const serve = require("./serve");

const demos = fs
  .readdirSync(path.join(__dirname, "start"))
  .filter((name) => name.endsWith(".js"))
  .map((name) => name.slice(0, -3));

const USAGE = `npm start -- [${demos.join("|")}] [--seconds N] [--broker mqtt://HOST:PORT (mqtt only)] [--interpreter [PATH-OF-ESPRUINO]]
npm start -- NAME --serve       the cloud alone, for programs of your own on this machine, until Ctrl+C`;
help(USAGE);

const load = (demo) => require(path.join(__dirname, "start", demo + ".js"));

/** The value that follows an option; undefined when there is none. */
const value = (argv, at) => (argv[at] === undefined || argv[at].startsWith("--") ? undefined : argv[at]);

function parse(argv) {
  const options = { demo: undefined, seconds: 12 };
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i];
    const given = value(argv, i + 1);
    if (demos.includes(arg) && !options.demo) options.demo = arg;
    else if (arg === "--serve") options.serve = true;
    else if (!["--seconds", "--broker", "--interpreter"].includes(arg)) throw new Error(`${arg}?\n${USAGE}`);
    else {
      options[arg.slice(2)] = given;
      if (given !== undefined) i++;
    }
  }
  options.demo ||= "mqtt";
  const { least = 5, platform } = load(options.demo);
  if (options.serve && (!platform || argv.length > 2)) throw new Error(`--serve: alone with a name, not ota or tpm\n${USAGE}`);
  // A day: timers of Node end at some weeks.
  if (!(options.seconds >= least && options.seconds <= 86400)) throw new Error(`--seconds: ${least} to 86400 for ${options.demo}`);
  if ("broker" in options && (options.demo !== "mqtt" || !/^mqtts?:\/\/./.test(options.broker)))
    throw new Error(`--broker: mqtt://HOST:PORT, and for the mqtt demonstration only\n${USAGE}`);
  if ("interpreter" in options) {
    options.interpreter ||= process.env.ESPRUINO_BIN;
    if (!options.interpreter) throw new Error("--interpreter: the path of an Espruino for Linux, here or in ESPRUINO_BIN");
    if (!fs.existsSync(options.interpreter)) throw new Error(`--interpreter: there is no ${options.interpreter}`);
  }
  return { ...options, seconds: +options.seconds };
}

async function main(argv) {
  const options = parse(argv);
  const demo = load(options.demo);
  if (options.serve) return serve(demo, voice());
  freshen(demo.modules, ["espruino"]);
  const { say, paint } = voice();
  console.log(paint("title", `${demo.title}, on ${options.interpreter || "the mock device"}, ${options.seconds} s`));
  const results = await demo.run({ ...options, say, example, boot: (rest) => boot({ ...options, modules: demo.modules, ...rest }) });
  console.log();
  for (const { name, ok, note } of results)
    console.log(`${ok ? paint("ok", "yes") : paint("bad", "NO ")}  ${name}${note ? ` (${note})` : ""}`);
  const good = results.filter((one) => one.ok).length;
  console.log(paint(good === results.length ? "ok" : "bad", `${good} of ${results.length} happened`));
  return good === results.length ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    console.error(error.message);
    process.exit(2);
  },
);
