import { find } from "../../core/bytes";
import { error } from "../../core/errors";

/** The values one device has measured, and its tag. */
export interface Sample {
  tag: string;
  data: any;
}

/** An operand: whether it is of this sample, its name, its part of that, and its value. */
type Found = [boolean, string, string, any];

/**
 * The values that make a condition hold for a sample, seen together with the gateway's; undefined when it does not hold, or by nothing of
 * this sample.
 */
export function matched(con: string, own: Sample, gateway?: Sample): any {
  const seen: Found[] = [];
  // From the cloud it may come as anything.
  con = "" + con;

  /** What an object itself has, and not what every object or text has. */
  function member(of: any, name: string): any {
    return of && typeof of === "object" && of.hasOwnProperty(name) ? of[name] : undefined;
  }

  function look(operand: string): Found {
    const hash = operand.indexOf("#");
    const name = operand.substr(hash + 1);
    const tag = hash > 0 ? operand.substr(0, hash) : own.tag;
    const from = tag === own.tag ? own : gateway && tag === gateway.tag ? gateway : undefined;
    const dot = name.indexOf(".");
    const part = dot > 0 ? name.substr(dot + 1) : "";
    const first = part ? name.substr(0, dot) : name;
    let value = member(from && from.data, first);
    if (part) value = member(value, part);
    return [from === own, first, part, typeof value === "object" ? undefined : value];
  }

  /**
   * Whether a condition holds: `[tag#]name[.part] operator literal`, joined by AND before OR, with parentheses. An operand without
   * a value makes its clause false; those of clauses that hold go to `seen`.
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

    /** The number that a text is; NaN when it is none. */
    function numeric(text: any): number {
      return ("" + text).trim() ? +text : NaN;
    }

    /** Whether a word stands where only a name or a literal may. */
    function misplaced(text: string): boolean {
      return !text || "<>=!()".indexOf(text.charAt(0)) >= 0 || find(" AND OR ", " " + text.toUpperCase() + " ") >= 0;
    }

    function clause(): boolean {
      const operand = word;
      const operator = next();
      let literal: any = next();
      const quoted = literal.charAt(0) === '"' || literal.charAt(0) === "'";
      if (
        misplaced(operand) ||
        misplaced(literal) ||
        operand.charAt(0) === '"' ||
        operand.charAt(0) === "'" ||
        find(" = == != <> > >= < <= ", " " + operator + " ") < 0
      )
        malformed();
      next();
      const found = look(operand);
      let value = found[3];
      if (value === undefined) return false;
      if (quoted) literal = literal.slice(1, -1);
      // A number is measured by numbers, in whatever quotes; a text by numbers where the rule has one without.
      const number = numeric(literal);
      if (typeof value === "number" || (!quoted && number === number && numeric(value) === numeric(value))) {
        value = +value;
        literal = number;
      } else value = "" + value;
      const ok =
        operator === ">"
          ? value > literal
          : operator === "<"
            ? value < literal
            : operator === ">="
              ? value >= literal
              : operator === "<="
                ? value <= literal
                : (value === literal) === (operator.charAt(0) === "=");
      if (ok) seen.push(found);
      return ok;
    }

    function any(depth: number): boolean {
      let some = false;
      let all = true;
      let from = seen.length;
      for (;;) {
        let ok;
        if (word === "(" && depth < 5) {
          next();
          ok = any(depth + 1);
          if ((word as string) !== ")") malformed();
          next();
        } else ok = clause();
        all = ok && all;
        const join = word.toUpperCase();
        if (join !== "AND") {
          // Of clauses whose company fails none has made the rule hold.
          if (!all) seen.splice(from, seen.length);
          from = seen.length;
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
  let mine;
  for (let i = 0; i < seen.length; i++) {
    const name = seen[i][1];
    const part = seen[i][2];
    if (seen[i][0]) mine = out;
    if (part) (out[name] = out[name] || {})[part] = seen[i][3];
    else out[name] = seen[i][3];
  }
  return mine;
}
