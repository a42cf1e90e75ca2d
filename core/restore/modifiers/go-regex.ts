const FLAGS = /^\(\?(?<flags>[ims]+)\)/;

/** Go's regular expressions, as far as they differ: flags in front, `(?P<name>`, `\A` and `\z`. They match anywhere. */
export function compileGoRegex(text: string): RegExp {
  const flags = FLAGS.exec(text)?.groups?.["flags"] ?? "";
  const body = text
    .replace(FLAGS, "")
    .replaceAll("(?P<", "(?<")
    .replaceAll("\\A", "^")
    .replaceAll("\\z", "$");
  // Only with the flag u are classes such as \pL known; without it more escapes are allowed, as in Go.
  return new RegExp(body, /\\[pP]/.test(body) ? `${flags}u` : flags);
}
