"use strict";
/**
 * Test certificates, made anew for each run by the `openssl` command: a CA, a server certificate for `localhost`, and the
 * three that a verifying client has to refuse. RSA 2048 with SHA-256 throughout, the only kind that mbedTLS 2.8 of IoT.js and
 * the RSA key exchange of Espruino's Linux build both take.
 */
const { execFileSync, spawnSync } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

const available = () => spawnSync("openssl", ["version"]).status === 0;

let made;

/** → { dir, ca, wrongCa, server, wrongHost, expired }, each `{ cert, key }` as file names; removed when the process ends. */
function certificates() {
  if (made) return made;
  if (!available()) throw new Error("the openssl command is needed to make test certificates");
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-certs-"));
  process.on("exit", () => fs.rmSync(dir, { recursive: true, force: true }));
  fs.mkdirSync(path.join(dir, "newcerts"));
  fs.writeFileSync(path.join(dir, "index.txt"), "");
  fs.writeFileSync(path.join(dir, "serial"), "1000\n");
  fs.writeFileSync(path.join(dir, "openssl.cnf"), config(dir));

  const ca = authority(dir, "ca", "Test CA");
  const year = new Date().getUTCFullYear();
  const valid = [`${year - 1}0101000000Z`, `${year + 5}0101000000Z`];
  const past = [`${year - 3}0101000000Z`, `${year - 2}0101000000Z`];
  made = {
    dir,
    ca,
    wrongCa: authority(dir, "wrong-ca", "Another CA"),
    server: issue(dir, ca, "server", "localhost", valid),
    wrongHost: issue(dir, ca, "wrong-host", "elsewhere.example", valid),
    expired: issue(dir, ca, "expired", "localhost", past),
    client: issue(dir, ca, "client", "device-1", valid),
  };
  return made;
}

/** A client certificate of the same CA, valid, for a device of this name. */
function deviceCertificate(name) {
  const { dir, ca } = certificates();
  const year = new Date().getUTCFullYear();
  return issue(dir, ca, `device-${name}`, name, [`${year - 1}0101000000Z`, `${year + 5}0101000000Z`]);
}

function config(dir) {
  return `
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[v3_ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[ca]
default_ca = test
[test]
dir = ${dir}
database = ${dir}/index.txt
serial = ${dir}/serial
new_certs_dir = ${dir}/newcerts
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
`;
}

function openssl(dir, ...args) {
  execFileSync("openssl", args, { cwd: dir, stdio: ["ignore", "ignore", "pipe"] });
}

function authority(dir, name, commonName) {
  const files = { cert: path.join(dir, `${name}.pem`), key: path.join(dir, `${name}.key`) };
  openssl(dir, "req", "-x509", "-config", "openssl.cnf", "-extensions", "v3_ca", "-newkey", "rsa:2048", "-nodes", "-sha256",
    "-days", "3650", "-subj", `/CN=${commonName}`, "-keyout", files.key, "-out", files.cert); // prettier-ignore
  return files;
}

function issue(dir, ca, name, host, [from, until]) {
  const files = { cert: path.join(dir, `${name}.pem`), key: path.join(dir, `${name}.key`) };
  const request = path.join(dir, `${name}.csr`);
  openssl(dir, "req", "-new", "-config", "openssl.cnf", "-newkey", "rsa:2048", "-nodes", "-sha256", "-subj", `/CN=${host}`,
    "-addext", `subjectAltName=DNS:${host}`, "-keyout", files.key, "-out", request); // prettier-ignore
  openssl(dir, "ca", "-config", "openssl.cnf", "-batch", "-notext", "-cert", ca.cert, "-keyfile", ca.key,
    "-startdate", from, "-enddate", until, "-in", request, "-out", files.cert); // prettier-ignore
  fs.chmodSync(files.key, 0o644);
  return files;
}

/** The text of a certificate or key file. */
const pem = (file) => fs.readFileSync(file, "latin1");

module.exports = { available, certificates, deviceCertificate, pem };
