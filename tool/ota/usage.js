"use strict";
// What the command line may be, and what is said about it.
const { parseArgs } = require("node:util");

const NAMES = "FILE may be NAME=PATH; else its name on the device is that of the file, without .js. A FOLDER gives all files in it.";

/** `flags` are without a value; `most`: how many names may follow. */
const COMMANDS = {
  keygen: {
    options: ["height", "winternitz"],
    most: 1,
    text: `thincloud-ota keygen KEY [--height 5|10|15] [--winternitz 1|2|4|8]

Makes a key pair. KEY is the secret, with the count of its signatures: never copy it, and never put back an older one from a backup.
KEY.tree beside it makes signing fast; it is no secret, and made again when it is lost. What is printed is the public key for the
devices, the option "key" of the module "ota".

  --height 5|10|15        32, 1024 or 32768 signatures (10); 15 takes minutes to make
  --winternitz 1|2|4|8    8 makes signatures half as long as 4, and eight times as slow to verify (4)

  thincloud-ota keygen ../product.key`,
  },
  sign: {
    options: ["key", "hmac", "version", "seq", "model", "main", "target", "device", "expires", "out"],
    flags: ["unsigned", "pack"],
    lists: ["to"],
    most: Infinity,
    text: `thincloud-ota sign --key KEY --version TEXT --seq N --model TEXT --main NAME [options] FILE… | FOLDER

Makes a package of the files, and signs it. ${NAMES}

  --key KEY               the key that keygen made; each package uses up one of its signatures
  --hmac HEXFILE          or a secret in a file, 16 to 64 bytes in hexadecimal, which the devices have as well
  --unsigned              or no signature at all
  --version TEXT          for people
  --seq N                 greater than that of the release before, and never less: devices go by it
  --model TEXT            the product: the option "model" of the devices
  --main NAME             the file that is run; the others are modules for require
  --target TEXT           espruino, iotjs, kaluma or node: what the files were built for (espruino)
  --device TEXT           only the device whose option "device" is TEXT
  --expires DAYS          from then on nobody starts to install it
  --to NAME=WRITER        the file NAME goes to the application's writer; once for each such file
  --pack                  compress what becomes shorter (heatshrink)
  --out FILE              where to write the package (VERSION.ota)

  thincloud-ota sign --key ../product.key --version 1.4.0 --seq 14 --model pump --main main --out pump.ota main.js`,
  },
  inspect: {
    options: [],
    most: 1,
    text: `thincloud-ota inspect FILE.ota

Shows what a package says, and which of its files are whole. The signature is not checked. Exits with 1 when a file is broken.`,
  },
  verify: {
    options: ["public", "hmac"],
    most: 1,
    text: `thincloud-ota verify FILE.ota --public HEX | --hmac HEXFILE

Whether a package is signed by a key, and whole. Exits with 1 when it is not.

  --public HEX            the public key, as keygen printed it
  --hmac HEXFILE          or the secret, in a file`,
  },
  serve: {
    options: ["port", "host"],
    most: 1,
    text: `thincloud-ota serve [FOLDER] [--port 8080] [--host 0.0.0.0]

Serves the packages (*.ota) of a folder over HTTP, with ranges, until it is stopped, and tells how far each device is.`,
  },
};

const USAGE = `thincloud-ota makes signed updates for devices that run the module "ota".

  thincloud-ota keygen KEY                 once: a key pair; the public key goes into the program
  thincloud-ota sign --key KEY … FILE…     for each release: a package of its files
  thincloud-ota inspect FILE.ota           what is in a package
  thincloud-ota verify FILE.ota --public HEX   whether it is signed and whole
  thincloud-ota serve FOLDER               gives packages to devices, for a try

"thincloud-ota COMMAND --help" says more. Exit codes: 0 done; 1 failed, or not whole, or the signature is wrong; 2 the command line is wrong.`;

/** What is wrong with the command line itself. */
class UsageError extends Error {}

/** The command and what it is given; with `help` what is to be said instead. */
function parse(argv) {
  const all = Object.values(COMMANDS);
  const of = (names, type) => Object.fromEntries(names.map((name) => [name, type]));
  const config = {
    args: argv,
    allowPositionals: true,
    options: {
      ...of(
        all.flatMap((one) => one.options),
        { type: "string" },
      ),
      ...of(
        all.flatMap((one) => one.flags || []),
        { type: "boolean" },
      ),
      ...of(
        all.flatMap((one) => one.lists || []),
        { type: "string", multiple: true },
      ),
      help: { type: "boolean", short: "h" },
    },
  };
  let parsed;
  try {
    parsed = parseArgs(config);
  } catch (error) {
    // What Node adds about names that begin with a dash helps nobody here.
    throw new UsageError(error.message.split(". To specify")[0]);
  }
  const { values } = parsed;
  const [command, ...names] = parsed.positionals;
  const known = command !== undefined && Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (values.help) return { help: known ? known.text : USAGE };
  if (command === undefined) throw new UsageError(`which command?\n\n${USAGE}`);
  if (!known) throw new UsageError(`there is no command ${command}; there are ${Object.keys(COMMANDS).join(", ")}`);
  const own = [...known.options, ...(known.flags || []), ...(known.lists || [])];
  const foreign = Object.keys(values).find((name) => !own.includes(name));
  if (foreign) throw new UsageError(`${command} has no option --${foreign}`);
  const empty = Object.keys(values).find((name) => values[name] === "");
  if (empty) throw new UsageError(`--${empty} is empty`);
  if (names.length > known.most) throw new UsageError(`${command} takes one name, not ${names.join(" ")}`);
  return { command, values, names };
}

/** What is said about an error: also where to read on, when the line of a known command is wrong. */
function explain(error, [command]) {
  if (error.code === "ENOENT" && error.path) return `there is no ${error.path}`;
  const known = error instanceof UsageError && Object.hasOwn(COMMANDS, command);
  return error.message + (known ? `\n"thincloud-ota ${command} --help" says what it takes` : "");
}

module.exports = { explain, parse, UsageError };
