import { expect, test } from "vitest";
import { median, percentile } from "#test/bench/measure.ts";
import { histogramIn, meanMsBetween } from "#test/bench/scraped.ts";

test("the 99th percentile of a hundred values is the last but one, of few values the largest", () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect(percentile(hundred, 99)).toBe(99);
  expect(percentile(hundred, 50)).toBe(50);
  expect(percentile([3, 1, 2], 99)).toBe(3);
  expect(percentile([], 99)).toBeNaN();
  expect(median([3, 1, 2, 4])).toBe(2.5);
});

test("what was observed between two scrapes is told apart from what was before", () => {
  const scraped = (sum: number, count: number) =>
    `# TYPE look_seconds histogram\nlook_seconds_bucket{le="+Inf"} 7\nlook_seconds_sum ${sum}\nlook_seconds_count ${count}\nother_look_seconds_sum 9\n`;
  const [before, after] = [scraped(1.5, 2), scraped(2.5, 7)].map((text) => histogramIn(text, "look_seconds"));
  expect(before).toEqual({ sum: 1.5, count: 2 });
  expect(meanMsBetween(before ?? { sum: 0, count: 0 }, after ?? { sum: 0, count: 0 })).toBeCloseTo(200);
  expect(histogramIn("", "look_seconds")).toEqual({ sum: 0, count: 0 });
});
