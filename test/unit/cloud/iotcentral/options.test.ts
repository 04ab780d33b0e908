import { create, hub, register } from "thincloud/iotcentral";

test.each([
  ["create", () => create(null as never), "options: an object, not null"],
  ["create", () => create(undefined as never), "options: an object, not undefined"],
  ["hub", () => hub(null as never), "options: an object, not null"],
  ["register", () => register(null as never, "dev1", undefined, () => undefined), "option idScope (provisioning)"],
  ["register", () => register({ deviceId: "dev1" } as never, "dev1", undefined, () => undefined), "option idScope (provisioning)"],
])("%s without options, or what it needs: it is named", (_name, call, message) => {
  expect(call).toThrow(expect.objectContaining({ code: "config", message }));
});
