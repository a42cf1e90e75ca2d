import fc from "fast-check";
import { expect, it } from "vitest";
import { readSkip, whyNoSkip, writeSkip } from "#core/protection/skip.ts";
import { HOUR_MS, NOW } from "./fixtures.ts";

it("is read as it was written, whatever the reason says", () => {
  const reasons = fc.string({ unit: "grapheme" }).filter((text) => text.trim() !== "");
  fc.assert(
    fc.property(reasons, fc.integer({ min: 1, max: 86_400 }), (reason, seconds) => {
      const until = new Date(NOW.getTime() + seconds * 1000);
      const skip = { namespace: "prod", until, reason };
      expect(readSkip(writeSkip(skip))).toEqual({ ...skip, reason: reason.trim() });
      expect(whyNoSkip(writeSkip(skip), "prod", NOW)).toBeUndefined();
    }),
  );
});

it("is refused for what it lacks, in words that say what", () => {
  const until = new Date(NOW.getTime() + HOUR_MS);
  expect(whyNoSkip(writeSkip({ namespace: "dev", until, reason: "x" }), "prod", NOW)).toBe(
    "names namespace dev",
  );
  expect(whyNoSkip("true", "prod", NOW)).toMatch(/not of the form/);
  expect(whyNoSkip("prod; until=tomorrow; reason=x", "prod", NOW)).toMatch(/not of the form/);
  expect(whyNoSkip("prod; until=2026-13-01T00:00:00Z; reason=x", "prod", NOW)).toMatch(/not of the form/);
});

it("holds no longer where nobody knows what time it is", () => {
  const until = new Date(NOW.getTime() + HOUR_MS);
  const skip = writeSkip({ namespace: "prod", until, reason: "x" });
  expect(whyNoSkip(skip, "prod", new Date(Number.NaN))).toMatch(/^ended at/);
});
