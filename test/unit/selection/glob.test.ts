import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFailure } from "#core/model/errors.ts";
import { compileGlob, isLiteral } from "#core/selection/glob.ts";
import { growth, LINEAR } from "#test/fixtures/growth.ts";

describe("compileGlob", () => {
  test.each([
    ["shop", "shop", true],
    ["shop", "shop2", false],
    ["shop-*", "shop-", true],
    ["shop-*", "xshop-1", false],
    ["*-db", "a-db", true],
    ["*-db", "a-db2", false],
    ["s?op", "shop", true],
    ["s?op", "sop", false],
    ["team-[abc]", "team-b", true],
    ["team-[a-c]", "team-d", false],
    ["team-[!a-c]", "team-d", true],
    ["team-[!a-c]", "team-a", false],
    ["a.b", "axb", false],
    ["a.*", "a.b", true],
    ["*", "", true],
    ["?", "", false],
    ["**", "shop", true],
    ["*a*b", "xaxbxb", true],
    ["*a*b", "xaxbx", false],
    ["a*?b", "ab", false],
    ["a*?b", "axb", true],
    ["*[ab]", "cab", true],
    ["[a-cx-z]", "y", true],
    ["[a-cx-z]", "d", false],
    ["[ab-]", "-", true],
    ["[^a]", "b", true],
    ["s?p", "s🛒p", true],
    ["*", "a\nb", true],
  ])("%s against %s is %s", (pattern, name, expected) => {
    expect(compileGlob(pattern)(name)).toBe(expected);
  });

  test.each(["team-[", "a]", "[]", "[z-a]"])("refuses %s as a usage error", (pattern) => {
    expect(() => compileGlob(pattern)).toThrow(expect.toSatisfy((error) => isFailure(error, "usage")));
  });

  test("a name without glob characters matches itself and nothing else", () => {
    const name = fc.string({ minLength: 1 }).filter(isLiteral);
    fc.assert(
      fc.property(name, name, (pattern, other) => {
        expect(compileGlob(pattern)(other)).toBe(pattern === other);
        expect(compileGlob(`${pattern}*`)(pattern + other)).toBe(true);
        expect(compileGlob(`*${pattern}`)(other + pattern)).toBe(true);
      }),
    );
  });

  test("means what an expression means that tries every way", () => {
    const part = fc.constantFrom("a", "b", "*", "?", "[ab]", "[!a]");
    const name = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 }).map((list) => list.join(""));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), name, (parts, tried) => {
        const words: Record<string, string> = { "*": ".*", "?": ".", "[!a]": "[^a]" };
        const expression = new RegExp(`^${parts.map((one) => words[one] ?? one).join("")}$`);
        expect(compileGlob(parts.join(""))(tried)).toBe(expression.test(tried));
      }),
    );
  });

  test("takes time that grows as the name does, however many stars it has", () => {
    const isMatched = compileGlob(`${"*a".repeat(12)}*b`);
    const run = (length: number) => () => expect(isMatched("a".repeat(length))).toBe(false);
    expect(growth(run(14), run(28))).toBeLessThan(LINEAR);
  });
});
