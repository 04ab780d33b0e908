// A lamp on BIGIOT: it reports its temperature, answers in the chat, and obeys Tmall Genie and Baidu.
// Runs on Espruino once the file dist/espruino/bigiot.js is in Storage under the name "bigiot".
var HOST = "www.bigiot.net";
var PORT = 8282;
var ID = 70413;
var KEY = "abc123key";
// interfaces of the device, from its page on the platform
var CELSIUS = 66120;
var LAMP = 66121;

var bigiot = require("bigiot");

function lamp(on) {
  // digitalWrite(LED1, on);
  console.log("lamp " + (on ? "on" : "off"));
  device.update(LAMP, on);
}

var device = bigiot.create({
  id: ID,
  apiKey: KEY,
  host: HOST,
  port: PORT,
  commands: {
    play: function (said) {
      lamp(true);
      device.say({ to: said.id, msg: "LED on!", sign: said.sign });
    },
    stop: function (said) {
      lamp(false);
      device.say({ to: said.id, msg: "LED off!", sign: said.sign });
    },
  },
});

device.sayCallback(function (msg, id, name) {
  console.log(name + " says " + msg);
  if (msg === "hello") device.say({ to: id, msg: "hello, I am a lamp" });
});

device.on("online", function (me) {
  console.log("online as " + me.name);
});
device.on("offline", function () {
  console.log("offline, trying again");
});
device.on("error", function (e) {
  console.log("error " + e.code + ": " + e.message);
});

setInterval(function () {
  // only the newest value goes out when the platform allows it
  device.update(CELSIUS, (20 + 5 * Math.random()).toFixed(1));
}, 1000);
