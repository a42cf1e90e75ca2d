import { Failure } from "#core/model/errors.ts";

const GLOB_CHARACTERS = /[*?[\]]/;

/** A name that can mean only itself. */
export function isLiteral(pattern: string): boolean {
  return !GLOB_CHARACTERS.test(pattern);
}

/**
 * `*` any run of characters, `?` one character, `[abc]` `[a-z]` `[!a]` one of (not) these; the whole name must match.
 * Its time grows with the pattern and the name, whoever wrote them: an expression with many `.*` would try each way of
 * sharing the name among them. Failure usage where a bracket does not close.
 */
export function compileGlob(pattern: string): (name: string) => boolean {
  if (isLiteral(pattern)) return (name) => name === pattern;
  const parts = [...pattern.matchAll(TOKEN)].map((match) => partOf(pattern, match));
  return (name) => isMatched(parts, [...name]);
}

type Part = "run" | ((character: string) => boolean);

/** What no run takes matches where it stands; a run takes as little as it can, and only the last one ever takes more. */
function isMatched(parts: readonly Part[], characters: readonly string[]): boolean {
  let [part, at] = [0, 0];
  let run: { readonly part: number; readonly end: number } | undefined;
  while (at < characters.length) {
    const test = parts[part];
    if (test === "run") {
      run = { part, end: at };
      part += 1;
    } else if (test?.(characters[at] ?? "") === true) {
      part += 1;
      at += 1;
    } else {
      if (run === undefined) return false;
      run = { part: run.part, end: run.end + 1 };
      [part, at] = [run.part + 1, run.end];
    }
  }
  return parts.slice(part).every((rest) => rest === "run");
}

const TOKEN = /\[(?<negated>[!^]?)(?<set>[^\]]+)\]|[\s\S]/gu;

function partOf(pattern: string, match: RegExpExecArray): Part {
  const token = match[0];
  const { negated, set } = match.groups ?? {};
  if (set !== undefined) {
    const isIn = setTest(pattern, set);
    return negated === "" ? isIn : (character) => !isIn(character);
  }
  if (token === "*") return "run";
  if (token === "?") return () => true;
  if (token === "[" || token === "]") throw broken(pattern, "a bracket stands alone");
  return (character) => character === token;
}

const RANGE = /(?<from>[\s\S])-(?<to>[\s\S])|[\s\S]/gu;

/** `a-z` is a range; every other character means itself. */
function setTest(pattern: string, set: string): (character: string) => boolean {
  const ranges = [...set.matchAll(RANGE)].map((match) => {
    const { from = match[0], to = match[0] } = match.groups ?? {};
    if (from > to) throw broken(pattern, `"${match[0]}" runs backwards`);
    return { from, to };
  });
  return (character) => ranges.some(({ from, to }) => from <= character && character <= to);
}

function broken(pattern: string, why: string): Failure {
  return new Failure("usage", `"${pattern}" is not a valid pattern: ${why}`);
}
