import { expect, test } from "vitest";
import { withDeadline } from "#core/flow/with-deadline.ts";

const signal = new AbortController().signal;
const never = () => new Promise<never>(() => undefined);

test("what ends in time is what it says, failures too", async () => {
  expect(await withDeadline({ signal, withinMs: 1000 }, async () => 7)).toBe(7);
  const failing = withDeadline({ signal, withinMs: 1000 }, () => Promise.reject(new Error("down")));
  await expect(failing).rejects.toThrow("down");
});

test("work that heeds no signal is not waited for", async () => {
  let given: AbortSignal | undefined;
  const late = withDeadline({ signal, withinMs: 10 }, (own) => {
    given = own;
    return never();
  });
  await expect(late).rejects.toMatchObject({ name: "TimeoutError" });
  expect(given?.aborted).toBe(true);
});

test("work that says that it moves may take longer, until it stands still", async () => {
  const parts = [1, 2, 3, 4, 5];
  const steady = withDeadline({ signal, withinMs: 200 }, async (_, moved) => {
    for (const _part of parts) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      moved();
    }
    return parts.length;
  });
  expect(await steady).toBe(5);
  const stalled = withDeadline({ signal, withinMs: 10 }, (_, moved) => {
    moved();
    return never();
  });
  await expect(stalled).rejects.toMatchObject({ name: "TimeoutError" });
});

test("the outer signal ends it, before and while it works", async () => {
  const outer = new AbortController();
  const stopped = withDeadline({ signal: outer.signal, withinMs: 10_000 }, never);
  outer.abort(new Error("interrupted"));
  await expect(stopped).rejects.toThrow("interrupted");
  let begun = false;
  const work = async () => {
    begun = true;
  };
  await expect(withDeadline({ signal: outer.signal, withinMs: 10_000 }, work)).rejects.toThrow("interrupted");
  expect(begun).toBe(false);
});
