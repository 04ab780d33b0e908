"use strict";
const fs = require("node:fs");
const path = require("node:path");
const swc = require("@swc/core");
const ts = require("typescript");
const settings = require("./swc.js");
const { shrink, PRIVATE } = require("./terser.js");
const names = require("./names.js");
const { replace } = require("../syntax/tree.js");
const { flat } = require("./flat.js");
const { forward } = require("./forward.js");
const { nest } = require("./nest.js");
const { unfold } = require("./unfold.js");
const { unparam } = require("./params.js");
const fold = require("./fold.js");

/** TypeScript's way of naming files, and `#host` as the file of the target. */
const resolve = (host) => ({
  name: "resolve",
  resolveId(id, importer) {
    if (id === "#host") return host;
    if (!importer || id[0] !== ".") return null;
    const base = path.resolve(path.dirname(importer), id);
    return [base, `${base}.ts`, `${base}/index.ts`].find((file) => fs.existsSync(file) && fs.statSync(file).isFile()) || null;
  },
});

const emit = () => ({
  name: "emit",
  async transform(code, id) {
    const out = await swc.transform(code, { ...settings.build, filename: id });
    // swc marks what was a class; a directive that not every host obeys must not decide how a method runs.
    return { code: out.code.replace(/^\s*"use strict";$/gm, ""), map: null };
  },
});

/** @param {string} host  the target's name */
const minify = (host, { name, parameters, unfolded }) => ({
  name: "minify",
  buildStart() {
    const wrong = names.faults(names.read());
    if (wrong.length) this.error(`mangle.json: ${wrong.join("; ")}. Run \`npm run mangle\`.`);
  },
  async renderChunk(code) {
    const map = names.read();
    const list = fold.listed(host, name);
    const whole = nest(unfolded ? unfold(forward(code)) : forward(code));
    const once = await shrink(list ? fold.mark(whole, list) : whole, map);
    // The minifier may leave less of a function than its name costs.
    const again = flat(forward(once));
    const least = again === once ? once : await shrink(again, map);
    const folded = list ? fold.gather(least) : least;
    return { code: host === "espruino" && !parameters ? unparam(folded) : folded, map: null };
  },
});

/** Private members are not part of the types either, and no name of the build may be left. */
const publicTypes = () => ({
  name: "public-types",
  renderChunk(code) {
    const tree = ts.createSourceFile("out.d.ts", code, ts.ScriptTarget.Latest, true);
    const cuts = [];
    const visit = (node) => {
      if (ts.isTypeElement(node) || ts.isClassElement(node)) {
        if (node.name && PRIVATE.test(node.name.text || "")) return void cuts.push({ start: node.getFullStart(), end: node.end, text: "" });
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
    const left = replace(code, cuts);
    if (/from ['"]/.test(left)) this.error(`the types are not self-contained: ${left.match(/.*from ['"].*/)[0]}`);
    return { code: left, map: null };
  },
});

module.exports = { resolve, emit, minify, publicTypes };
