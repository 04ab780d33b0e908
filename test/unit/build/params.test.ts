import { unparam } from "../../../scripts/build/params.js";

test.each([
  ["a function", "function a(b,c){return b+c}", "function a(){var $=arguments,b=$[0],c=$[1];return b+c}"],
  ["one with variables", "function a(b,c){var d=1;return d}", "function a(){var $=arguments,b=$[0],c=$[1],d=1;return d}"],
  ["a member of a table", "var t={a:function(b,c){return b}}", "var t={a:function(){var $=arguments,b=$[0],c=$[1];return b}}"],
  [
    "what a closure sees has no list",
    "function a(b,c){return function(d,e){return b+d}}",
    "function a(){var $=arguments,b=$[0],c=$[1],$=0;return function(d,e){return b+d}}",
  ],
  ["a name that is taken", "function a(b,$){return $}", "function a(){var $$=arguments,b=$$[0],$=$$[1];return $}"],
])("on Espruino it has no parameters: %s", (_, code, out) => expect(unparam(code)).toBe(out));

test.each([
  ["one parameter", "function a(b){return b}"],
  ["an export", "exports.a=function(b,c){return c}"],
  ["it reads arguments", "function a(b,c){return arguments.length}"],
  ["a directive", 'function a(b,c){"ram";return b}'],
  ["it is made later", "function a(b){return function(c,d){return c}}"],
])("and stays as it is: %s", (_, code) => expect(unparam(code)).toBe(code));

test("what it does stays the same", () => {
  const code = "function add(a,b,c){var d=a;if(c)a=c;return d+a+b}exports.x=[add(1,2),add(1,2,3)]";
  const run = (text: string) => {
    const exports: any = {};
    new Function("exports", text)(exports);
    return exports.x;
  };
  expect(run(unparam(code))).toEqual(run(code));
});
