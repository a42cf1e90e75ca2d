import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ExactJson, parseExact, stringifyExact } from "#core/objects/exact-json.ts";
import {
  applyJsonPatch,
  type Operation,
  parsePointer,
  readPointer,
} from "#core/restore/modifiers/json-patch.ts";

type Written = { op: string; path: string; from?: string; value?: ExactJson };
const apply = (document: ExactJson, ...operations: Written[]) =>
  applyJsonPatch(
    document,
    operations.map((one) => {
      const parsed = { ...one, path: parsePointer(one.path), from: parsePointer(one.from ?? "") };
      // Each operation of the tests has what its name asks for.
      return parsed as unknown as Operation;
    }),
  );

describe("RFC 6902, appendix A", () => {
  it.for([
    ["add a member", { foo: "bar" }, { op: "add", path: "/baz", value: "qux" }, { baz: "qux", foo: "bar" }],
    [
      "add to a list",
      { foo: ["bar", "baz"] },
      { op: "add", path: "/foo/1", value: "qux" },
      { foo: ["bar", "qux", "baz"] },
    ],
    [
      "add at its end",
      { foo: ["bar"] },
      { op: "add", path: "/foo/-", value: ["abc"] },
      { foo: ["bar", ["abc"]] },
    ],
    ["remove a member", { baz: "qux", foo: "bar" }, { op: "remove", path: "/baz" }, { foo: "bar" }],
    ["remove from a list", { foo: ["a", "b", "c"] }, { op: "remove", path: "/foo/1" }, { foo: ["a", "c"] }],
    ["replace", { baz: "qux" }, { op: "replace", path: "/baz", value: "boo" }, { baz: "boo" }],
    [
      "move",
      { foo: { a: 1, b: 2 }, q: {} },
      { op: "move", from: "/foo/b", path: "/q/t" },
      { foo: { a: 1 }, q: { t: 2 } },
    ],
    [
      "move in a list",
      { foo: ["a", "b", "c", "d"] },
      { op: "move", from: "/foo/1", path: "/foo/3" },
      { foo: ["a", "c", "d", "b"] },
    ],
    ["copy", { a: { b: 1 } }, { op: "copy", from: "/a", path: "/c" }, { a: { b: 1 }, c: { b: 1 } }],
    ["test", { baz: ["a", 2] }, { op: "test", path: "/baz/1", value: 2 }, { baz: ["a", 2] }],
    ["escaped names", { "/": 9, "~1": 10 }, { op: "test", path: "/~01", value: 10 }, { "/": 9, "~1": 10 }],
    ["null is a value", { a: null }, { op: "test", path: "/a", value: null }, { a: null }],
  ] as const)("%s", ([, document, operation, expected]) => {
    expect(apply(document, operation as Written)).toEqual(expected);
  });

  it.for([
    ["remove", { op: "remove", path: "/none" }, "remove /none: nothing stands there"],
    ["replace", { op: "replace", path: "/none", value: 1 }, "replace /none: nothing stands there"],
    ["add below nothing", { op: "add", path: "/none/x", value: 1 }, "/none"],
    ["add below a value", { op: "add", path: "/a/x", value: 1 }, "/a"],
    ["add beyond a list", { op: "add", path: "/list/3", value: 1 }, "no such place"],
    ["add at 01", { op: "add", path: "/list/01", value: 1 }, "no such place"],
    ["copy", { op: "copy", from: "/none", path: "/x" }, "copy from /none"],
    ["move into itself", { op: "move", from: "/deep", path: "/deep/x" }, "into itself"],
    ["test", { op: "test", path: "/a", value: 2 }, "another value"],
    ["inherited names", { op: "test", path: "/constructor", value: null }, "another value"],
  ] as const)("%s that does not fit is refused", ([, operation, message]) => {
    expect(() => apply({ a: 1, list: [1], deep: {} }, operation as Written)).toThrow(message);
  });
});

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<ExactJson>;
const object = fc.dictionary(fc.string(), json, { minKeys: 1 }) as fc.Arbitrary<Record<string, ExactJson>>;

describe("for any document", () => {
  const below = (key: string) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

  it("what was added stands there, and removing it gives the document back", () => {
    fc.assert(
      fc.property(object, fc.string(), json, (document, key, value) => {
        fc.pre(!Object.hasOwn(document, key));
        const before = structuredClone(document);
        const added = apply(document, { op: "add", path: below(key), value });
        expect(readPointer(added, [key])).toEqual(value);
        expect(apply(added, { op: "remove", path: below(key) })).toEqual(before);
        expect(document).toEqual(before);
      }),
    );
  });

  it("a move is a copy and a removal", () => {
    fc.assert(
      fc.property(object, fc.string(), (document, to) => {
        const from = Object.keys(document)[0] ?? "";
        fc.pre(from !== to);
        const moved = apply(document, { op: "move", from: below(from), path: below(to) });
        const copied = apply(
          document,
          { op: "copy", from: below(from), path: below(to) },
          { op: "remove", path: below(from) },
        );
        expect(moved).toEqual(copied);
      }),
    );
  });

  it("numbers keep their spelling, beyond a double too", () => {
    fc.assert(
      fc.property(fc.bigInt(), (number) => {
        const document = parseExact(`{"list":[${number}],"x":1.50}`);
        const patched = apply(
          document,
          { op: "copy", from: "/list/0", path: "/y" },
          { op: "test", path: "/y", value: parseExact(String(number)) },
        );
        expect(stringifyExact(patched)).toBe(`{"list":[${number}],"x":1.50,"y":${number}}`);
      }),
    );
  });
});
