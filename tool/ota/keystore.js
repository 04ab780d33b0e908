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
  // Made anew each time: one that is there may be readable for others.
  fs.rmSync(temporary, { force: true });
  const fd = fs.openSync(temporary, "wx", mode);
  try {
    // On a full disk one write may store a part and say so only by its result; this one fails.
    fs.writeFileSync(fd, data);
    fs.fsyncSync(fd);
  } catch (e) {
    fs.rmSync(temporary, { force: true });
    throw e;
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(temporary, file);
  // Windows has no such call for folders.
  if (process.platform === "win32") return;
  const dir = fs.openSync(path.dirname(file), "r");
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

/** Who holds a lock, for the message. */
function holder(name) {
  let pid = 0;
  try {
    pid = Number(fs.readFileSync(name, "utf8"));
  } catch {
    return "another process signed just now: try again";
  }
  if (!pid) return `${name} names nobody: try again, and delete it when nobody signs`;
  return alive(pid) ? `process ${pid} signs now` : `process ${pid} is gone: delete ${name} when nobody signs on another machine`;
}

function lock(file) {
  const name = `${file}.lock`;
  try {
    fs.writeFileSync(name, String(process.pid), { flag: "wx" });
  } catch (e) {
    if (e.code === "EEXIST") throw new Error(`${file} is locked: ${holder(name)}`);
    // A full disk: what could not be filled is no lock.
    fs.rmSync(name, { force: true });
    throw e;
  }
  return () => fs.rmSync(name, { force: true });
}

/** The file itself, with its one name: a further one would keep the old state, and with it leaves that were used. */
function theOnly(name) {
  const file = fs.realpathSync(name);
  if (fs.statSync(file).nlink > 1)
    throw new Error(`${name} has two names (a hard link): one of them would sign with the same leaves again`);
  return file;
}

class KeyStore {
  /** Makes a key pair: `file` (secret, with the state) and `file`.tree (hashes that make signing fast, not secret). */
  static create(file, { lmsType = 6, otsType = 3 } = {}, progress) {
    for (const name of [file, `${file}.tree`]) if (fs.existsSync(name)) throw new Error(`${name} exists: a key is never overwritten`);
    // The name is taken at once: to make a tree may take minutes.
    fs.closeSync(fs.openSync(file, "wx", 0o600));
    try {
      return KeyStore._make(file, lmsType, otsType, progress);
    } catch (e) {
      fs.rmSync(file, { force: true });
      throw e;
    }
  }

  static _make(file, lmsType, otsType, progress) {
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
    const text = fs.readFileSync(file, "utf8");
    let content;
    try {
      content = JSON.parse(text);
    } catch {
      // Said below.
    }
    const { check, ...state } = content || {};
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
  static sign(name, message) {
    const file = theOnly(name);
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
