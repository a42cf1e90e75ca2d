import type { ProtectionChange } from "#core/guard/change-protection.ts";
import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import { parseDuration } from "#core/model/duration.ts";
import { Failure } from "#core/model/errors.ts";
import { writeSkip } from "#core/protection/skip.ts";

interface ProtectFlags {
  readonly maxAge?: string | undefined;
  readonly tier?: string | undefined;
  readonly volumes?: string | undefined;
}

/** What is not given stays as it is. Pure. */
export function protectChange({ maxAge, tier, volumes }: ProtectFlags): ProtectionChange {
  if (maxAge !== undefined && parseDuration(maxAge, "--max-age") <= 0) {
    throw new Failure("usage", `--max-age: "${maxAge}" is no time at all`);
  }
  return {
    labels: { [labelKeys.protect]: "true", ...(tier !== undefined && { [labelKeys.tier]: tier }) },
    annotations: {
      ...(maxAge !== undefined && { [annotationKeys.maxAge]: maxAge }),
      ...(volumes !== undefined && { [annotationKeys.volumes]: volumes }),
    },
  };
}

interface UnprotectFlags {
  readonly once?: boolean | undefined;
  readonly for?: string | undefined;
  readonly reason?: string | undefined;
}

export type Unprotection =
  | { readonly how: "for-good" }
  | { readonly how: "once"; readonly seconds: number; readonly reason: string };

/** Longer than a day is a way of life, and the guard does not take it. */
const LONGEST_SECONDS = 86_400;

export function wantedUnprotection({ once, for: time, reason }: UnprotectFlags): Unprotection {
  if (once === true) return wantedOnce(time, reason?.trim());
  if (time === undefined && reason === undefined) return { how: "for-good" };
  throw new Failure("usage", "--for and --reason go with --once", {
    hint: "without --once the protection is removed for good",
  });
}

function wantedOnce(time: string | undefined, reason: string | undefined): Unprotection {
  if (time === undefined || reason === undefined || reason === "") {
    throw new Failure("usage", "--once needs --for and --reason", {
      hint: "kubectl backup unprotect NAME --once --for 1h --reason INC-42",
    });
  }
  const seconds = parseDuration(time, "--for");
  if (seconds > 0 && seconds <= LONGEST_SECONDS) return { how: "once", seconds, reason };
  throw new Failure("usage", `--for: "${time}" is not more than nothing and at most 24h`);
}

/** `now` by the API server's clock, which the guard goes by. */
export function unprotectChange(wanted: Unprotection, now: Date): (namespace: string) => ProtectionChange {
  if (wanted.how === "for-good") return () => ({ labels: { [labelKeys.protect]: null } });
  const until = new Date(now.getTime() + wanted.seconds * 1000);
  return (namespace) => ({
    annotations: { [annotationKeys.skipFinalBackup]: writeSkip({ namespace, until, reason: wanted.reason }) },
  });
}
