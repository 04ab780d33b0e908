import { unparam } from "../../../scripts/build/params.js";

test.each([
  ["a function", "function a(b,c){return b+c}", "function a(){var b=arguments,c=b[1],b=b[0];return b+c}"],
  ["one parameter", "function a(b){return b}", "function a(){var b=arguments[0];return b}"],
  ["one with variables", "function a(b,c,d){var e=1;return e}", "function a(){var b=arguments,c=b[1],d=b[2],b=b[0],e=1;return e}"],
  ["a member of a table", "var t={a:function(b,c){return b}}", "var t={a:function(){var b=arguments,c=b[1],b=b[0];return b}}"],
])("on Espruino it has no parameters: %s", (_, code, out) => expect(unparam(code)).toBe(out));

test.each([
  ["no parameter", "function a(){return 1}"],
  ["an export", "exports.a=function(b,c){return c}"],
  ["it reads arguments", "function a(b,c){return arguments.length}"],
  ["a function inside reads arguments", "function a(b){return function(){return arguments[b]}}"],
  ["a directive", 'function a(b,c){"ram";return b}'],
  ["it is made later", "function a(){return function(c,d){return c}}"],
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
