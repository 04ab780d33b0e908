"use strict";
/** A software TPM 2.0 on loopback whose state outlives a restart. `missing()` says why there is none. */
const { spawn, spawnSync } = require("child_process");
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");

const living = new Set();
process.on("exit", () => living.forEach((child) => child.kill("SIGKILL")));

const missing = () => (spawnSync("swtpm", ["--version"]).error ? "swtpm is not installed" : "");

const freePort = () =>
  new Promise((done, fail) => {
    const server = net.createServer().on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

const accepts = (port) =>
  new Promise((done) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("connect", () => (socket.destroy(), done(true))).on("error", () => done(false));
  });

class Swtpm {
  constructor() {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "thincloud-tpm-"));
  }

  async start() {
    this.port = this.port || (await freePort());
    const ends = ["--server", `type=tcp,port=${this.port},bindaddr=127.0.0.1`, "--ctrl", `type=unixio,path=${this.dir}/ctrl`];
    this.child = spawn("swtpm", ["socket", "--tpm2", ...ends, "--tpmstate", `dir=${this.dir}`, "--flags", "not-need-init"], {
      stdio: "ignore",
    });
    living.add(this.child);
    for (let i = 0; !(await accepts(this.port)); i++) {
      if (i > 250 || this.child.exitCode !== null) throw new Error("swtpm does not start");
      await new Promise((done) => setTimeout(done, 20));
    }
    return this;
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
