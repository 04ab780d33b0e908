"use strict";
// By module: the functions that Espruino makes when they are called, see fold.js; names as the bundler writes them. What runs for each
// message comes first, the small before the large. Choose by measuring: `npm run sizes`, and the time that a message takes.
module.exports = {
  aliiot: ["tell", "write", "stringify", "quality", "find", "paced", "time", "error", "pump", "settle", "message", "field", "topical$1", "check", "transmit", "answer", "keep", "ask", "send", "modelled", "fits", "end", "emitter", "topical", "plain", "known", "outside", "odd", "misfit", "restore", "equip", "connect$1", "valid", "subscribe", "normalise", "sign", "secret", "mixMd5"],
};
