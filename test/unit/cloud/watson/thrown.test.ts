/** What the application's own parts throw: anything. */
import { install } from "../../../../src/cloud/watson/firmware";
import { obey } from "../../../../src/cloud/watson/orders";

const throwing = () => {
  throw null;
};

test.each(["download", "update"] as const)("an installer whose %s throws null has failed", (verb) => {
  const me: any = { fields: { deviceInfo: {} }, _busy: 1 };
  const notify = jest.fn();
  const firmware = { version: "2", state: 0, updateStatus: 0 };
  let thrown: unknown;
  try {
    install(verb, { download: throwing, update: throwing }, me, firmware, notify);
  } catch (e) {
    thrown = e;
  }
  expect(thrown).toBe(null);
  expect(notify).toHaveBeenLastCalledWith(0, verb === "update" ? 5 : 6);
  expect(me).toEqual({ fields: { deviceInfo: {} } });
});

test("an action that throws null is answered with 500", () => {
  const client: any = { emit: jest.fn() };
  const send = jest.fn();
  const path = ["mgmt", "custom", "own", "x"];
  obey(client, { bundles: { own: throwing } }, { fields: {} } as any, {} as any, path, { reqId: "1" }, jest.fn(), send);
  expect(send).toHaveBeenCalledWith("response", { reqId: "1", rc: 500 }, expect.any(Function));
  expect(client.emit).toHaveBeenCalledWith("error", null);
});
