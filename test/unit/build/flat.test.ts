import { flat } from "../../../scripts/build/flat.js";

test.each([
  ["a value takes the place of the call", "function f(x){return function(t){return t?g(t):1}(x)}", "function f(x){return (x?g(x):1)}"],
  ["one within another", "function f(x){return function(t){return h(function(u){return u+1}(t))}(x)}", "function f(x){return (h((x+1)))}"],
  ["two parameters, by their places", "function f(a,b){return function(b,a){return b-a}(a,b)}", "function f(a,b){return (a-b)}"],
  ["a member of that name stays", "function f(x){return function(t){return t.t}(x)}", "function f(x){return (x.t)}"],
])("%s", (_, code, out) => expect(flat(code)).toBe(out));

test.each([
  ["a statement", "function f(x){return function(t){g();return t}(x)}"],
  ["a variable", "function f(x){return function(t){var u=t;return u}(x)}"],
  ["what is set", "function f(x){return function(t){return t=1}(x)}"],
  ["what is counted", "function f(x){return function(t){return g(t++)}(x)}"],
  ["a function inside", "function f(x){return function(t){return function(){return t}}(x)}"],
  ["this", "function f(x){return function(t){return this.a+t}(x)}"],
  ["arguments", "function f(x){return function(t){return arguments.length+t}(x)}"],
  ["what has to be computed", "function f(x){return function(t){return t+t}(x())}"],
  ["a parameter that is not given", "function f(x){return function(t,u){return t||u}(x)}"],
  ["a global, which anybody may set", "function f(){return function(t){return g()+t}(x)}"],
  ["a variable that another function sets", "function f(x){function g(){x=1}return function(t){return g()+t}(x)}"],
  ["a function with a name", "function f(x){return function n(t){return t?n(t-1):0}(x)}"],
])("and stays as it is: %s", (_, code) => expect(flat(code)).toBe(code));
