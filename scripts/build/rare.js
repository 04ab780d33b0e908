"use strict";
// By module: the functions that Espruino makes when they are called, see fold.js; names as the bundler writes them. Each list becomes a
// function of its own: one for what runs for each message, small and short, one for what runs once a connection or less. Within a list
// what is short and called often stands first: the best order is that of bytes by calls for a message. Chosen by measuring:
// `npm run sizes`, and the time that a message takes.
const words = (text) => text.split(" ");

module.exports = {
  aliiot: [
    words(
      "stringify quality tell dataToBytes bytesToText write time find paced settle pump message awaited field ask transmit check " +
        "send keep answer error callable fielded",
    ),
    words(
      "outside parse modelled fits end emitter topical plain named sound placed failed repeat known odd misfit whose wanted resume crowded restore equip connect$1 valid subscribe " +
        "normalise sign secret mixMd5 closeLink",
    ),
  ],
  iotcentral: [
    words("textToBytes dataToBytes write time field plain unpercent bytesToText stringify topical check"),
    words(
      "twin unbag urgent error merge replaced add back length twinBytes happened decimals question fits sha hash end backoff moved renamed " +
        "makeRoom checked disconnect connectPacket connect$2 token closeLink connect normalise passed",
    ),
  ],
};
