#!/usr/bin/env node
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { KeyStore, isKey } = require("./keystore.js");
const lms = require("./lms.js");
const pack = require("./package.js");
const { serve } = require("./serve.js");

const USAGE = `thincloud-ota keygen KEY [--height 5|10|15] [--winternitz 1|2|4|8]
    makes KEY (secret, with its state: never copy it), and prints the public key for the devices
thincloud-ota sign --key KEY|--hmac HEXFILE|--unsigned --version TEXT --seq N --model TEXT --main NAME [options] FILE… | FOLDER
    --target espruino|iotjs|node   what the files were built for (espruino)
    --device TEXT                  only this one device
    --expires DAYS                 from then on nobody starts to install it
    --to NAME=WRITER               the file NAME goes to the application's writer
    --pack                         compress what becomes shorter (heatshrink)
    --out FILE                     (VERSION.ota)
thincloud-ota inspect FILE.ota
thincloud-ota verify FILE.ota --public HEX | --hmac HEXFILE
thincloud-ota serve FOLDER [--port 8080] [--host 0.0.0.0]
FILE may be NAME=PATH; else the name is that of the file, without .js.`;

const OPTIONS = Object.fromEntries(
  [
    "height",
    "winternitz",
    "key",
    "hmac",
    "version",
    "seq",
    "target",
    "model",
    "device",
    "expires",
    "main",
    "out",
    "public",
    "port",
    "host",
  ].map((name) => [name, { type: "string" }]),
);
Object.assign(OPTIONS, {
  unsigned: { type: "boolean" },
  pack: { type: "boolean" },
  to: { type: "string", multiple: true },
  help: { type: "boolean" },
});

const hmacKey = (file) => {
  const hex = fs.readFileSync(file, "utf8").trim();
  if (!/^([0-9a-f]{2}){16,64}$/i.test(hex)) throw new Error(`--hmac ${file}: 16 to 64 bytes in hexadecimal`);
  return Buffer.from(hex, "hex");
};

function publicKey(hex) {
  if (!/^[0-9a-f]{120}$/i.test(hex)) throw new Error("--public: 60 bytes in hexadecimal, as keygen printed them");
  return Buffer.from(hex, "hex");
}

function need(options, ...names) {
  for (const name of names) if (options[name] === undefined) throw new Error(`--${name} is missing`);
}

function choice(name, value, values) {
  if (!(value in values)) throw new Error(`--${name}: ${Object.keys(values).join(", ")}`);
  return values[value];
}

function keygen(options, [file]) {
  if (!file) throw new Error("keygen: where to write the key?");
  const params = {
    lmsType: choice("height", options.height || "10", { 5: 5, 10: 6, 15: 7 }),
    otsType: choice("winternitz", options.winternitz || "4", { 1: 1, 2: 2, 4: 3, 8: 4 }),
  };
  const progress = process.stderr.isTTY && ((part) => process.stderr.write(`\r${Math.round(part * 100)} %`));
  const key = KeyStore.create(file, params, progress);
  if (progress) process.stderr.write("\r");
  console.error(
    `${file} can sign ${KeyStore.usage(file).total} updates. It is the only copy, and must stay so: a copy that signs too breaks it.`,
  );
  console.log(key.toString("hex"));
}

const plain = (file) => path.basename(file).replace(/\.js$/, "");

/** The files of a release, none of them a secret. */
function collect(names, secret) {
  const files = names.flatMap((name) => {
    const [as, file] = name.includes("=") ? name.split("=") : [plain(name), name];
    if (!fs.statSync(file).isDirectory()) return [{ name: as, file }];
    const inside = fs.readdirSync(file).filter((one) => !/^\.|\.ota$/.test(one) && fs.statSync(path.join(file, one)).isFile());
    return inside.sort().map((one) => ({ name: plain(one), file: path.join(file, one) }));
  });
  return files.map(({ name, file }) => {
    const data = fs.readFileSync(file);
    if (isKey(data) || (secret && path.resolve(file) === path.resolve(secret)))
      throw new Error(`${name}: that is a secret, and belongs into no package`);
    return { name, data };
  });
}

/** Sees to it that the package can be written, before a one-time key is spent on it. Gives what takes it back. */
function claim(out, key) {
  if (key && [key, `${key}.tree`, `${key}.lock`].some((file) => path.resolve(file) === path.resolve(out)))
    throw new Error(`--out ${out}: that is the key`);
  const fresh = !fs.existsSync(out);
  try {
    fs.closeSync(fs.openSync(out, "a"));
  } catch (error) {
    throw new Error(`--out ${out}: ${error.message}`);
  }
  return () => fresh && fs.unlinkSync(out);
}

