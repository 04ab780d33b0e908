"use strict";
// The signing key on disk. A one-time key that signed two messages is broken for good, so the state moves on, and is on the disk,
// before a signature exists; what a crash costs is an unused leaf.
const { createHash, randomBytes } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const lms = require("./lms.js");

const FORMAT = "thincloud-lms-1";
const NODE = 32;

const digest = (text) => createHash("sha256").update(text).digest("hex");

/** Replaces a file so that after a crash it is the old or the new one, whole. */
function replace(file, data, mode) {
  const temporary = `${file}.new`;
  const fd = fs.openSync(temporary, "w", mode);
  try {
    fs.writeSync(fd, data);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(temporary, file);
  const dir = fs.openSync(path.dirname(path.resolve(file)), "r");
  fs.fsyncSync(dir);
  fs.closeSync(dir);
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return e.code === "EPERM";
  }
}

function lock(file) {
  const name = `${file}.lock`;
  try {
    const fd = fs.openSync(name, "wx");
    fs.writeSync(fd, String(process.pid));
    fs.closeSync(fd);
  } catch (e) {
    if (e.code !== "EEXIST") throw e;
    const pid = Number(fs.readFileSync(name, "utf8"));
    const hint =
      pid && !alive(pid) ? `process ${pid} is gone: delete ${name} when nobody signs on another machine` : `process ${pid} signs now`;
    throw new Error(`${file} is locked: ${hint}`);
  }
  return () => fs.rmSync(name, { force: true });
}

class KeyStore {
  /** Makes a key pair: `file` (secret, with the state) and `file`.tree (hashes that make signing fast, not secret). */
  static create(file, { lmsType = 6, otsType = 3 } = {}, progress) {
    if (fs.existsSync(file)) throw new Error(`${file} exists: a key is never overwritten`);
    const tree = { lmsType, otsType, id: randomBytes(16), seed: randomBytes(32) };
    const nodes = lms.buildTree(tree, progress);
    const state = {
      format: FORMAT,
      lmsType,
      otsType,
      id: tree.id.toString("hex"),
      seed: tree.seed.toString("hex"),
      root: nodes[1].toString("hex"),
      next: 0,
    };
    fs.writeFileSync(`${file}.tree`, Buffer.concat(nodes.slice(1)));
    KeyStore._save(file, state);
    return KeyStore.publicKey(file);
  }

  static _save(file, state) {
    replace(file, JSON.stringify({ ...state, check: digest(JSON.stringify(state)) }, null, 1) + "\n", 0o600);
  }

  static _load(file) {
    const { check, ...state } = JSON.parse(fs.readFileSync(file, "utf8"));
    if (state.format !== FORMAT || check !== digest(JSON.stringify(state))) throw new Error(`${file} is not a whole key of this tool`);
    return state;
  }

  static _tree(state) {
    return { lmsType: state.lmsType, otsType: state.otsType, id: Buffer.from(state.id, "hex"), seed: Buffer.from(state.seed, "hex") };
  }

  /** The 60 bytes (one HSS level) that devices are given. */
  static publicKey(file) {
    const state = KeyStore._load(file);
    return Buffer.concat([lms.u32(1), lms.publicKey(KeyStore._tree(state), Buffer.from(state.root, "hex"))]);
  }

  /** How many signatures were made, and how many the key has in all. */
  static usage(file) {
    const state = KeyStore._load(file);
    return { used: state.next, total: 2 ** lms.height(state.lmsType) };
  }

  static _nodes(file, state) {
    const tree = KeyStore._tree(state);
    const cache = `${file}.tree`;
    const size = NODE * (2 * lms.leaves(tree) - 1);
    let bytes = fs.existsSync(cache) ? fs.readFileSync(cache) : Buffer.alloc(0);
    const whole = () => {
      if (bytes.length !== size) return false;
      const nodes = [Buffer.alloc(0)];
      for (let at = 0; at < size; at += NODE) nodes.push(bytes.subarray(at, at + NODE));
      return nodes;
    };
    let nodes = whole();
    // A cache that was damaged would spend a leaf on a signature that verifies nowhere.
    const good = nodes && nodes[1].toString("hex") === state.root && lms.consistent(tree, nodes);
    if (!good) {
      nodes = lms.buildTree(tree);
      if (nodes[1].toString("hex") !== state.root) throw new Error(`${file}: the seed does not give the root`);
      bytes = Buffer.concat(nodes.slice(1));
      fs.writeFileSync(cache, bytes);
    }
    return nodes;
  }

  /** Signs one message, and gives the HSS signature and how many more the key can make. */
  static sign(file, message) {
    const unlock = lock(file);
    try {
      const state = KeyStore._load(file);
      const tree = KeyStore._tree(state);
      const total = lms.leaves(tree);
      if (state.next >= total)
        throw new Error(`${file} has signed ${total} times and can sign no more: make a new key and ship its public part in an update`);
      const nodes = KeyStore._nodes(file, state);
      const leaf = state.next;
      KeyStore._save(file, { ...state, next: leaf + 1 });
      if (KeyStore._load(file).next !== leaf + 1) throw new Error(`${file} did not keep its new state`);
      return {
        signature: Buffer.concat([lms.u32(0), lms.sign(tree, nodes, leaf, randomBytes(32), message)]),
        left: total - leaf - 1,
        total,
      };
    } finally {
      unlock();
    }
  }
}

/** Whether a file's bytes are a key of this tool. */
const isKey = (data) => data.includes(`"${FORMAT}"`);

module.exports = { KeyStore, isKey };
