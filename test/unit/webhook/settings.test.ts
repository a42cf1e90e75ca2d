import { expect, test } from "vitest";
import { GUARD } from "#core/model/guard.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { readSettings } from "#webhook/settings.ts";

test("without a word from the environment everything is as the design says", () => {
  expect(readSettings({})).toMatchObject({
    port: GUARD.port,
    refreshSeconds: 60,
    protection: DEFAULT_SETTINGS,
    certificates: { webhookConfiguration: GUARD.name, tlsSecret: GUARD.tlsSecret },
  });
});

test("durations are read as everywhere", () => {
  expect(readSettings({ GUARD_TIER_CRITICAL: "90m", GUARD_MAX_MAX_AGE: "2w" }).protection).toMatchObject({
    maxAgeSeconds: { critical: 5400 },
    longestMaxAgeSeconds: 14 * 86_400,
  });
});

test("what cannot be understood is named, each of it", () => {
  expect(() => readSettings({ GUARD_TIER_HIGH: "often", GUARD_PORT: "http" })).toThrow(
    /GUARD_PORT: .*; GUARD_TIER_HIGH: .*"often" is not a duration/,
  );
});
