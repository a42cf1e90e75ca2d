import { expect, test } from "vitest";
import * as z from "zod";
import { listOf, mapOf } from "#core/model/first-fault.ts";

const names = listOf(z.object({ name: z.string() }));
const ages = mapOf(z.object({ years: z.number().default(1) }));

test("what fits is read as the schema library's own lists and maps read it", () => {
  expect(names.parse([{ name: "a", other: 1 }, { name: "b" }])).toEqual([{ name: "a" }, { name: "b" }]);
  expect(ages.parse({ a: {}, constructor: { years: 2 } })).toEqual({
    a: { years: 1 },
    constructor: { years: 2 },
  });
  expect(names.optional().parse(undefined)).toBeUndefined();
});

test("of many faults the first is told, with its place", () => {
  expect(names.safeParse([{ name: "a" }, { name: 1 }, 2, 3]).error?.issues).toEqual([
    expect.objectContaining({ path: [1, "name"], message: expect.stringContaining("expected string") }),
  ]);
  expect(ages.safeParse({ a: {}, b: 1, c: 2 }).error?.issues).toEqual([
    expect.objectContaining({ path: ["b"], message: expect.stringContaining("expected object") }),
  ]);
});

test.each([[3], ["text"], [null], [{ length: 1 }]])("%j is no list", (value) => {
  expect(names.safeParse(value).success).toBe(false);
});
