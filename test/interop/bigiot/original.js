"use strict";
const { spawn } = require("node:child_process");
const path = require("node:path");
const readline = require("node:readline");

/** mPython's client, unmodified, in a Python of its own. */
class Original {
  constructor(file, port, { key = "abc123key" } = {}) {
    this.events = [];
    this.waiting = [];
    const args = [path.join(__dirname, "drive.py"), file, "127.0.0.1", String(port), "70413", key];
    this.child = spawn(process.env.PYTHON || "python3", args, { stdio: ["pipe", "pipe", "inherit"] });
    readline.createInterface({ input: this.child.stdout }).on("line", (line) => {
      if (line[0] !== "@") return;
      this.events.push(JSON.parse(line.slice(1)));
      this.waiting.splice(0).forEach((look) => look());
    });
  }

  /** Takes the first event of one of these kinds out of the list. */
  async next(...kinds) {
    for (const end = Date.now() + 15000; Date.now() < end;) {
      const at = this.events.findIndex(([kind]) => kinds.includes(kind));
      if (at >= 0) return this.events.splice(at, 1)[0];
      await new Promise((look) => {
        const timer = setTimeout(look, 200);
        this.waiting.push(() => {
          clearTimeout(timer);
          look();
        });
      });
    }
    throw new Error("no " + kinds + " within 15 s");
  }

  /** Calls a method, or reads an attribute. */
  call(name, args = [], named = {}) {
    this.child.stdin.write(JSON.stringify([name, args, named]) + "\n");
    return this.next("result", "threw");
  }

  // Its thread turns in circles on a closed socket and never ends.
  stop() {
    this.child.kill("SIGKILL");
  }
}

module.exports = { Original };
