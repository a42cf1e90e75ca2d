import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteBudget } from "#core/flow/byte-budget.ts";

const never = new AbortController().signal;

test("never more bytes than the budget are out, and everybody gets theirs in order", async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(sizes, async (pieces) => {
      const budget = new ByteBudget(100);
      const served: number[] = [];
      const work = async (bytes: number, index: number) => {
        const release = await budget.acquire(bytes, never);
        served.push(index);
        expect(budget.usedBytes).toBeLessThanOrEqual(100);
        await turn();
        release();
      };
      await Promise.all(pieces.map(work));
      expect(served).toEqual(pieces.map((_, index) => index));
      expect(budget.usedBytes).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test("a piece larger than the whole budget is let in alone", async () => {
  const budget = new ByteBudget(10);
  const release = await budget.acquire(4, never);
  let admitted = false;
  const large = budget.acquire(50, never).then((give) => {
    admitted = true;
    return give;
  });
  await turn();
  expect(admitted).toBe(false);
  release();
  (await large)();
  expect(budget.usedBytes).toBe(0);
});

test("a release called twice gives its bytes back once", async () => {
  const budget = new ByteBudget(10);
  const release = await budget.acquire(4, never);
  await budget.acquire(5, never);
  release();
  release();
  expect(budget.usedBytes).toBe(5);
});

test("one who stops waiting leaves the queue and lets those behind him pass", async () => {
  const budget = new ByteBudget(10);
  await budget.acquire(6, never);
  const impatient = new AbortController();
  const large = budget.acquire(9, impatient.signal);
  const small = budget.acquire(3, never);
  impatient.abort(new Error("stopped"));
  await expect(large).rejects.toThrow("stopped");
  await small;
  expect(budget.usedBytes).toBe(9);
});
