import * as z from "zod";
import { parseDuration } from "#core/model/duration.ts";
import { DEFAULT_SETTINGS, type ProtectionSettings } from "#core/protection/settings.ts";

/** A setting in an environment: `30m`, `24h`, `7d`; seconds. */
export const durationSetting = z.string().transform((text, context) => {
  try {
    return parseDuration(text, "the setting");
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

const { maxAgeSeconds, longestMaxAgeSeconds } = DEFAULT_SETTINGS;

/** How old backups may be, as the guard's environment says it. */
export const limitVariables = {
  GUARD_TIER_CRITICAL: durationSetting.prefault(`${maxAgeSeconds.critical}s`),
  GUARD_TIER_HIGH: durationSetting.prefault(`${maxAgeSeconds.high}s`),
  GUARD_TIER_NORMAL: durationSetting.prefault(`${maxAgeSeconds.normal}s`),
  GUARD_TIER_LOW: durationSetting.prefault(`${maxAgeSeconds.low}s`),
  GUARD_MAX_MAX_AGE: durationSetting.prefault(`${longestMaxAgeSeconds}s`),
};

export function limitsOf(read: Readonly<Record<keyof typeof limitVariables, number>>): ProtectionSettings {
  return {
    maxAgeSeconds: {
      critical: read.GUARD_TIER_CRITICAL,
      high: read.GUARD_TIER_HIGH,
      normal: read.GUARD_TIER_NORMAL,
      low: read.GUARD_TIER_LOW,
    },
    longestMaxAgeSeconds: read.GUARD_MAX_MAX_AGE,
  };
}
