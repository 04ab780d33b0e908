#!/usr/bin/env node
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { KeyStore, isKey } = require("./keystore.js");
const lms = require("./lms.js");
const pack = require("./package.js");
const { serve } = require("./serve.js");
const { explain, parse, UsageError } = require("./usage.js");

const hmacKey = (file) => {
  const hex = fs.readFileSync(file, "utf8").trim();
  if (!/^([0-9a-f]{2}){16,64}$/i.test(hex)) throw new Error(`--hmac ${file}: 16 to 64 bytes in hexadecimal`);
  return Buffer.from(hex, "hex");
};

function publicKey(hex) {
  if (!/^[0-9a-f]{120}$/i.test(hex)) throw new UsageError("--public: 60 bytes in hexadecimal, as keygen printed them");
  return Buffer.from(hex, "hex");
}

function need(options, ...names) {
  for (const name of names) if (options[name] === undefined) throw new UsageError(`--${name} is missing`);
}

function choice(name, value, values) {
  if (!Object.hasOwn(values, value)) throw new UsageError(`--${name}: ${Object.keys(values).join(", ")}`);
  return values[value];
}

function keygen(options, [file]) {
  if (!file) throw new UsageError("keygen: where to write the key?");
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
    const at = name.indexOf("=");
    const [as, file] = at < 0 ? [plain(name), name] : [name.slice(0, at), name.slice(at + 1)];
    if (!fs.statSync(file).isDirectory()) return [{ name: as, file }];
    const inside = fs.readdirSync(file).filter((one) => !/^\.|\.ota$/.test(one) && fs.statSync(path.join(file, one)).isFile());
    return inside.sort().map((one) => ({ name: plain(one), file: path.join(file, one) }));
  });
  return files.map(({ name, file }) => {
    const data = fs.readFileSync(file);
    if (isKey(data) || (secret && data.equals(fs.readFileSync(secret))))
      throw new Error(`${name}: that is a secret, and belongs into no package`);
    return { name, data, file };
  });
}

/** Whether two names are those of one file, by way of links, too. */
function same(one, other) {
  const [a, b] = [one, other].map((file) => fs.statSync(file, { throwIfNoEntry: false }));
  return path.resolve(one) === path.resolve(other) || !!(a && b && a.dev === b.dev && a.ino === b.ino);
}

/** Sees to it that the package can be written, before a one-time key is spent on it, and over nothing that is needed. What is there stays until then. */
function claim(out, { key, hmac }, files) {
  const is = (what, ...names) => names.some((name) => same(name, out)) && `--out ${out}: that is ${what}`;
  const wrong =
    (key && is("the key", key, `${key}.tree`, `${key}.lock`)) ||
    (hmac && is("the secret", hmac)) ||
    is("one of the files", ...files.map((one) => one.file));
  if (wrong) throw new Error(wrong);
  const stat = fs.statSync(out, { throwIfNoEntry: false });
  const target = stat ? fs.realpathSync(out) : out;
  // A server that knows the folder sees the old package or the new one. A device or a pipe has no other name.
  const place = stat && !stat.isFile() ? target : path.join(path.dirname(target), `.${path.basename(target)}.new`);
  let fd;
  try {
    fd = fs.openSync(place, place === target ? "a" : "w");
  } catch (error) {
    throw new Error(`--out ${out}: ${error.message}`);
  }
  return {
    write(data) {
      fs.writeFileSync(fd, data);
      fs.closeSync(fd);
      if (place !== target) fs.renameSync(place, target);
    },
    release() {
      if (place !== target) fs.rmSync(place, { force: true });
    },
  };
}

function expiry(days) {
  if (!(Number(days) > 0)) throw new UsageError(`--expires: days from now, not ${days}`);
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
  if (!!options.key + !!options.hmac + !!options.unsigned !== 1) throw new UsageError("exactly one of --key, --hmac and --unsigned");
  const files = collect(names, options.hmac);
  for (const pair of options.to || []) {
    const [name, to] = pair.split("=");
    const file = files.find((one) => one.name === name);
    if (!file || !to) throw new UsageError(`--to ${pair}: NAME=WRITER with NAME one of ${files.map((one) => one.name).join(", ")}`);
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
  // A version is no path.
  const out = options.out || `${options.version.replace(/[^\w.+-]/g, "_")}.ota`;
  const { write, release } = claim(out, options, files);
  try {
    write(pack.assemble(parts, signature(options, parts.manifest)));
  } catch (error) {
    release();
    throw error;
  }
  console.log(`${out}: ${fs.statSync(out).size} bytes`);
}

function packageFile(command, file) {
  if (!file) throw new UsageError(`${command}: which FILE.ota?`);
  const data = fs.readFileSync(file);
  try {
    return pack.parse(data);
  } catch (error) {
    throw new Error(`${file}: ${error.message}`);
  }
}

function inspect(options, [file]) {
  const { content, signature, files } = packageFile("inspect", file);
  const leaf = signature.length > 1000 ? `LMS, leaf ${signature.readUInt32BE(4)}` : "of no kind that there is";
  const scheme = signature.length === 0 ? "unsigned" : signature.length === 32 ? "HMAC-SHA256" : leaf;
  console.log(JSON.stringify(content, null, 2));
  console.log(`signature: ${signature.length} bytes, ${scheme}; not checked, see verify`);
  for (const { entry, whole } of files) console.log(`${whole ? "whole" : "BROKEN"}  ${entry.name}`);
  return files.every((one) => one.whole) ? 0 : 1;
}

function verify(options, [file]) {
  if (!!options.public + !!options.hmac !== 1) throw new UsageError("exactly one of --public and --hmac");
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
  const wanted = options.port || "8080";
  if (!/^\d{1,5}$/.test(wanted) || Number(wanted) > 65535) throw new UsageError(`--port: a number up to 65535, not ${wanted}`);
  // Before it listens: a folder that is none is told at once.
  const there = () => fs.readdirSync(folder).filter((name) => name.endsWith(".ota"));
  there();
  const seen = ({ address, name, done, size }) =>
    console.log(`${address}  ${name}  ${done} of ${size}  ${Math.floor((done / size) * 100)} %`);
  const server = await serve(folder, { port: Number(wanted), host: options.host, seen });
  const { address, port } = server.address();
  console.log(`http://${address}:${port}/ serves ${there().join(", ") || "nothing yet"}`);
  await new Promise((resolve) => server.on("close", resolve));
}

async function main(argv) {
  const { help, command, values, names } = parse(argv);
  if (help) return console.log(help);
  return { keygen, sign, inspect, verify, serve: serveFolder }[command](values, names);
}

/** Runs one command line; the exit code. */
async function run(argv) {
  try {
    return (await main(argv)) || 0;
  } catch (error) {
    console.error(`thincloud-ota: ${explain(error, argv)}`);
    return error instanceof UsageError || error instanceof pack.ValueError ? 2 : 1;
  }
}

if (require.main === module) {
  // Who reads what is printed may have gone: `| head`.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  run(process.argv.slice(2)).then((code) => (process.exitCode = code));
}

module.exports = { run };
