import type { NameTest } from "./re2.ts";

type Re2 = typeof import("./re2.ts");

/** A group resource that means only itself. */
export function isLiteral(pattern: string): boolean {
  return !/[*?[\]{}\\]/.test(pattern);
}

/**
 * Globs over `resource.group` as Velero has them (gobwas/glob, with the dot as separator): `*` and `?` stop at a dot,
 * `**` does not, `[a-z]`, `[!abc]` and `{a,b}` choose, `\` takes a character for itself. A core kind has no dot, so `*`
 * means all of those and `*.apps` all of the group apps. SyntaxError where one cannot be understood.
 */
export function compileGroupResourceGlob(pattern: string, re2: Re2): NameTest {
  let depth = 0;
  const translated = [...pattern.matchAll(TOKEN)].map(([token]) => {
    if (token === "{") depth += 1;
    const part = translate({ token, isChoice: depth > 0, pattern }, re2);
    if (token === "}") depth -= 1;
    return part;
  });
  if (depth > 0) throw new SyntaxError(`"${pattern}": a brace does not close`);
  return re2.matchWhole(translated.join(""));
}

/** A list ends at the first bracket that no `\` stands before. */
const TOKEN = /\*\*|\[(?:\\[\s\S]|[^\]\\])*\]|\\[\s\S]|[\s\S]/gu;

const PLAIN: Readonly<Record<string, string>> = { "**": "(?s:.*)", "*": "[^.]*", "?": "[^.]", "{": "(?:" };

interface Token {
  readonly token: string;
  /** It stands in braces, or is one. */
  readonly isChoice: boolean;
  readonly pattern: string;
}

function translate({ token, isChoice, pattern }: Token, re2: Re2): string {
  if (isChoice && token === ",") return "|";
  if (isChoice && token === "}") return ")";
  const why = MISPLACED[token];
  if (why !== undefined) throw new SyntaxError(`"${pattern}": ${why}`);
  if (token.startsWith("[")) return translateSet(token);
  return PLAIN[token] ?? re2.literally(unescaped(token));
}

const MISPLACED: Readonly<Record<string, string>> = {
  "}": "a brace stands alone",
  "[": "a bracket does not close",
  "\\": "a backslash stands at the end",
};

/** `[` `!` for all others, then two ends of a range or single characters, `]`. */
const SET = /^\[(?<negated>!?)(?:(?<from>[\s\S])-(?<to>[\s\S])|(?<single>[\s\S]*))\]$/u;

function translateSet(token: string): string {
  const { negated, from, to, single = "" } = SET.exec(token)?.groups ?? {};
  if (from !== undefined && to !== undefined) {
    if (from > to) throw new SyntaxError(`"${token}": it runs backwards`);
    return `[${negated === "" ? "" : "^"}${characterInSet(from)}-${characterInSet(to)}]`;
  }
  if (single === "") throw new SyntaxError(`"${token}": it holds nothing`);
  // Velero takes it for one of the characters, which nobody means.
  if (single.startsWith("^")) throw new SyntaxError(`"${token}": all others are [!…], not [^…]`);
  return `[${negated === "" ? "" : "^"}${[...unescaped(single)].map(characterInSet).join("")}]`;
}

/** A code point escape has no second meaning in a set, as `-` and `^` have. */
function characterInSet(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([\s\S])/gu, "$1");
}
