// A program that keeps itself up to date. Runs on Espruino under the name "main" in Storage, with dist/espruino/otaboot.js as ".bootcde"
// and the modules "ota" and "otahttp".
var SERVER = "http://192.168.1.10:8080/lamp.ota";
var KEY = "the public key that thincloud-ota keygen printed";
var EVERY = 3600000;

var ota = require("ota").create({ key: KEY, target: "espruino", model: "lamp" });

console.log("version " + (ota.status().version || "from the factory"));

ota.on("begin", function (manifest) {
  console.log("update to " + manifest.version);
});
ota.on("progress", function (bytes, total) {
  console.log("progress " + Math.round((100 * bytes) / total));
});
ota.on("ready", function () {
  console.log("restart");
  ota.restart();
});
ota.on("applied", function (what) {
  console.log("confirmed " + what.version);
});
ota.on("reverted", function (what) {
  console.log("reverted " + what.version);
});
ota.on("error", function (e) {
  // "refused" is also the answer to the version that runs already
  console.log(e.code + ": " + e.message);
});

// The lamp works: that is what this program is for, so this is when it is confirmed.
setTimeout(function () {
  console.log("the lamp is on");
  ota.confirm();
}, 500);

function check() {
  if (!ota.status().trial) ota.update(require("otahttp").source(SERVER));
}
setTimeout(check, 1000);
setInterval(check, EVERY);
