import { textToBytes } from "#host";
import { find } from "../../core/bytes";
import { error } from "../../core/errors";

/** What a value may be, by the platform's thing model: `float -40 80 0.5`, `enum 0 1 2`, `text 32` …, a struct's fields, or one entry for a list. */
export type Types = string | Types[] | { [field: string]: Types };

/** Finds a type that there is not. */
export function known(types: any): void {
  const kind = types === undefined || (types && typeof types === "object") ? "" : ("" + types).split(" ")[0];
  if (kind && find(" float double int enum bool text date ", " " + kind + " ") < 0)
    throw error("config", "option types: " + kind + " is none");
  if (!kind) for (const name in types) known(types[name]);
}

/** What a number must be and is not: between `words` 1 and 2, in steps of 3; a bound that is no number is none. */
function outside(value: number, words: string[]): string {
  const steps = (value - (+words[1] || 0)) / +words[3];
  return value < +words[1]
    ? "at least " + words[1]
    : value > +words[2]
      ? "at most " + words[2]
      : Math.abs(steps - Math.round(steps)) > 1e-6
        ? "in steps of " + words[3]
        : "";
}

/** The same of an integer of 32 bits, or one that is listed. */
function odd(value: number, words: string[]): string {
  if (value !== (value | 0)) return "a whole number of 32 bits";
  if (words[0] === "int") return outside(value, words);
  return words[1] && words.indexOf("" + value) < 1 ? "one of " + words.slice(1).join(" ") : "";
}

/** What a value must be and is not, by the words of its type, which may be `real`; empty when it fits. */
export function misfit(value: any, words: string[], real: boolean): string {
  const kind = words[0];
  const most = +words[1] || 10240;
  if (kind === "text") return typeof value === "string" && textToBytes(value).length <= most ? "" : "a text of at most " + most + " bytes";
  if (kind === "bool") return value === 0 || value === 1 ? "" : "0 or 1";
  if (typeof value !== "number" || !isFinite(value)) return "a number";
  return real ? outside(value, words) : odd(value, words);
}
