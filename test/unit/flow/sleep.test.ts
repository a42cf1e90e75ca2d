import { expect, test } from "vitest";
import { sleep } from "#core/flow/sleep.ts";

test("a wait ends at once with the signal's reason when it is aborted", async () => {
  const controller = new AbortController();
  const waiting = sleep(60_000, controller.signal);
  controller.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
});

test("a wait that starts after the abort does not wait", async () => {
  await expect(sleep(60_000, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
});

test("a wait lasts at least as long as asked", async () => {
  const startedAt = performance.now();
  await sleep(20, new AbortController().signal);
  expect(performance.now() - startedAt).toBeGreaterThan(18);
});
