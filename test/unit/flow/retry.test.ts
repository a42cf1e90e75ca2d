import { expect, test } from "vitest";
import { type Retry, retrying } from "#core/flow/retry.ts";
import { Failure } from "#core/model/errors.ts";

const never = new AbortController().signal;
const busy = (retryAfterSeconds?: number) =>
  new Failure("cluster-error", "busy", {
    retryable: true,
    reply: { status: 429, reason: "TooManyRequests", retryAfterSeconds },
  });

function recorder(errors: readonly unknown[]) {
  const waits: number[] = [];
  const retries: Retry[] = [];
  let now = 0;
  const attempt = async (n: number) => {
    const error = errors[n - 1];
    if (error !== undefined) throw error;
    return n;
  };
  const options = {
    signal: never,
    random: () => 0,
    clock: () => now,
    onRetry: (retry: Retry) => void retries.push(retry),
    sleep: async (ms: number) => {
      waits.push(ms);
      now += ms;
    },
  };
  return { waits, retries, attempt, options };
}

test("a retryable failure is tried again with growing waits until it succeeds", async () => {
  const { attempt, options, waits, retries } = recorder([busy(), busy(), busy()]);
  expect(await retrying(attempt, options)).toBe(4);
  expect(waits).toEqual([100, 200, 400]);
  expect(retries.map((retry) => retry.attempt)).toEqual([1, 2, 3]);
});

test("jitter stays between half and the whole of the back-off, which has a ceiling", async () => {
  const { attempt, options, waits } = recorder([busy(), busy(), busy()]);
  await retrying(attempt, { ...options, random: () => 0.999999, baseDelayMs: 1000, maxDelayMs: 1500 });
  expect(waits.map(Math.round)).toEqual([1000, 1500, 1500]);
});

test("the server's Retry-After is obeyed when it is longer than the back-off", async () => {
  const { attempt, options, waits } = recorder([busy(3)]);
  await retrying(attempt, options);
  expect(waits).toEqual([3000]);
});

test("a failure that is not retryable is thrown at once", async () => {
  const final = new Failure("cluster-forbidden", "no");
  const { attempt, options, waits } = recorder([final]);
  await expect(retrying(attempt, options)).rejects.toBe(final);
  expect(waits).toEqual([]);
});

test("after the last attempt the error itself is thrown", async () => {
  const errors = [busy(), busy(), busy()];
  const { attempt, options, waits } = recorder(errors);
  await expect(retrying(attempt, { ...options, attempts: 3 })).rejects.toBe(errors[2]);
  expect(waits).toHaveLength(2);
});

test("no attempt starts after the deadline", async () => {
  const { attempt, options, waits } = recorder([busy(), busy(), busy(), busy()]);
  await expect(retrying(attempt, { ...options, deadlineMs: 350 })).rejects.toThrow("busy");
  expect(waits).toEqual([100, 200]);
});

test("an abort during an attempt throws the signal's reason, not the attempt's error", async () => {
  const controller = new AbortController();
  const attempt = async () => {
    controller.abort(new Failure("interrupted", "stopped"));
    throw busy();
  };
  await expect(retrying(attempt, { signal: controller.signal })).rejects.toThrow("stopped");
});

test("an abort during the wait ends it at once", async () => {
  const controller = new AbortController();
  const onRetry = () => controller.abort(new Failure("interrupted", "stopped"));
  const attempt = () => Promise.reject(busy(60));
  await expect(retrying(attempt, { signal: controller.signal, onRetry })).rejects.toThrow("stopped");
});
