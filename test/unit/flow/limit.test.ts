import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLimit } from "#core/flow/limit.ts";

const never = new AbortController().signal;

test("no more tasks run at once than allowed, and the allowance may change", async () => {
  const limit = createLimit(2);
  let most = 0;
  const task = async () => {
    most = Math.max(most, limit.active);
    await turn();
  };
  await Promise.all(Array.from({ length: 6 }, () => limit.run(task, never)));
  expect(most).toBe(2);
  limit.setConcurrency(4);
  await Promise.all(Array.from({ length: 8 }, () => limit.run(task, never)));
  expect(most).toBe(4);
});

test("a task that still waits when the signal fires never starts", async () => {
  const limit = createLimit(1);
  const controller = new AbortController();
  const gate = Promise.withResolvers<void>();
  let started = false;
  const first = limit.run(() => gate.promise, controller.signal);
  const second = limit.run(async () => {
    started = true;
  }, controller.signal);
  await turn();
  controller.abort(new Error("stopped"));
  gate.resolve();
  await first;
  await expect(second).rejects.toThrow("stopped");
  expect(started).toBe(false);
});
