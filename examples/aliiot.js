// A room sensor on Alibaba Cloud IoT: it reports, obeys, answers questions, raises an alarm, and asks for the time.
// Runs on Espruino once the file dist/espruino/aliiot.js is in Storage under the name "aliiot".
var OPTIONS = { productKey: "a1AbCdEfGhI", deviceName: "room-1", deviceSecret: "secret of the device", region: "cn-shanghai" };
var EVERY = 5000;

// what the product's model calls float arrives as 21.0, never as 21
OPTIONS.types = { temperature: "float", hot: { temperature: "float" } };

var AliIot = require("aliiot").AliIot;
var server = AliIot(OPTIONS);
var heating = 0;

function measure() {
  return Math.round(18 + 8 * Math.random());
}

// the platform sets a property: done, answered, and the new value reported
server.addProperty("heating", function (value) {
  heating = value;
  // digitalWrite(D5, value);
  console.log("heating " + (heating ? "on" : "off"));
});

// it calls a service: what the function returns is the answer
server.addService("measure", function (input) {
  console.log("asked to measure");
  return { temperature: measure() };
});

server.addEvent("hot");

server.on("connect", function () {
  console.log("online");
});
server.on("close", function () {
  console.log("offline, trying again");
});
server.on("error", function (e) {
  console.log("error " + e.code + ": " + e.message);
});

function report() {
  var celsius = measure();
  server.propertiesReport({ temperature: celsius, heating: heating }, function (err) {
    console.log(err ? "not taken: " + err.message : "reported " + celsius);
  });
  if (celsius > 24) server.eventReport("hot", { temperature: celsius });
}

server.connect(function (err) {
  if (err) return;
  server.ntp(function (e, ms) {
    console.log(e ? "no time" : "the platform's time: " + new Date(ms).toISOString());
  });
});
setInterval(report, EVERY);
