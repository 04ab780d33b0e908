import { find } from "../../core/bytes";
import { error } from "../../core/errors";

/** The values one device has measured, and its tag. */
export interface Sample {
  tag: string;
  data: any;
}

/**
 * The values that make a condition hold for a sample, seen together with the gateway's; undefined when it does not hold, or by nothing of
 * this sample.
 */
export function matched(con: string, own: Sample, gateway?: Sample): any {
  const seen: string[] = [];
  let mine: boolean | undefined;
  function look(operand: string): any {
    const hash = operand.indexOf("#");
    const name = operand.substr(hash + 1);
    const tag = hash > 0 ? operand.substr(0, hash) : own.tag;
    const from = tag === own.tag ? own : gateway && tag === gateway.tag ? gateway : undefined;
    const dot = name.indexOf(".");
    const whole = from && from.data[dot > 0 ? name.substr(0, dot) : name];
    return dot > 0 && whole ? whole[name.substr(dot + 1)] : whole;
  }

  /**
   * Whether a condition holds: `[tag#]name[.part] operator literal`, joined by AND before OR, with parentheses. `look` gives the value of an
   * operand, undefined when there is none, which makes its clause false; the operands of clauses that hold go to `seen`.
   */
  function holds(): boolean {
    let at = 0;
    let word: string = "";

    function malformed(): never {
      throw error("protocol", "rule: " + con);
    }

    function next(): string {
      while (con.charAt(at) === " ") at++;
      const from = at;
      let c = con.charAt(at++);
      if (c === '"' || c === "'") {
        at = con.indexOf(c, at) + 1 || malformed();
        return (word = con.substring(from, at));
      }
      if (c !== "(" && c !== ")") {
        const operator = c && "<>=!".indexOf(c) >= 0;
        while ((c = con.charAt(at)) && c !== " " && c !== "(" && c !== ")" && "<>=!".indexOf(c) >= 0 === operator) at++;
      }
      return (word = con.substring(from, at));
    }

    function any(depth: number): boolean {
      let some = false;
      let all = true;
      for (;;) {
        if (word === "(" && depth < 5) {
          next();
          all = any(depth + 1) && all;
          if ((word as string) !== ")") malformed();
          next();
        } else {
          const operand = word;
          const operator = next();
          let literal: any = next();
          if (!operand || !literal || literal === ")" || find(" = == != <> > >= < <= ", " " + operator + " ") < 0) malformed();
          next();
          let value = look(operand);
          const quoted = literal.charAt(0) === '"' || literal.charAt(0) === "'";
          if (quoted) literal = literal.slice(1, -1);
          else if (typeof value === "number") literal = +literal;
          if (typeof literal === "string" && value !== undefined) value = "" + value;
          const ok =
            value !== undefined &&
            (operator === ">"
              ? value > literal
              : operator === "<"
                ? value < literal
                : operator === ">="
                  ? value >= literal
                  : operator === "<="
                    ? value <= literal
                    : (value === literal) === (operator.charAt(0) === "="));
          if (ok) seen.push(operand);
          all = ok && all;
        }
        const join = word.toUpperCase();
        if (join !== "AND") {
          some = some || all;
          all = true;
          if (join !== "OR") return some;
        }
        next();
      }
    }

    next();
    const result = any(0);
    if (word) malformed();
    return result;
  }

  if (!holds()) return undefined;
  const out: any = {};
  for (let i = 0; i < seen.length; i++) {
    const hash = seen[i].indexOf("#");
    const name = seen[i].substr(hash + 1);
    const dot = name.indexOf(".");
    if (hash < 1 || seen[i].substr(0, hash) === own.tag) mine = true;
    if (dot > 0) {
      const object = name.substr(0, dot);
      out[object] = out[object] || {};
      out[object][name.substr(dot + 1)] = look(seen[i]);
    } else out[name] = look(seen[i]);
  }
  return mine ? out : undefined;
}
