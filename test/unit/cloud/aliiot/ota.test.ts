import http from "node:http";
import { AliIotOTA, type Source, type Writer } from "thincloud/aliiotota";
import { clear, connected, later, PK, until, world } from "./bench";

afterEach(clear);

/** As the one of the module `otahttp`: from the wanted byte on, as it comes; only 206 will do. */
function ranges(url: string): Source {
  let request: http.ClientRequest | undefined;
  return {
    stop: () => request?.destroy(),
    read(offset, length, take) {
      const mine = (request = http.get(url, { headers: { Range: `bytes=${offset}-` } }, (response) => {
        if (response.statusCode !== 206) return void take(Object.assign(new Error(`answers ${response.statusCode}`), { code: "refused" }));
        response.on("data", (bytes: Buffer) => mine === request && !take(undefined, bytes.toString("latin1")) && mine.destroy());
      }));
      request.on("error", (e) => mine === request && take(Object.assign(e, { code: "network" })));
    },
  };
}

/** An installer that asks for four bytes, which say how long the package is, then for the rest; and resumes where it was. */
function installer() {
  const self = {
    got: "",
    asked: [] as number[],
    result: undefined as any,
    update(source: Source, done?: any) {
      const fetch = () => {
        self.asked.push(self.got.length);
        const before = self.got.length;
        const want = before < 4 ? 4 - before : Number(self.got.slice(0, 4)) - before;
        source.read(before, want, (err: any, bytes) => {
          if (err && err.code !== "refused") setTimeout(fetch, 5);
          else if (err) done((self.result = err));
          else self.got += bytes;
          const over = self.got.length >= 4 && self.got.length >= Number(self.got.slice(0, 4));
          if (over) done(undefined, "2.0");
          else if (!err && self.got.length === before + want) setImmediate(fetch);
          return !err && self.got.length < before + want;
        });
      };
      fetch();
    },
  };
  return self;
}

function writer() {
  const files: { name: string; size: number; text: string; closed?: boolean }[] = [];
  const soon = (next: (err?: Error) => void) => setImmediate(next);
  const self: Writer & { files: typeof files; fail?: Error } = {
    files,
    open: (file, next) => (files.push({ ...file, text: "" }), soon(next)),
    write: (bytes, next) => ((files[files.length - 1].text += bytes), self.fail ? next(self.fail) : soon(next)),
    close: (next) => ((files[files.length - 1].closed = true), soon(next)),
  };
  return self;
}

const body = (n: number, seed: number) => Buffer.from(Array.from({ length: n }, (_, i) => (i * 7 + seed) & 255));
const parts = () => [
  { name: "head.ota", bytes: Buffer.from("9007abc") },
  { name: "main.js", bytes: body(6000, 3) },
  { name: "lib.js", bytes: body(3000, 11) },
];
const whole = () => Buffer.concat(parts().map((p) => p.bytes)).toString("latin1");

async function scene(more: any = {}) {
  const cloud = await world();
  const device = cloud.devices.get(`${PK}/dev001`);
  const server = await connected(cloud);
  const install = installer();
  const sink = writer();
  const ota = AliIotOTA("app", "MCU", { http: ranges, installer: install, writer: sink, ...more });
  ota.setServer(server);
  const pushed: any[] = [];
  server.setCallback((topic, data) => void (/ota/.test(topic) && pushed.push(data)));
  return { cloud, device, server, install, sink, ota, pushed };
}

const steps = (device: any) => device.progress.map((p: any) => p.step);

test.each(["SHA256", "Md5"])("several files over HTTP, %s: pushed, verified, progress 1 to 100", async (signMethod) => {
  const { cloud, device, ota, install, pushed } = await scene();
  const plan = cloud.plan(device, { module: "app", version: "2.0", files: parts(), signMethod });
  await until(() => pushed.length, "the push");
  ota.setOtaData(pushed[0].data);
  expect(ota.getOtaInfo()).toEqual({ otaModule: "app", otaVersion: "2.0" });
  expect(await later((done) => expect(ota.start(done)).toBe(true))).toBe("2.0");
  expect(install.got).toBe(whole());
  await until(() => steps(device).includes(100), "100");
  const seen = steps(device);
  expect(seen[0]).toBe(1);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(plan.state).toBe("upgrading");
  expect(device.progress.every((p: any) => p.module === "app")).toBe(true);
  // The query of an address is a signature: untouched.
  expect(new Set(cloud.http.map((r: any) => r.url))).toEqual(new Set(plan.data.files.map((f: any) => f.fileUrl.split(/127.0.0.1:\d+/)[1])));
});

test.each(["SHA256", "Md5"])("a wrong digest, %s: -3, and the last bytes never reach the installer", async (signMethod) => {
  const { cloud, device, ota, install, pushed } = await scene();
  const change = (data: any) => (
    (data.files[1].fileSign = data.files[1].fileSign.replace(/^./, (c: string) => (c === "0" ? "1" : "0"))),
    data
  );
  cloud.plan(device, { module: "app", version: "2.0", files: parts(), signMethod, change });
  await until(() => pushed.length, "the push");
  ota.setOtaData(pushed[0]);
  await expect(later((done) => ota.start(done))).rejects.toMatchObject({ message: "main.js has another digest than the platform said" });
  expect(install.got.length).toBeLessThan(6007);
  await until(() => steps(device).includes(-3), "-3");
  expect(steps(device)).not.toContain(100);
});

