import { create } from "thincloud/iotcentral";

const client = () => create({ idScope: "0ne00000000", deviceId: "dev1", deviceKey: Buffer.alloc(32, 1).toString("base64"), ntp: "" });

// Espruino hides such a member from a loop, so that it has nothing to fear.
test.each(['{"__proto__":{"b":1}}', '{"a":{"__proto__":{"b":1}}}'])("a report cannot change the objects of the host: %s", (text) => {
  const device = client();
  expect(() => device.sendProperty(JSON.parse(text))).toThrow("__proto__: names have 1 to 1024 bytes");
  expect(({} as any).b).toBeUndefined();
});

test("names that every object has are names like others", () => {
  const device = client();
  expect(() => device.sendProperty({ constructor: { prototype: { b: 1 } }, toString: 1 })).not.toThrow();
  expect(({} as any).b).toBeUndefined();
});
