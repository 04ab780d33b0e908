"use strict";
/**
 * What happens, for whatever client plays the device: each scenario readies the cloud, lets the actor act and returns the outcome.
 * The packets during `run` are compared, those of `before` and `after` are not. `check` looks at what the cloud or the device got.
 */
module.exports = ["provisioning", "connection", "reconnecting", "rest"].flatMap((name) => require(`./${name}`));
