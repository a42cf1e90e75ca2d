import { Failure } from "#core/model/errors.ts";

const GLOB_CHARACTERS = /[*?[\]]/;

/** A name that can mean only itself. */
export function isLiteral(pattern: string): boolean {
  return !GLOB_CHARACTERS.test(pattern);
}

/**
 * `*` any run of characters, `?` one character, `[abc]` `[a-z]` `[!a]` one of (not) these; the whole name must match.
 * Failure usage where a bracket does not close.
 */
export function compileGlob(pattern: string): (name: string) => boolean {
  if (isLiteral(pattern)) return (name) => name === pattern;
  const expression = new RegExp(`^${translate(pattern)}$`, "su");
  return (name) => expression.test(name);
}

const TOKEN = /\[(?<negated>[!^]?)(?<set>[^\]]+)\]|[\s\S]/gu;

function translate(pattern: string): string {
  return [...pattern.matchAll(TOKEN)].map((match) => translateToken(pattern, match)).join("");
}

function translateToken(pattern: string, match: RegExpExecArray): string {
  const token = match[0];
  const { negated, set } = match.groups ?? {};
  if (set !== undefined) return `[${negated === "" ? "" : "^"}${translateSet(pattern, set)}]`;
  if (token === "*") return ".*";
  if (token === "?") return ".";
  if (token === "[" || token === "]") throw broken(pattern, "a bracket stands alone");
  return literally(token);
}

const RANGE = /(?<from>[\s\S])-(?<to>[\s\S])|[\s\S]/gu;

/** `a-z` stays a range; every other character means itself. */
function translateSet(pattern: string, set: string): string {
  const parts = [...set.matchAll(RANGE)].map((match) => {
    const { from, to } = match.groups ?? {};
    if (from === undefined || to === undefined) return literally(match[0]);
    if (from > to) throw broken(pattern, `"${match[0]}" runs backwards`);
    return `${literally(from)}-${literally(to)}`;
  });
  return parts.join("");
}

/** A code point escape has no second meaning anywhere in an expression. */
function literally(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function broken(pattern: string, why: string): Failure {
  return new Failure("usage", `"${pattern}" is not a valid pattern: ${why}`);
}
