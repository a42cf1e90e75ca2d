import { expect, test } from "vitest";
import { progressLine } from "#plugin/ui/progress-line.ts";

const style = { now: 12_000, columns: 100, color: false };

test("a phase under way shows bar, counts, rate and the time that is left", () => {
  expect(progressLine({ phase: "Restoring", startedAt: 2_000, done: 250, total: 1_000 }, style)).toBe(
    "Restoring    [======>                 ]  250/1,000  25/s  30s left",
  );
});

test("without a total there is neither bar nor remaining time", () => {
  expect(progressLine({ phase: "Reading", startedAt: 2_000, done: 250, bytes: 2048 }, style)).toBe(
    "Reading      250  2.0 KiB  25/s",
  );
});

test("a phase that has ended shows what it took", () => {
  expect(
    progressLine({ phase: "Reading", startedAt: 2_000, endedAt: 4_000, done: 250, total: 250 }, style),
  ).toBe("Reading      [========================]  250/250  125/s  2.0s");
});

test("a line never wraps on a narrow terminal", () => {
  const line = progressLine(
    { phase: "Reading", startedAt: 0, done: 1, note: "a very long note about what is going on" },
    { ...style, columns: 40 },
  );
  expect(line.length).toBeLessThan(40);
});
