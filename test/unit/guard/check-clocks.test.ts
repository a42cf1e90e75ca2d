import { expect, test } from "vitest";
import { askClock, checkClocks } from "#core/guard/check-clocks.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

function clocks(serverAheadMs: number, storeAheadMs: number) {
  const stores = [{ whose: "main", aheadMs: storeAheadMs }];
  return checkClocks({ whose: "the API server", aheadMs: serverAheadMs }, stores);
}

test("a clock is as far ahead as it told between question and answer, whole seconds allowed for", async () => {
  const times = [10_000, 14_000];
  const now = () => new Date(times.shift() ?? 0);
  const read = async () => new Date(20_000);
  expect(await askClock("main", read, now)).toEqual({ whose: "main", aheadMs: 8500 });
});

test("clocks that agree are all right, and what a request takes is no difference", () => {
  expect(clocks(400, -900)).toEqual({
    check: "clocks",
    state: "ok",
    detail: "this machine as the API server's, main as the API server's",
    help: [],
  });
});

test("differences are told against the API server's clock, and two minutes are borne", () => {
  expect(clocks(-90 * SECOND, 10 * SECOND)).toMatchObject({
    state: "ok",
    detail: "this machine 90s ahead of the API server's, main 100s ahead of the API server's",
  });
  expect(clocks(5 * MINUTE, 5 * MINUTE)).toMatchObject({
    state: "warning",
    detail: "this machine 5m behind the API server's, main as the API server's",
    help: ["set the clocks"],
  });
});

test("a store whose clock goes after makes backups useless, which is said", () => {
  expect(clocks(0, -3 * MINUTE)).toMatchObject({
    state: "warning",
    detail: expect.stringMatching(/main 3m behind .*: backups stored at main .* do not count$/),
  });
  expect(clocks(0, 3 * MINUTE).detail).not.toContain("do not count");
});
