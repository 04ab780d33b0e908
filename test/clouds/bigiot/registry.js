"use strict";

/** The accounts of a local platform: plain data, with names of their kinds. */
function registry({ devices = [], users = [], groups = [] }) {
  // Numbers come from anybody: no name of Object's is one.
  const kept = { devices: Object.create(null), users: Object.create(null), groups: Object.create(null) };
  for (const one of devices) {
    kept.devices[one.id] = {
      name: "device " + one.id,
      key: "",
      interfaces: [],
      encrypted: false,
      owner: undefined,
      values: {},
      history: [],
      ...one,
    };
  }
  for (const one of users) kept.users[one.id] = { name: "user " + one.id, key: "", ...one };
  for (const one of groups) kept.groups[one.id] = { members: [], ...one };
  return kept;
}

const DEMO = {
  users: [{ id: "30211", name: "小明", key: "userkey00" }],
  devices: [
    { id: "70413", name: "LED灯", key: "abc123key", interfaces: ["66120", "66121", "66122"], owner: "30211" },
    { id: "40877", name: "thermometer", key: "key40877", interfaces: ["66999"], owner: "30211" },
    { id: "50001", name: "safe", key: "key50001", interfaces: ["67000"], owner: "30211", encrypted: true },
  ],
  groups: [{ id: "812", members: ["D70413", "D40877", "U30211"] }],
};

module.exports = { DEMO, registry };
