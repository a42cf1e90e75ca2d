import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deepEqual } from "#core/objects/deep-equal.ts";
import { isExactObject, parseExact, stringifyExact } from "#core/objects/exact-json.ts";

describe("exact JSON", () => {
  test.each([
    '{"a":9007199254740993,"b":[-9223372036854775808,18446744073709551615]}',
    '{"a":1.50,"b":1e3,"c":-0,"d":1.0E+2,"e":[-0]}',
    "9007199254740993",
    "[ 12345678901234567890,\n 0.10]",
    "\n 1.50",
    '{"a" :1.50}',
    '{"a":"12345678901234567890, 1.5","__proto__":{"x":9007199254740993}}',
  ])("keeps the spelling of every number in %s", (text) => {
    const value = parseExact(text);
    expect(stringifyExact(value).replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
  });

  test("keeps any number, whatever stands around it", () => {
    const digits = fc.stringMatching(/^-?(?:0|[1-9]\d{0,25})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?$/);
    const space = fc.constantFrom("", " ", "\n\t");
    fc.assert(
      fc.property(digits, space, fc.string(), (number, gap, text) => {
        const json = `{"k"${gap}:${gap}${number}${gap},"l":[${gap}1,${gap}${number}],"s":${JSON.stringify(text)}}`;
        const expected = `{"k":${number},"l":[1,${number}],"s":${JSON.stringify(text)}}`;
        expect(stringifyExact(parseExact(json))).toBe(expected);
      }),
    );
  });

  test("reads everything else as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(stringifyExact(parseExact(text)))).toEqual(JSON.parse(text));
      }),
    );
  });
});

test("an object with the key that V8 keeps numbers under is an object all the same", () => {
  expect(isExactObject(parseExact('{"rawJSON":"1"}'))).toBe(true);
  expect(isExactObject(parseExact("9007199254740993"))).toBe(false);
});

describe("deepEqual", () => {
  const equal = (left: string, right: string): boolean => deepEqual(parseExact(left), parseExact(right));

  test("tells neighbouring big integers apart and ignores the order of keys", () => {
    expect(equal("9007199254740993", "9007199254740992")).toBe(false);
    expect(equal("9007199254740993", "9007199254740993")).toBe(true);
    expect(equal('{"a":1,"b":[2,{"c":3}]}', '{"b":[2,{"c":3}],"a":1}')).toBe(true);
    expect(equal("1.50", "1.5")).toBe(true);
  });

  test.each([
    ["[1]", "[1,1]"],
    ['{"a":1}', '{"b":1}'],
    ['{"a":1}', '{"a":1,"b":null}'],
    ["[]", "{}"],
    ["null", "{}"],
    ["0", "false"],
    ['"1"', "1"],
    ['{"__proto__":{}}', '{"a":1}'],
    ['{"rawJSON":"9007199254740993"}', "9007199254740993"],
  ])("tells %s and %s apart, both ways", (left, right) => {
    expect(equal(left, right)).toBe(false);
    expect(equal(right, left)).toBe(false);
  });

  test("holds a value equal to its own copy with keys reversed", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(equal(JSON.stringify(value), JSON.stringify(turned))).toBe(true);
      }),
    );
  });
});
