import { describe, expect, it } from "vitest";
import { climb, createAdaptiveLimit } from "#core/flow/adaptive-limit.ts";

const bounds = { least: 4, most: 64 };
const { signal } = new AbortController();

describe("the search for the best number of tasks at once", () => {
  it("goes on while more brings more, and stops at the most", () => {
    let state = climb({ concurrency: 16, rate: 0, direction: 1 }, { rate: 100, pushedBack: false }, bounds);
    expect(state.concurrency).toBe(24);
    for (const rate of [120, 140, 160, 200, 250, 300])
      state = climb(state, { rate, pushedBack: false }, bounds);
    expect(state.concurrency).toBe(64);
  });

  it("stays where more makes no difference, and turns back where it costs", () => {
    const last = { concurrency: 32, rate: 100, direction: 1 as const };
    expect(climb(last, { rate: 102, pushedBack: false }, bounds).concurrency).toBe(32);
    expect(climb(last, { rate: 80, pushedBack: false }, bounds)).toMatchObject({
      concurrency: 24,
      direction: -1,
    });
  });

  it("halves when pushed back, never below the least", () => {
    const last = { concurrency: 16, rate: 100, direction: 1 as const };
    expect(climb(last, { rate: 200, pushedBack: true }, bounds).concurrency).toBe(8);
    expect(climb({ ...last, concurrency: 5 }, { rate: 1, pushedBack: true }, bounds).concurrency).toBe(4);
  });
});

describe("a limit", () => {
  it("lets so many in at once and the next when one leaves, once however often it says so", async () => {
    const limit = createAdaptiveLimit({ start: 2, least: 1, most: 2 });
    const first = await limit.enter(signal);
    await limit.enter(signal);
    const order: string[] = [];
    const third = limit.enter(signal).then(() => order.push("third"));
    const fourth = limit.enter(signal).then(() => order.push("fourth"));
    await Promise.resolve();
    expect(order).toEqual([]);
    first("well");
    first("well");
    await third;
    expect(order).toEqual(["third"]);
    void fourth;
  });
});
