"use strict";
/** For the first lines of a command: `--help` anywhere prints its usage, before anything is built, installed or measured. */
module.exports = (usage) => {
  if (!process.argv.slice(2).some((word) => word === "--help" || word === "-h")) return;
  console.log(usage);
  process.exit(0);
};
