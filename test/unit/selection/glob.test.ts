import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFailure } from "#core/model/errors.ts";
import { compileGlob, isLiteral } from "#core/selection/glob.ts";

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
});
