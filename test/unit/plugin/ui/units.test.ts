import { expect, test } from "vitest";
import { formatAge, formatBytes, formatCount, formatSpan, formatWholeSeconds } from "#plugin/ui/units.ts";

test.each([
  [45_000, "45s"],
  [125_000, "2m5s"],
  [12 * 60_000, "12m"],
  [(3 * 60 + 20) * 60_000, "3h20m"],
  [(5 * 24 + 3) * 3_600_000, "5d3h"],
  [(2 * 365 + 40) * 86_400_000, "2y40d"],
  [-5, "0s"],
])("an age of %d ms is %s, as kubectl prints it", (milliseconds, expected) => {
  expect(formatAge(milliseconds)).toBe(expected);
});

test("sizes, spans and counts read naturally", () => {
  expect(formatBytes(1023)).toBe("1023 B");
  expect(formatBytes(1536)).toBe("1.5 KiB");
  expect(formatSpan(450)).toBe("0.5s");
  expect(formatSpan(185_000)).toBe("3m5s");
  expect(formatCount(1, "object")).toBe("1 object");
  expect(formatCount(12_345, "object")).toBe("12,345 objects");
});

test("a span between two times of whole seconds is never 0.0s", () => {
  expect(formatWholeSeconds(0)).toBe("<1s");
  expect(formatWholeSeconds(1000)).toBe("1s");
  expect(formatWholeSeconds(190_000)).toBe("3m10s");
});
