"use strict";
/** A software TPM 2.0 on loopback whose state outlives a restart. `missing()` says why there is none. */
const { spawn, spawnSync } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");
const { delay, freePort } = require("./broker");

const living = new Set();
process.on("exit", () => living.forEach((child) => child.kill("SIGKILL")));

const missing = () => (spawnSync("swtpm", ["--version"]).error ? "swtpm is not installed" : "");

class Swtpm {
  constructor() {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-tpm-"));
  }

  async start() {
    for (let tries = 0; tries < 9; tries++) {
      const port = this.port || (await freePort());
      if (await this.listens(port)) {
        this.port = port;
        return this;
      }
    }
    throw new Error("swtpm does not start");
  }

  /** Whether it has this port for its own: another may have taken it since it was free. */
  async listens(port) {
    const pid = path.join(this.dir, "pid");
    fs.rmSync(pid, { force: true });
    const ends = ["--server", `type=tcp,port=${port},bindaddr=127.0.0.1`, "--ctrl", `type=unixio,path=${this.dir}/ctrl`];
    const state = ["--tpmstate", `dir=${this.dir}`, "--flags", "not-need-init", "--pid", `file=${pid}`];
    this.child = spawn("swtpm", ["socket", "--tpm2", ...ends, ...state], { stdio: "ignore" });
    living.add(this.child);
    // It says who it is when it has what it was told to open.
    while (this.child.exitCode === null && !fs.existsSync(pid)) await delay(5);
    if (this.child.exitCode !== null) living.delete(this.child);
    return this.child.exitCode === null;
  }

  /** Power off; what is not persistent is lost. */
  async stop() {
    const { child } = this;
    if (child && child.exitCode === null && child.signalCode === null) {
      const over = new Promise((done) => child.on("exit", done));
      child.kill("SIGKILL");
      await over;
    }
    living.delete(child);
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  async remove() {
    await this.stop();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

module.exports = { missing, startSwtpm: () => new Swtpm().start() };
