import { expect, test } from "vitest";
import { checkCluster } from "#core/check/check-cluster.ts";
import { memoryCluster } from "#test/doubles/memory-cluster.ts";

const { signal } = new AbortController();

function check(minor: string) {
  const cluster = memoryCluster({ resources: [] });
  cluster.version = async () => ({ gitVersion: `v1.${minor}.0`, major: "1", minor });
  return checkCluster(cluster, signal);
}

test("the lowest versions for backups and for the guard are told where they are not reached", async () => {
  expect(await check("24")).toMatchObject({ state: "warning", help: [expect.stringContaining("1.25")] });
  expect(await check("29+")).toMatchObject({
    state: "ok",
    detail: expect.stringMatching(/v1\.29.*; the guard needs 1\.30$/),
  });
  const fit = await check("30");
  expect([fit.state, fit.detail]).toEqual(["ok", expect.not.stringContaining("guard")]);
});
