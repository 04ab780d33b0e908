"use strict";
// By module: the functions that Espruino makes when they are called, see fold.js; names as the bundler writes them. Each list becomes a
// function of its own: one for what runs for each message, small and short, one for what runs once a connection or less. Within a list
// what is called often stands first. Chosen by measuring: `npm run sizes`, and the time that a message takes.
const words = (text) => text.split(" ");

module.exports = {
  aliiot: [
    words(
      "frame bytesToText tell write stringify quality find paced time error pump settle message field topical$1 check transmit answer " +
        "keep ask send",
    ),
    words(
      "parse modelled fits end emitter topical plain known outside odd misfit restore equip connect$1 valid subscribe " +
        "normalise sign secret mixMd5 closeLink",
    ),
  ],
  iotcentral: [
    words("write textToBytes dataToBytes bytesToText time field plain passed topical stringify check"),
    words(
      "error question merge replaced add back fits unpercent unbag sha hash end backoff decimals length twin urgent moved renamed makeRoom checked twinBytes happened " +
        "disconnect connectPacket connect$2 token closeLink connect normalise",
    ),
  ],
};
