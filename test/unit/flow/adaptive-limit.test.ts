import { describe, expect, it } from "vitest";
import { type AdaptiveLimit, climb, createAdaptiveLimit } from "#core/flow/adaptive-limit.ts";

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

  it("measures anew after it was pushed back, by steps of one at least", () => {
    const pushed = climb({ ...begun, rate: 100 }, { rate: 1000, pushedBack: true }, { least: 1, most: 64 });
    const next = climb(
      { ...pushed, concurrency: 1 },
      { rate: 50, pushedBack: false },
      { least: 1, most: 64 },
    );
    expect(next.concurrency).toBe(2);
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

  /** 300 tasks, as many at once as are let in one after the other, each of which takes so long. */
  const rush = async (limit: AdaptiveLimit, work: () => void, fared: "well" | "pushed-back" = "well") => {
    const queue = Array.from({ length: 300 }, () => limit.enter(signal));
    for (const entering of queue) {
      const leave = await entering;
      work();
      leave(fared);
    }
  };

  it("takes a lack of tasks, a long one too, for no reason to let fewer in", async () => {
    let now = 0;
    const limit = createAdaptiveLimit({ start: 16, least: 4, most: 64, clock: () => now });
    const quickly = () => {
      now += 1;
    };
    await rush(limit, quickly);
    const before = limit.concurrency;
    for (let task = 0; task < 600; task += 1) {
      const leave = await limit.enter(signal);
      now += 1000;
      leave("well");
    }
    expect(limit.concurrency).toBe(before);
    now += 30_000;
    await rush(limit, quickly);
    expect(limit.concurrency).toBe(before);
  });

  it("lets more in again after it was pushed back to one at a time", async () => {
    let now = 0;
    const limit = createAdaptiveLimit({ start: 8, least: 1, most: 8, clock: () => now });
    const work = () => {
      now += 1;
    };
    await rush(limit, work, "pushed-back");
    expect(limit.concurrency).toBe(1);
    await rush(limit, () => {
      now += 8 / limit.concurrency;
    });
    expect(limit.concurrency).toBe(8);
  });
});
