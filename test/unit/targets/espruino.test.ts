import { transformSync } from "@swc/core";
import { readFileSync } from "node:fs";
import { join } from "node:path";
const { createDevice } = require("../../mock");

const file = join(__dirname, "../../../targets/espruino.ts");
const { code } = transformSync(readFileSync(file, "utf8"), {
  filename: file,
  swcrc: false,
  jsc: { target: "es5", loose: true, parser: { syntax: "typescript" } },
  module: { type: "commonjs" },
});

const PRELUDE = `
  var h = require("target");
  function heard(what) {
    print(what === this ? "drain" : typeof what === "string" ? "data " + what.length : "end " + (what.message || what));
  }
  function hex(s) {
    var out = "";
    for (var i = 0; i < s.length; i++) out += (256 + s.charCodeAt(i)).toString(16).substr(1);
    return out;
  }
`;

function device(options = {}) {
  const d = createDevice({ flash: 65536, ...options });
  d.storage.write("target", Buffer.from(code, "utf8").toString("latin1"));
  return d.run(PRELUDE);
}

function linked(options = {}) {
  const d = device(options);
  const peers: any[] = [];
  d.net.serve(1883, (peer: any) => peers.push(peer));
  d.run('var l = h.connect("127.0.0.1", 1883, undefined, heard);');
  return { d, peer: peers[0] };
}

describe("links", () => {
  test("a refused port and an unknown host are told from the event loop", () => {
    const d = device();
    d.run('var a = h.connect("127.0.0.1", 1, undefined, heard); print("back"); h.write(a, "x"); h.end(a); h.end(a);');
    expect(d.log.slice(0, 2)).toEqual(["back", "end Unable to create socket"]);
    expect(device().run('h.connect("nope.invalid", 1, undefined, heard);').log).toEqual(["end Unable to locate host"]);
  });

  test("open shows as drain, bytes come and go unchanged", () => {
    const { d, peer } = linked();
    const bytes = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");
    const got: string[] = [];
    peer.onData = (data: string) => got.push(data);
    d.run("var every = ''; for (var i = 0; i < 256; i++) every += String.fromCharCode(i); h.write(l, every);");
    peer.write(bytes + bytes + bytes);
    expect(d.tick(1).log).toEqual(["drain", "drain", "data 536", "data 232"]);
    expect(got).toEqual([bytes]);
  });

  test.each([
    ["end", "end false"],
    ["reset", "end false"],
  ])("the peer's %s", (how, line) => {
    const { d, peer } = linked();
    peer[how]();
    expect(d.tick(1).log).toEqual(["drain", line]);
    expect(d.run('h.write(l, "x"); h.end(l);').errors).toEqual([]);
  });

  test("an error of the interpreter comes with its words", () => {
    const { d } = linked();
    d.links[0].fail(-14);
    expect(d.tick(1).log.slice(1)).toEqual(["end invalid SSL data", "end true"]);
  });

  test("end sends what is queued first", () => {
    const { d, peer } = linked();
    let got = 0;
    const closed = jest.fn();
    peer.onData = (data: string) => (got += data.length);
    peer.onClose = closed;
    d.run('h.write(l, new Array(2001).join("x")); h.end(l); h.end(l);').tick(1);
    expect([got, closed.mock.calls.length, d.alive.sockets]).toEqual([2000, 1, 0]);
  });

  test("what a peer does not read is given up five seconds after the end", () => {
    const { d, peer } = linked();
    const closed = jest.fn();
    peer.onClose = closed;
    peer.link.held = true;
    d.run('h.write(l, new Array(2001).join("x")); h.end(l);').tick(4900);
    expect([closed.mock.calls.length, d.alive]).toEqual([0, { timers: 1, sockets: 1 }]);
    d.tick(200);
    expect([d.alive, d.errors]).toEqual([{ timers: 0, sockets: 0 }, []]);
  });

  test.each(["", "ab"])("with %j left to send the end sets no timer", (bytes) => {
    const { d } = linked();
    d.run('h.write(l, "x");').tick(1);
    expect(d.run(`h.write(l, "${bytes}"); h.end(l);`).tick(1).alive).toEqual({ timers: 0, sockets: 0 });
  });

  test("PEM becomes DER", () => {
    const d = device();
    d.net.serve(8883, () => {});
    d.run(
      'var P = "-----BEGIN CERTIFICATE-----\\nMIIB\\nMIIB\\n-----END CERTIFICATE-----\\n"; h.connect("127.0.0.1", 8883, { ca: P, cert: P, key: P, servername: "x" }, heard);',
    );
    expect(d.log).toEqual(["drain"]);
    d.run('h.connect("127.0.0.1", 8883, { ca: "-----B-----AAAA-----" }, heard);');
    expect(d.log[1]).toMatch(/^end /);
    d.run('h.connect("127.0.0.1", 8883, { ca: undefined }, heard); h.connect("127.0.0.1", 8883, { ca: 1 }, heard);');
    expect([d.errors, d.log.length]).toEqual([[], 4]);
  });
});

