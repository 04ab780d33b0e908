import { obey } from "../../../../src/cloud/watson/orders";

test("an answer that cannot be sent to another action leaves the download that runs alone", () => {
  const me: any = { fields: {}, _busy: 1 };
  const firmware = { state: 1, updateStatus: 0 };
  const client: any = { emit: jest.fn() };
  const send = (_path: string, _body: unknown, done: (e?: Error) => void) => done(new Error("queueLimit"));
  const path = ["mgmt", "initiate", "device", "reboot"];
  obey(client, { reboot: jest.fn() }, me, firmware, path, { reqId: "1" }, jest.fn(), send);
  expect(client.emit).not.toHaveBeenCalled();
  expect(me._busy).toBe(1);
});
