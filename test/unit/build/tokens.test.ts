import fs from "node:fs";
import path from "node:path";
import { parse } from "../../../scripts/syntax/tree.js";
import { FIRST, WORDS, tokenise } from "../../../scripts/build/tokens.js";

const STRING8 = 0xd1;
const STRING16 = 0xd2;
const ZERO = 0xd3;
const INT8 = 0xd4;
const INT16 = 0xd5;

/** What the interpreter reads, as text again. */
function read(code: string): string {
  const bytes = Buffer.from(code, "latin1");
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const token = bytes[at++] as number;
    if (token === STRING8 || token === STRING16) {
      const size = token === STRING8 ? 1 : 2;
      const length = bytes.readUIntLE(at, size);
      at += size;
      text += JSON.stringify(bytes.toString("latin1", at, at + length));
      at += length;
    } else if (token === ZERO) text += " 0 ";
    else if (token === INT8 || token === INT16) {
      const size = token - ZERO;
      text += ` ${bytes.readIntLE(at, size)} `;
      at += size;
    } else text += token < 0x80 ? String.fromCharCode(token) : ` ${WORDS[token - FIRST]} `;
  }
  return text;
}

/** What a tree means, without places and spelling. */
const meaning = (code: string): unknown =>
  JSON.parse(JSON.stringify(parse(code), (key, value) => (/^(start|end|loc|raw)$/.test(key) ? undefined : value)));

const folder = path.join(__dirname, "../../../dist/espruino");
const modules = fs.readdirSync(folder).filter((name) => name.endsWith(".js"));

test.each(modules)("the tokens of %s mean what the text means, and are a tenth shorter", (name) => {
  const text = fs.readFileSync(path.join(folder, name), "latin1");
  const tokens = fs.readFileSync(path.join(folder, name.replace(".js", ".tok")), "latin1");
  expect(meaning(read(tokens))).toEqual(meaning(text));
  expect(tokens.length).toBeLessThan(text.length * 0.9);
});

test.each([
  ["signs that stand together", "a=b+ +c;d=e- -f;g=h+ ++i;j=k- --l;m=n+ -o;p=+q;f(-1);r=-300;s=t++ +u;v=w- -1;"],
  ["every byte in a string", `a="${"\\x00\\n\\x80\\xd1\\xff"}";b="";c='"';`],
  ["more than 255 characters", `a="${"x".repeat(300)}";`],
  ["a large number, a fraction, an exponent", "a=70000;b=-70000;c=.5;d=1e3;e=0x7fff;f=-32768;"],
  ["words as names of members", "a.delete(b.in);c={default:1,typeof:2};"],
  ["what stands between words", "if(a)b in c;else throw new d;for(var e in f)void 0;try{g()}catch(h){}switch(i){case 5:case j:}"],
  ["a regular expression", "a=/[+\\/]-/g.test(b)"],
])("%s", (_, code) => expect(meaning(read(tokenise(code)))).toEqual(meaning(code)));
