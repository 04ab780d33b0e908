// A lamp: telemetry, a state that stays at the broker, and commands that are answered.
// Runs on Espruino once the file dist/espruino/mqtt.js is in Storage under the name "mqtt".
var BROKER = "mqtt://192.168.1.10";
var NAME = "lamp-1";

var mqtt = require("mqtt");
var lit = false;

var client = mqtt.connect(BROKER, {
  clientId: NAME,
  // what the broker says for us when we vanish
  will: { topic: NAME + "/state", payload: "gone", qos: 1, retain: true },
});

function tellState() {
  client.publish(NAME + "/state", lit ? "on" : "off", { qos: 1, retain: true });
}

function obey(topic, payload) {
  lit = payload === "on";
  // digitalWrite(LED1, lit);
  console.log("switched " + payload);
  tellState();
  client.publish(NAME + "/answer", "done: " + payload, { qos: 1 });
}

function measure() {
  var celsius = (20 + 5 * Math.random()).toFixed(1);
  client.publish(NAME + "/telemetry", '{"celsius":' + celsius + "}");
}

client.subscribe(NAME + "/command", { qos: 1, handler: obey });

client.on("connect", function () {
  console.log("online");
  tellState();
});
client.on("close", function () {
  console.log("offline, trying again");
});
client.on("error", function (e) {
  console.log("error " + e.code + ": " + e.message);
});

setInterval(measure, 1000);