test("over MQTT, in blocks with their CRC", async () => {
  const { cloud, device, ota, install, pushed } = await scene({ block: 512 });
  const file = { name: "x", bytes: Buffer.concat([Buffer.from("2304"), body(2300, 5)]) };
  cloud.plan(device, { module: "app", version: "2.0", files: [file], over: "mqtt" });
  await until(() => pushed.length, "the push");
  ota.setOtaData(pushed[0].data);
  await later((done) => ota.start(done));
  expect(install.got).toBe(file.bytes.toString("latin1"));
  expect(cloud.messages.filter((m: any) => /file\/download/.test(m.topic))).toHaveLength(6);
  expect(cloud.refused).toEqual([]);
});

test("over MQTT, a block that is empty or another one than asked for: asked for again, then told", async () => {
  const { cloud, device, ota, sink, pushed } = await scene();
  cloud.plan(device, { module: "MCU", version: "2.0", files: [{ name: "x", bytes: body(500, 5) }], over: "mqtt" });
  await until(() => pushed.length, "the push");
  const asked = () => cloud.messages.filter((m: any) => /file\/download/.test(m.topic)).map((m: any) => JSON.parse(m.payload).id);
  cloud.mute = (topic: string) => /file\/download/.test(topic);
  ota.setOtaData(pushed[0].data);
  let told;
  ota.start((e: any) => (told = e.code));
  for (const [i, bOffset] of [0, 256, 0, 0].entries()) {
    await until(() => asked().length > i, "the question");
    const head = Buffer.from(JSON.stringify({ id: asked()[i], code: 200, data: { bOffset, bSize: 0 } }));
    const frame = Buffer.concat([Buffer.from([0, head.length]), head, Buffer.from([0, 0])]);
    cloud.tell(device, `/sys/${device.key}/thing/file/download_reply`, frame);
  }
  expect(await until(() => told)).toBe("protocol");
  await until(() => steps(device).includes(-1), "-1");
  expect(sink.files.map(({ text }) => text)).toEqual([""]);
});

test("the firmware module goes to the writer, file by file", async () => {
  const { cloud, device, ota, sink, pushed } = await scene();
  const plan = cloud.plan(device, { module: "MCU", version: "3.0", files: [{ name: "a", bytes: body(10000, 1) }, { name: "b", bytes: body(70, 2) }] }); // prettier-ignore
  await until(() => pushed.length, "the push");
  ota.setOtaData(pushed[0].data);
  expect(await later((done) => ota.start(done))).toBe("3.0");
  expect(sink.files.map((f) => [f.name, f.size, f.text === body(f.size, f.name === "a" ? 1 : 2).toString("latin1"), f.closed])).toEqual([
    ["a", 10000, true, true],
    ["b", 70, true, true],
  ]);
  expect(plan.data.module).toBe("MCU");
});

test("codes: expired address -2, full storage -4, foreign module and unknown digest at once", async () => {
  const { cloud, device, server, ota, sink, pushed } = await scene();
  cloud.plan(device, { module: "MCU", version: "3.0", files: [{ name: "a", bytes: body(100, 1) }] });
  await until(() => pushed.length, "the push");
  const data = pushed[0].data;
  ota.setOtaData({ ...data, url: data.url + "x" });
  await expect(later((done) => ota.start(done))).rejects.toMatchObject({ code: "refused" });
  sink.fail = Object.assign(new Error("full"), { code: "storage" });
  ota.setOtaData(data);
  await expect(later((done) => ota.start(done))).rejects.toMatchObject({ code: "storage" });
  ota.setOtaData({ ...data, module: "other" });
  await expect(later((done) => expect(ota.start(done)).toBe(false))).rejects.toThrow("module other is not of this device");
  ota.setOtaData({ ...data, signMethod: "crc32" });
  await expect(later((done) => expect(ota.start(done)).toBe(false))).rejects.toThrow("signMethod crc32");
  await until(() => steps(device).filter((s: number) => s < 0).length === 4, "the reports");
  expect(steps(device).filter((s: number) => s < 0)).toEqual([-2, -4, -1, -3]);
  expect(() => AliIotOTA("a", "b").setServer({} as any)).toThrow("an AliIot");
  expect(AliIotOTA("a", "b").start()).toBe(false);
  expect(server.errors).toEqual([]);
});

test("a second job on one object has only its own files; a push that comes again while one runs is ignored", async () => {
  const { cloud, device, ota, sink, pushed } = await scene();
  for (const version of ["3.0", "3.1"]) {
    const plan = cloud.plan(device, { module: "MCU", version, files: [{ name: version, bytes: body(500, 1) }] });
    await until(() => pushed.find((one) => one.data.version === version), "the push");
    ota.setOtaData(plan.data);
    const done = later((d) => ota.start(d));
    ota.setOtaData({ version: "9" });
    expect(ota.start()).toBe(false);
    expect(await done).toBe(version);
  }
  expect(sink.files.map((f) => f.name)).toEqual(["MCU", "MCU"]);
});

test("the line breaks in the middle of a file: it goes on there, digest and all", async () => {
  let breaks = 2;
  const shaky = (url: string): Source => {
    const inner = ranges(url);
    return {
      stop: inner.stop,
      read(offset, length, take) {
        let n = 0;
        inner.read(offset, length, (err, bytes) => {
          if (breaks && bytes && bytes.length > 100 && !n++) {
            breaks--;
            take(undefined, bytes.slice(0, 100));
            inner.stop();
            return take(Object.assign(new Error("broken"), { code: "network" }));
          }
          return take(err, bytes);
        });
      },
    };
  };
  const { cloud, device, ota, install, pushed } = await scene({ http: shaky });
  cloud.plan(device, { module: "app", version: "2.0", files: parts() });
  await until(() => pushed.length, "the push");
  ota.setOtaData(pushed[0].data);
  await later((done) => ota.start(done));
  expect(install.got).toBe(whole());
  expect(install.asked).toEqual([0, 4, 107, 207]);
});
