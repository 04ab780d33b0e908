/** Espruino splits nothing by a long separator into nothing: an answer without a head must still be an error, and no exception. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDevice } from "thincloud/mock";
const { build } = require("../../interpreters/core");

test("an HTTP server that begins with an empty line is told as an error, on the mock device too", async () => {
  const dir = mkdtempSync(join(tmpdir(), "head-"));
  const file = join(dir, "http.js");
  writeFileSync(file, await build("espruino", false, `export { request } from "${join(__dirname, "../../../src/core/http.ts")}";`));
  const device: any = createDevice({ storage: { http: file } });
  rmSync(dir, { recursive: true });
  device.net.serve(80, (peer: any) => (peer.onData = () => peer.write("\r\n\r\n")));
  device.run('require("http").request({ host: "127.0.0.1", port: 80, path: "/", method: "GET" }, function (e) { print(e && e.code); });');
  device.tick(1000);
  expect(device.errors).toEqual([]);
  expect(device.log).toEqual(["protocol"]);
});