function expiry(days) {
  if (!(Number(days) > 0)) throw new Error(`--expires: days from now, not ${days}`);
  return Math.floor(Date.now() / 1000) + Math.round(Number(days) * 86400);
}

function signature(options, manifest) {
  if (options.hmac) return pack.hmac(hmacKey(options.hmac), manifest);
  if (!options.key) return Buffer.alloc(0);
  const made = KeyStore.sign(options.key, pack.message(manifest));
  const warn = made.left * 10 <= made.total ? ": ship the public part of a new key while this one can still sign" : "";
  console.error(`${made.left} of ${made.total} signatures left${warn}`);
  return made.signature;
}

function sign(options, names) {
  need(options, "version", "seq", "model", "main");
  if (!!options.key + !!options.hmac + !!options.unsigned !== 1) throw new Error("exactly one of --key, --hmac and --unsigned");
  const files = collect(names, options.hmac);
  for (const pair of options.to || []) {
    const [name, to] = pair.split("=");
    const file = files.find((one) => one.name === name);
    if (!file || !to) throw new Error(`--to ${pair}: NAME=WRITER with NAME one of ${files.map((one) => one.name).join(", ")}`);
    file.to = to;
  }
  const parts = pack.build({
    ...options,
    target: options.target || "espruino",
    // What is no number stays as it is, for the message.
    seq: /^\d+$/.test(options.seq) ? Number(options.seq) : options.seq,
    expires: options.expires === undefined ? undefined : expiry(options.expires),
    files,
  });
  const out = options.out || `${options.version}.ota`;
  const release = claim(out, options.key);
  try {
    fs.writeFileSync(out, pack.assemble(parts, signature(options, parts.manifest)));
  } catch (error) {
    release();
    throw error;
  }
  console.log(`${out}: ${fs.statSync(out).size} bytes`);
}

function packageFile(command, file) {
  if (!file) throw new Error(`${command}: which FILE.ota?`);
  return pack.parse(fs.readFileSync(file));
}

function inspect(options, [file]) {
  const { content, signature, files } = packageFile("inspect", file);
  const scheme = signature.length === 0 ? "unsigned" : signature.length === 32 ? "HMAC-SHA256" : `LMS, leaf ${signature.readUInt32BE(4)}`;
  console.log(JSON.stringify(content, null, 2));
  console.log(`signature: ${signature.length} bytes, ${scheme}; not checked, see verify`);
  for (const { entry, whole } of files) console.log(`${whole ? "whole" : "BROKEN"}  ${entry.name}`);
  return files.every((one) => one.whole) ? 0 : 1;
}

function verify(options, [file]) {
  if (!!options.public + !!options.hmac !== 1) throw new Error("exactly one of --public and --hmac");
  const { manifest, signature, files } = packageFile("verify", file);
  const good = options.hmac
    ? pack.sameHmac(hmacKey(options.hmac), manifest, signature)
    : lms.verify(publicKey(options.public), pack.message(manifest), signature);
  const broken = files.filter((one) => !one.whole).map((one) => one.entry.name);
  console.log(
    !good
      ? "the signature does NOT fit"
      : broken.length
        ? `the signature fits, but broken: ${broken.join(", ")}`
        : "good: signature and files",
  );
  return good && !broken.length ? 0 : 1;
}

async function serveFolder(options, [folder = "."]) {
  const seen = ({ address, name, done, size }) =>
    console.log(`${address}  ${name}  ${done} of ${size}  ${Math.floor((done / size) * 100)} %`);
  const server = await serve(folder, { port: Number(options.port || 8080), host: options.host, seen });
  const { address, port } = server.address();
  console.log(
    `http://${address}:${port}/ serves ${
      fs
        .readdirSync(folder)
        .filter((name) => name.endsWith(".ota"))
        .join(", ") || "nothing yet"
    }`,
  );
  await new Promise((resolve) => server.on("close", resolve));
}

async function main(argv) {
  const { values, positionals } = parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  const [command, ...rest] = positionals;
  const run = { keygen, sign, inspect, verify, serve: serveFolder }[command];
  if (!run || values.help) {
    console.log(USAGE);
    return run || values.help ? 0 : 2;
  }
  return (await run(values, rest)) || 0;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(`thincloud-ota: ${error.message}`);
    process.exitCode = 1;
  },
);
