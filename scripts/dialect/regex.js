"use strict";
// What Espruino's matcher does right: single characters, classes, \d \w \s and escaped punctuation, each with * or +,
// alternation, ^ and $, plain captures. Everything else it answers wrongly without a word.

const FORBIDDEN = [
  [/^\(\?/, "no (?: … ), lookahead or named group"],
  [/^\)[*+?{]/, "no quantifier on a group"],
  [/^[*+?]\?/, "no lazy quantifier"],
  [/^\{\d/, "no counted repetition"],
  [/^\\[bB]/, "no \\b"],
  [/^\\[1-9]/, "no back-reference"],
  [/^\\[uc]/, "no \\u or \\c escape"],
];

/** Why this pattern is not safe, or undefined. The other hosts know ?, too. */
function unsafe(pattern, flags, target) {
  if (/[^gi]/.test(flags)) return "only the flags g and i";
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const rest = pattern.slice(i);
    const rule = FORBIDDEN.find(([form]) => (!inClass || form.source.startsWith("^\\\\")) && form.test(rest));
    if (rule) return rule[1];
    if (target === "espruino" && !inClass && pattern[i] === "?") return "no ?: Espruino looks for a question mark";
    if (inClass && pattern[i] === "/") return "no unescaped / in a class";
    if (pattern[i] === "\\") i++;
    else if (pattern[i] === "[") inClass = true;
    else if (pattern[i] === "]") inClass = false;
  }
  return undefined;
}

module.exports = { unsafe };
