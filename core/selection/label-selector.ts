import { Failure } from "#core/model/errors.ts";

type Labels = Readonly<Record<string, string>>;

/** One requirement of a selector, as kubectl's grammar has them. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: "=" | "!=" | "in" | "notin" | "exists" | "absent" | ">" | "<";
  readonly values: readonly string[];
}

/**
 * kubectl's label selectors: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, `a>1`, `a<1`, joined by
 * commas. Meanings are the API server's (apimachinery pkg/labels): `!=` and `notin` also match objects without the key.
 * Failure usage names the position of what is wrong.
 */
export function compileLabelSelector(selector: string): (labels: Labels) => boolean {
  const requirements = parseLabelSelector(selector);
  return (labels) => requirements.every((requirement) => isMet(requirement, labels));
}

export function parseLabelSelector(selector: string): readonly LabelRequirement[] {
  return new SelectorParser(selector).parse();
}

export function isMet({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
    case "=":
    case "in":
      return value !== undefined && values.includes(value);
    case "!=":
    case "notin":
      return value === undefined || !values.includes(value);
    case ">":
    case "<":
      return value !== undefined && isOrdered(value, values[0] ?? "", operator);
  }
}

const INTEGER = /^[+-]?\d+$/;

function isOrdered(value: string, bound: string, operator: ">" | "<"): boolean {
  if (!INTEGER.test(value)) return false;
  const [left, right] = [toInteger(value), toInteger(bound)];
  return operator === ">" ? left > right : left < right;
}

/** BigInt refuses a leading plus sign, Go's ParseInt takes it. */
function toInteger(text: string): bigint {
  return BigInt(text.replace(/^\+/, ""));
}

interface Token {
  readonly text: string;
  readonly at: number;
}

const TOKENS = /\s*(==|!=|[=!,()<>]|[^\s=!,()<>]+)/gy;
const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const COMPARISONS: ReadonlySet<string> = new Set(["=", "==", "!=", ">", "<"]);

class SelectorParser {
  readonly #selector: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(selector: string) {
    this.#selector = selector;
    this.#tokens = [...selector.trimEnd().matchAll(TOKENS)].map((match) => {
      const text = match[1] ?? "";
      return { text, at: match.index + match[0].length - text.length };
    });
  }

  parse(): readonly LabelRequirement[] {
    if (this.#tokens.length === 0) return [];
    const requirements = [this.#requirement()];
    while (this.#peek() === ",") {
      this.#take();
      requirements.push(this.#requirement());
    }
    if (this.#peek() !== undefined) throw this.#wrong("a comma is expected");
    return requirements;
  }

  #requirement(): LabelRequirement {
    if (this.#peek() === "!") {
      this.#take();
      return { key: this.#key(), operator: "absent", values: [] };
    }
    const key = this.#key();
    const operator = this.#peek();
    if (operator === undefined || operator === ",") return { key, operator: "exists", values: [] };
    if (operator === "in" || operator === "notin") {
      this.#take();
      return { key, operator, values: this.#valueList() };
    }
    if (!COMPARISONS.has(operator)) throw this.#wrong("an operator is expected: = == != in notin > <");
    return this.#comparison(key);
  }

  #comparison(key: string): LabelRequirement {
    const text = this.#take();
    const value = this.#value();
    if (text !== ">" && text !== "<") return { key, operator: text === "!=" ? "!=" : "=", values: [value] };
    if (!INTEGER.test(value)) throw this.#wrong("an integer is expected", this.#next - 1);
    return { key, operator: text, values: [value] };
  }

  #valueList(): readonly string[] {
    if (this.#peek() !== "(") throw this.#wrong('"(" is expected');
    this.#take();
    const values = [this.#value()];
    while (this.#peek() === ",") {
      this.#take();
      values.push(this.#value());
    }
    if (this.#peek() !== ")") throw this.#wrong('")" is expected');
    this.#take();
    return values;
  }

  /** An empty value is written as nothing: `a=`, `a in (,b)`. */
  #value(): string {
    const text = this.#peek();
    if (text === undefined || text === "," || text === ")") return "";
    if (!NAME.test(text)) throw this.#wrong(`"${text}" is not a label value`);
    return this.#take();
  }

  #key(): string {
    const text = this.#peek();
    if (text === undefined) throw this.#wrong("a label key is expected");
    const [name = "", prefix, ...rest] = text.split("/").reverse();
    const fits = NAME.test(name) && rest.length === 0 && (prefix === undefined || PREFIX.test(prefix));
    if (!fits) throw this.#wrong(`"${text}" is not a label key`);
    return this.#take();
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next]?.text;
  }

  #take(): string {
    const token = this.#tokens[this.#next];
    this.#next += 1;
    return token?.text ?? "";
  }

  #wrong(why: string, index = this.#next): Failure {
    const at = this.#tokens[index]?.at ?? this.#selector.length;
    return new Failure("usage", `invalid selector "${this.#selector}" at position ${at + 1}: ${why}`);
  }
}
