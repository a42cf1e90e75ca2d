import { expect, test } from "vitest";
import { runningLimits } from "#core/guard/running-limits.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";

function limits(env: Record<string, string>, setElsewhere: readonly string[] = []) {
  const deployment = { wantedReplicas: 2, readyReplicas: 2, env, setElsewhere };
  return runningLimits({ isInstalled: true, checks: [], deployment });
}

test("what the guard's Deployment sets holds, and the default for the rest", () => {
  const { settings, checks } = limits({ GUARD_TIER_HIGH: "6h" }, ["GUARD_NAMESPACE"]);
  expect(settings).toEqual({
    ...DEFAULT_SETTINGS,
    maxAgeSeconds: { ...DEFAULT_SETTINGS.maxAgeSeconds, high: 6 * 3600 },
  });
  expect(checks).toEqual([]);
});

test("where it cannot be read the defaults are no more than a guess, which is said with the role that lets read it", () => {
  const { settings, checks } = runningLimits({ isInstalled: true, checks: [], deployment: undefined });
  expect(settings).toEqual(DEFAULT_SETTINGS);
  expect(checks).toEqual([
    {
      check: "limits",
      state: "unknown",
      detail:
        "its Deployment could not be read: namespaces are judged by the default limits, and the guard may go by others",
      help: [expect.stringContaining("kubectl-backup-guard-viewer")],
    },
  ]);
});

test("limits that come from a ConfigMap, or cannot be understood, are not passed over in silence", () => {
  expect(limits({}, ["GUARD_TIER_LOW", "GUARD_MAX_MAX_AGE"]).checks).toMatchObject([
    {
      detail: expect.stringMatching(/^GUARD_TIER_LOW, GUARD_MAX_MAX_AGE come from outside its Deployment: /),
    },
  ]);
  expect(limits({ GUARD_TIER_LOW: "soon" }).checks).toMatchObject([
    { detail: expect.stringMatching(/cannot be understood: GUARD_TIER_LOW: /) },
  ]);
});

test("where no guard is there are no limits to tell of", () => {
  expect(runningLimits({ isInstalled: false, checks: [], deployment: undefined }).checks).toEqual([]);
});
