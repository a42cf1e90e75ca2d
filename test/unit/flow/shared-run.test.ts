import { beforeEach, expect, test } from "vitest";
import { SharedRun } from "#core/flow/shared-run.ts";

/** Runs that end when the test says so; pauses that are over when it says so. */
let runs: PromiseWithResolvers<number>[];
let pauses: { readonly ms: number; readonly over: () => void }[];
let nowMs: number;
let shared: SharedRun<string, number>;

beforeEach(() => {
  [runs, pauses, nowMs] = [[], [], 0];
  shared = new SharedRun(
    () => {
      const run = Promise.withResolvers<number>();
      runs.push(run);
      return run.promise;
    },
    {
      clock: () => nowMs,
      pauseAfter: (tookMs) => Math.max(500, tookMs),
      pause: (ms) => new Promise((over) => pauses.push({ ms, over })),
    },
  );
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("however many ask, one run is under way and one is awaited, which begins after they asked", async () => {
  const first = shared.join("");
  await settled();
  expect(runs).toHaveLength(1);
  const late = Array.from({ length: 100 }, () => shared.join(""));
  await settled();
  expect(runs).toHaveLength(1);
  runs[0]?.resolve(1);
  expect(await first).toBe(1);
  pauses[0]?.over();
  await settled();
  expect(runs).toHaveLength(2);
  runs[1]?.resolve(2);
  expect(new Set(await Promise.all(late))).toEqual(new Set([2]));
});

test("who asks without end keeps it busy half of the time at most, also when it fails", async () => {
  const first = shared.join("");
  await settled();
  const second = shared.join("");
  nowMs = 3000;
  runs[0]?.reject(new Error("down"));
  await expect(first).rejects.toThrow("down");
  await settled();
  expect(pauses.map(({ ms }) => ms)).toEqual([3000]);
  expect(runs).toHaveLength(1);
  pauses[0]?.over();
  await settled();
  nowMs = 3010;
  runs[1]?.resolve(2);
  expect(await second).toBe(2);
  expect(pauses.map(({ ms }) => ms)).toEqual([3000, 500]);
});

test("it is idle when nobody waits for it any more", async () => {
  expect(shared.isIdle).toBe(true);
  const asked = shared.join("");
  expect(shared.isIdle).toBe(false);
  await settled();
  expect(shared.isIdle).toBe(false);
  runs[0]?.resolve(1);
  await asked;
  expect(shared.isIdle).toBe(true);
});
