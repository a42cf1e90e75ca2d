import { describe, expect, it } from "vitest";
import { climb, createAdaptiveLimit } from "#core/flow/adaptive-limit.ts";

const bounds = { least: 4, most: 64 };
const { signal } = new AbortController();

describe("the search for the best number of tasks at once", () => {
  const begun = { concurrency: 16, rate: 0, direction: 1, doubles: true } as const;

  it("takes twice as many while that brings more, and stops at the most", () => {
    const first = climb(begun, { rate: 100, pushedBack: false }, bounds);
    expect(first.concurrency).toBe(32);
    const second = climb(first, { rate: 150, pushedBack: false }, bounds);
    expect(second.concurrency).toBe(64);
    expect(climb(second, { rate: 200, pushedBack: false }, bounds).concurrency).toBe(64);
  });

  it("goes back to half when twice as many cost, and feels its way by quarters from there", () => {
    const back = climb({ ...begun, concurrency: 64, rate: 100 }, { rate: 80, pushedBack: false }, bounds);
    expect(back).toMatchObject({ concurrency: 32, direction: -1 });
    expect(climb(back, { rate: 100, pushedBack: false }, bounds).concurrency).toBe(24);
  });

  it("stays where more makes no difference, and turns back where it costs", () => {
    const last = { concurrency: 32, rate: 100, direction: 1, doubles: false } as const;
    expect(climb(last, { rate: 102, pushedBack: false }, bounds).concurrency).toBe(32);
    expect(climb(last, { rate: 80, pushedBack: false }, bounds)).toMatchObject({
      concurrency: 24,
      direction: -1,
    });
  });

  it("halves when pushed back, never below the least", () => {
    const last = { ...begun, rate: 100 };
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

  it("takes a lack of tasks for no reason to let fewer in", async () => {
    let now = 0;
    const limit = createAdaptiveLimit({ start: 16, least: 4, most: 64, clock: () => now });
    const rush = async (msEach: number) => {
      const queue = Array.from({ length: 300 }, () => limit.enter(signal));
      for (const entering of queue) {
        const leave = await entering;
        now += msEach;
        leave("well");
      }
    };
    const trickle = async (count: number) => {
      for (let task = 0; task < count; task += 1) {
        const leave = await limit.enter(signal);
        now += 1000;
        leave("well");
      }
    };
    await rush(1);
    const before = limit.concurrency;
    await trickle(600);
    expect(limit.concurrency).toBe(before);
  });
});