describe("storage", () => {
  test("size, a byte once, erase", () => {
    const d = device();
    d.run(
      'print(h.storeSize("a"), h.storeWrite("a", 4, "x"), h.storeWrite("a", 0, "AB", 8), h.storeSize("a"), hex(h.storeRead("a", 0, 99)));',
    );
    d.run(
      'print(h.storeWrite("a", 4, "CD"), h.storeWrite("a", 4, "Z"), h.storeWrite("a", 7, "ZZ"), h.storeWrite("a", 0, "AB", 8), hex(h.storeRead("a", 3, 3)));',
    );
    d.run('h.storeErase("a"); h.storeErase("a"); print(h.storeSize("a"), h.storeWrite("a", 0, "new"), h.storeRead("a", 0, 3));');
    expect(d.log).toEqual(["-1 false true 8 4142ffffffffffff", "true false false false ff4344", "-1 true new"]);
  });

  test("a name of 29 characters touches no other file", () => {
    const d = device();
    const name = "1234567890123456789012345678";
    d.run(
      `var n = "${name}"; print(h.storeWrite(n, 0, "A"), h.storeWrite(n + "9", 0, "B"), h.storeSize(n + "9"), h.storeRead(n + "9", 0, 1) === ""); h.storeErase(n + "9"); print(h.storeRead(n, 0, 1));`,
    );
    expect(d.log).toEqual(["true false -1 true", "A"]);
  });

  test("nothing to write", () => {
    const d = device();
    d.run(
      'print(h.storeWrite("a", 0, ""), h.storeWrite("a", 0, "", 3), hex(h.storeRead("a", 0, 3)), h.storeWrite("a", 1, ""), h.storeRead("a", 0, 0) === "");',
    );
    expect(d.log).toEqual(["false true ffffff true true"]);
  });

  test("too large is false, not an exception", () => {
    expect(device().run('print(h.storeWrite("a", 0, "x", 1e6), h.storeSize("a"));').log).toEqual(["false -1"]);
  });
});

test("native hashes, and none where the build has no crypto", () => {
  const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  expect(device().run('print(hex(h.hash("sha256", "abc")), h.hash("md5", "abc"));').log).toEqual([sha256 + " undefined"]);
  expect(device({ without: ["crypto"] }).run('print(h.hash("sha1", "abc") || "none", h.hash("sha1", "") || "none");').log).toEqual([
    "none none",
  ]);
});

test("text is its bytes", () => {
  expect(device().run('print(hex(h.textToBytes("é")), hex(h.bytesToText("\\xc3\\xa9")));').log).toEqual(["c3a9 c3a9"]);
});

test("restart boots again", () => {
  const d = device();
  d.storage.write(".bootcde", 'print("boot")');
  expect(d.run("h.restart();").log).toEqual(["boot"]);
});
