import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { forEachLimited } from "#core/flow/for-each-limited.ts";

const never = new AbortController().signal;

test("every item is worked on once, so many at once, and the source is not read ahead", async () => {
  let active = 0;
  let most = 0;
  let drawn = 0;
  const done: number[] = [];
  async function* source() {
    for (let n = 0; n < 20; n++) {
      drawn++;
      expect(drawn - done.length).toBeLessThanOrEqual(3);
      yield n;
    }
  }
  await forEachLimited(source(), { concurrency: 3, signal: never }, async (n) => {
    active++;
    most = Math.max(most, active);
    await turn();
    active--;
    done.push(n);
  });
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  expect(most).toBe(3);
});

test("the first error stops the rest and is thrown after all that ran has ended", async () => {
  const ended: number[] = [];
  const work = async (n: number, signal: AbortSignal) => {
    if (n === 1) throw new Error("broken");
    await turn();
    expect(signal.aborted).toBe(true);
    ended.push(n);
  };
  const all = forEachLimited([0, 1, 2, 3, 4, 5], { concurrency: 2, signal: never }, work);
  await expect(all).rejects.toThrow("broken");
  expect(ended).toEqual([0]);
});

test("an error of the source itself is thrown", async () => {
  async function* source() {
    yield 1;
    throw new Error("dry");
  }
  await expect(forEachLimited(source(), { concurrency: 2, signal: never }, () => turn())).rejects.toThrow(
    "dry",
  );
});

test("an abort from outside starts nothing more and throws the reason", async () => {
  const controller = new AbortController();
  const started: number[] = [];
  const work = async (n: number) => {
    started.push(n);
    if (n === 1) controller.abort(new Error("stopped"));
  };
  const all = forEachLimited([0, 1, 2, 3], { concurrency: 1, signal: controller.signal }, work);
  await expect(all).rejects.toThrow("stopped");
  expect(started).toEqual([0, 1]);
});
