const TOKEN = /\*\*|\[(?<negated>[!^]?)(?<set>[^\]]+)\]|[\s\S]/gu;

/**
 * Globs over `resource.group` as Velero has them: `*` and `?` stop at a dot, `**` does not, `[a-z]` and `{a,b}` choose.
 * A core kind has no dot, so `*` means all of those and `*.apps` all of the group apps.
 */
export function compileGroupResourceGlob(pattern: string): (groupResource: string) => boolean {
  let depth = 0;
  const translated = [...pattern.matchAll(TOKEN)].map((match) => {
    if (match[0] === "{") depth += 1;
    if (match[0] === "}") depth -= 1;
    if (depth < 0) throw new SyntaxError(`"${pattern}": a brace stands alone`);
    return translate(match, depth > 0);
  });
  if (depth !== 0) throw new SyntaxError(`"${pattern}": a brace does not close`);
  const expression = new RegExp(`^${translated.join("")}$`, "u");
  return (groupResource) => expression.test(groupResource);
}

const PLAIN: Readonly<Record<string, string>> = {
  "**": ".*",
  "*": "[^.]*",
  "?": "[^.]",
  "{": "(?:",
  "}": ")",
};

function translate(match: RegExpExecArray, inBraces: boolean): string {
  const token = match[0];
  const { negated, set } = match.groups ?? {};
  if (set !== undefined) return `[${negated === "" ? "" : "^"}${set.replace(/[\\\]^]/g, "\\$&")}]`;
  if (inBraces && token === ",") return "|";
  return PLAIN[token] ?? RegExp.escape(token);
}
