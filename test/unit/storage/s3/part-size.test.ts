import { expect, test } from "vitest";
import { partSize } from "#core/storage/s3/part-size.ts";

const MIB = 1024 ** 2;

test("10,000 parts hold the largest object that S3 takes, each within its limits", () => {
  let total = 0;
  for (let number = 1; number <= 10_000; number++) {
    expect(partSize(number)).toBeGreaterThanOrEqual(5 * MIB);
    expect(partSize(number)).toBeLessThanOrEqual(5 * 1024 * MIB);
    total += partSize(number);
  }
  expect(total).toBeGreaterThan(5 * 1024 ** 4);
});

test("up to 29 GiB all parts are of one size", () => {
  expect(new Set(Array.from({ length: 5000 }, (_, n) => partSize(n + 1)))).toEqual(new Set([6 * MIB]));
});
