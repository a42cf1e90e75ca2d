import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { onAbort } from "#core/flow/on-abort.ts";

it("calls back everyone who still waits when the signal fires, once", () => {
  const stop = new AbortController();
  const called: string[] = [];
  onAbort(stop.signal, () => called.push("first"));
  const forget = onAbort(stop.signal, () => called.push("second"));
  onAbort(stop.signal, () => called.push("third"));
  forget();
  stop.abort();
  expect(called).toEqual(["first", "third"]);
});

it("adds one listener to a signal, however many wait for it", () => {
  const stop = new AbortController();
  for (let index = 0; index < 100; index += 1) onAbort(stop.signal, () => undefined);
  expect(getEventListeners(stop.signal, "abort")).toHaveLength(1);
});
