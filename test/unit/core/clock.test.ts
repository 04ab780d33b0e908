import { createSocket } from "node:dgram";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** A device whose clock says 1970; each case starts with a module that has not learned the time. */
function fresh() {
  jest.resetModules();
  jest.spyOn(Date, "now").mockReturnValue(5000);
  return require("../../../src/core/clock") as typeof import("../../../src/core/clock");
}

const find = (clock: typeof import("../../../src/core/clock"), from: object) =>
  new Promise<number>((resolve, reject) => clock.findTime(from, (err, ms) => (err ? reject(err) : resolve(ms!))));

/** A server that stamps what it was asked with `seconds` since 1900. */
async function sntp(answer: (question: Buffer) => Buffer | undefined, run: (port: number) => Promise<void>) {
  const server = createSocket("udp4");
  server.on("message", (m, from) => {
    const b = answer(m);
    if (b) server.send(b, from.port, from.address);
  });
  await new Promise<void>((ready) => server.bind(0, "127.0.0.1", ready));
  try {
    await run(server.address().port);
  } finally {
    server.close();
  }
}

function stamp(seconds: number) {
  const b = Buffer.alloc(48);
  b[0] = 0x24;
  b[1] = 1;
  b.writeUInt32BE(seconds, 40);
  return b;
}

afterEach(() => jest.restoreAllMocks());

describe("the time", () => {
  it("is the host's when its clock was set", async () => {
    const clock = fresh();
    jest.spyOn(Date, "now").mockReturnValue(1800000000000);
    expect(await find(clock, {})).toBe(1800000000000);
  });

  it("is unknown before anybody told it", async () => {
    const clock = fresh();
    expect(clock.time()).toBe(0);
    await expect(find(clock, {})).rejects.toMatchObject({ code: "clock" });
  });

  it("comes from SNTP, also after 2036", async () => {
    for (const [ntp, unix] of [
      [1800000000 + 2208988800, 1800000000],
      [(2085978496 + 1000) % 2085978496, 2085978496 + 1000],
    ])
      await sntp(
        (q) => (expect(q.length).toBe(48), expect(q[0]).toBe(0x23), stamp(ntp)),
        async (port) => {
          const clock = fresh();
          expect(await find(clock, { ntp: "127.0.0.1", ntpPort: port })).toBe(unix * 1000);
          expect(clock.time()).toBe(unix * 1000);
        },
      );
  });

  it("comes from an HTTP Date when SNTP gives nonsense", async () => {
    const server = http.createServer((_, res) => res.setHeader("Date", "Sun, 06 Nov 2033 08:49:37 GMT").end());
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    await sntp(
      () => Buffer.from("nonsense"),
      async (port) => {
        const found = await find(fresh(), {
          ntp: "127.0.0.1",
          ntpPort: port,
          http: "127.0.0.1",
          httpPort: (server.address() as AddressInfo).port,
        });
        expect(found).toBe(Date.UTC(2033, 10, 6, 8, 49, 37));
      },
    );
    server.close();
  });

  it.each([
    ["a server that lost its own time", [0xe4, 1]],
    ["a server that tells us to go away", [0x24, 0]],
  ])("does not come from %s", async (_name, [flags, stratum]) => {
    await sntp(
      () => {
        const b = stamp(1800000000 + 2208988800);
        b[0] = flags;
        b[1] = stratum;
        return b;
      },
      async (port) => {
        await expect(find(fresh(), { ntp: "127.0.0.1", ntpPort: port })).rejects.toMatchObject({ code: "clock" });
      },
    );
  });

  it("is the host's again when somebody sets its clock after we were told", async () => {
    for (const unset of [5000, Date.UTC(2000, 0, 1)]) {
      const clock = fresh();
      const host = jest.spyOn(Date, "now").mockReturnValue(unset);
      clock.setTime(1800000000000);
      expect(clock.time()).toBe(1800000000000);
      host.mockReturnValue(1800000060000);
      expect(clock.time()).toBe(1800000060000);
    }
  });

  it("is what we were told beside a host whose clock is wrong", async () => {
    const clock = fresh();
    jest.spyOn(Date, "now").mockReturnValue(Date.UTC(2024, 5, 1));
    clock.setTime(1800000000000);
    expect(clock.time()).toBe(1800000000000);
  });
});
