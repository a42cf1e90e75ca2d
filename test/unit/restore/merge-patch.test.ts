import { expect, it } from "vitest";
import { type ExactObject, isExactObject, parseExact, stringifyExact } from "#core/objects/exact-json.ts";
import { mergePatch } from "#core/restore/merge-patch.ts";

const parsed = (text: string): ExactObject => {
  const value = parseExact(text);
  return isExactObject(value) ? value : {};
};
const merged = (object: string, patch: string) => stringifyExact(mergePatch(parsed(object), parsed(patch)));

it("a merge keeps a ConfigMap's key __proto__, adds it, and takes it away", () => {
  expect(merged('{"data":{"__proto__":"a"}}', '{"data":{"b":"c"}}')).toBe(
    '{"data":{"__proto__":"a","b":"c"}}',
  );
  expect(merged('{"data":{}}', '{"data":{"__proto__":"a"}}')).toBe('{"data":{"__proto__":"a"}}');
  expect(merged('{"data":{}}', '{"data":{"__proto__":{"a":"b"}}}')).toBe('{"data":{"__proto__":{"a":"b"}}}');
  expect(merged('{"data":{"__proto__":"a"}}', '{"data":{"__proto__":null}}')).toBe('{"data":{}}');
});
