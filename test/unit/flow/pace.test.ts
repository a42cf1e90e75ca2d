import { expect, test } from "vitest";
import { createPace } from "#core/flow/pace.ts";

const { signal } = new AbortController();

test("what is taken faster than it may be is waited for; small waits are saved up, and idle times are lost", async () => {
  let nowMs = 0;
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
    nowMs += ms;
  };
  const pace = createPace({ perSecond: 1000, signal, sleep, clock: () => nowMs });
  expect(pace(10)).toBeUndefined();
  await pace(90);
  expect(waits).toEqual([100]);
  nowMs += 10_000;
  await pace(500);
  await pace(500);
  expect(waits).toEqual([100, 500, 500]);
});
