import { expect, test } from "vitest";
import { isHeapOfBrackets } from "#core/objects/nesting.ts";

const heap = (unit: string, count: number) => Buffer.from(`[${unit.repeat(count)}0]`);

test.each(["[],", "{},", '{"a":[{}]},', "[[[[[[[[]]]]]]]],"])(
  "a megabyte and more of %s is no honest JSON",
  (unit) => {
    expect(isHeapOfBrackets(heap(unit, 500_000))).toBe(true);
  },
);

test("numbers, texts and managed fields of the largest object are", () => {
  expect(isHeapOfBrackets(heap('0,"text",', 300_000))).toBe(false);
  expect(isHeapOfBrackets(heap('"f:annotation-1":{},', 150_000))).toBe(false);
});
