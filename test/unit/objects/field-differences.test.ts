import fc from "fast-check";
import { expect, test } from "vitest";
import { deepEqual } from "#core/objects/deep-equal.ts";
import { parseExact } from "#core/objects/exact-json.ts";
import { fieldDifferences } from "#core/objects/field-differences.ts";

const between = (left: string, right: string) => fieldDifferences(parseExact(left), parseExact(right));

test.each([
  ['{"a":{"b":1}}', '{"a":{"b":2}}', [".a.b"]],
  ['{"a":{"b":1}}', '{"a":{}}', [".a.b"]],
  ['{"a":[1,{"b":2}]}', '{"a":[1,{"b":3}]}', [".a[1].b"]],
  ['{"a":[1]}', '{"a":[1,2]}', [".a"]],
  ['{"a.b/c":1}', '{"a.b/c":2}', ['["a.b/c"]']],
  ['{"n":9007199254740993}', '{"n":9007199254740992}', [".n"]],
  ['{"a":1}', '{"a":"1"}', [".a"]],
  ["1", "2", ["."]],
  ['{"a":1}', '{"a":1}', []],
])("%s and %s", (left, right, expected) => {
  expect(between(left, right)).toEqual(expected);
});

test("counts what it does not list", () => {
  const many = JSON.stringify(
    Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`k${index}`, index])),
  );
  expect(between(many, "{}")).toHaveLength(21);
  expect(between(many, "{}").at(-1)).toBe("and 5 more");
});

test("there are differences exactly where the values are not equal", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 2 }), fc.json({ maxDepth: 2 }), (left, right) => {
      expect(between(left, right).length === 0).toBe(deepEqual(parseExact(left), parseExact(right)));
    }),
  );
});
