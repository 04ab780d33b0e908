"use strict";
/**
 * `npm start [-- name] [--seconds N] [--broker URL] [--interpreter PATH]`: a demonstration out of scripts/start/, the MQTT one
 * when none is named. Builds when there is nothing built, ends by itself, exit code 0 when all that it announces happened.
 */
const { execFileSync } = require("child_process");
const fs = require("fs");
const path = require("path");
const { ROOT, boot, dist, example, voice } = require("./demo");

const demos = fs
  .readdirSync(path.join(__dirname, "start"))
  .filter((name) => name.endsWith(".js"))
  .map((name) => name.slice(0, -3));

const USAGE = `npm start -- [${demos.join("|")}] [--seconds N] [--broker mqtt://HOST:PORT] [--interpreter PATH-OF-ESPRUINO]`;

function parse(argv) {
  const options = { demo: "mqtt", seconds: 12 };
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i];
    if (arg === "--seconds") options.seconds = +argv[++i];
    else if (arg === "--broker") options.broker = argv[++i];
    else if (arg === "--interpreter") options.interpreter = argv[++i];
    else if (demos.includes(arg)) options.demo = arg;
    else throw new Error(`${arg}?\n${USAGE}`);
  }
  if (!(options.seconds >= 5)) throw new Error("--seconds: 5 or more");
  if (options.interpreter && !fs.existsSync(options.interpreter)) throw new Error(`--interpreter: there is no ${options.interpreter}`);
  return options;
}

async function main(argv) {
  const options = parse(argv);
  const demo = require(path.join(__dirname, "start", options.demo + ".js"));
  if (!demo.modules.every((name) => fs.existsSync(dist(name)))) {
    console.log("building …");
    execFileSync("npm", ["run", "-s", "build"], { cwd: ROOT, stdio: "inherit", shell: process.platform === "win32" });
  }
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
