import { describe, expect, it } from "vitest";
import { searchFor } from "#core/restore/modifiers/re2.ts";
import { growth, LINEAR } from "#test/fixtures/growth.ts";

/** As Go 1.26 answers. */
describe("a modifier's regular expression means what it means to Go", () => {
  it.for([
    ["^web-", "web-1", true],
    ["^web-", "my-web-1", false],
    ["eb", "web", true],
    ["(?i)^WEB-", "web-1", true],
    ["w(?i)EB", "web", true],
    ["w(?i:E)B", "web", false],
    ["^[[:alpha:]]+$", "web", true],
    ["^[[:alpha:]]+$", "web1", false],
    ["^[[:^digit:]]+$", "web1", false],
    ["\\Qa.b\\E", "a.b", true],
    ["\\Qa.b\\E", "axb", false],
    ["^\\pN$", "7", true],
    ["^\\pL\\pL$", "wé", true],
    ["^\\PN+$", "web1", false],
    ["^\\p{Greek}$", "λ", true],
    ["^\\p{Greek}$", "l", false],
    ["\\Aweb\\z", "webs", false],
    ["(?P<n>w)\\-e", "w-e", true],
    ["(?<n>w)e", "we", true],
    ["(?s)a.b", "a\nb", true],
    ["a.b", "a\nb", false],
    ["(?U)a+", "a", true],
    ["\\x{77}eb", "web", true],
    ["^\\d{2}$", "٣٣", false],
    ["^\\w$", "é", false],
    ["web$", "web\n", false],
    ["(?m)web$", "web\n", true],
  ] as const)("%s and %s", ([expression, name, isMeant]) => {
    expect(searchFor(expression)(name)).toBe(isMeant);
  });

  it.for([
    "a(?=b)",
    "(?<!a)b",
    "(a)\\1",
    "web\\Z",
    "\\u0041",
    "(",
    "[z-a]",
    "a**",
    "a{1001}",
    "\\pX",
    "(?x)a",
  ] as const)("%s is refused", (expression) => {
    expect(() => searchFor(expression)).toThrow("error parsing regexp");
  });
});

it.for([
  ["^(a+)+$", "a", "!"],
  ["^(a|a)*$", "a", "!"],
  ["^(a|aa)+$", "a", "!"],
  ["(x+x+)+y", "x", ""],
] as const)("a hostile one, %s, takes time that grows as the name does", ([expression, letter, end]) => {
  const test = searchFor(expression);
  const run = (length: number) => () => expect(test(letter.repeat(length) + end)).toBe(false);
  expect(growth(run(12), run(24))).toBeLessThan(LINEAR);
});
