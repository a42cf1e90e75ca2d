import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import { parseDuration } from "#core/model/duration.ts";
import { TIERS } from "#core/model/tier.ts";
import type { ProtectionSettings, Tier } from "./settings.ts";

/** What protection reads of a namespace. */
export interface NamespaceMarks {
  readonly name: string;
  readonly uid: string;
  readonly terminating: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What holds for a namespace; a value that cannot be read counts as the default. */
export interface Protection {
  readonly isProtected: boolean;
  readonly tier: Tier;
  readonly maxAgeSeconds: number;
  readonly areVolumesWaived: boolean;
  readonly areExclusionsAllowed: boolean;
}

export function protectionOf(
  { labels, annotations }: Pick<NamespaceMarks, "labels" | "annotations">,
  settings: ProtectionSettings,
): Protection {
  const protect = labels[labelKeys.protect];
  const tier = tierOf(labels[labelKeys.tier]) ?? "normal";
  const asked = maxAgeOf(annotations[annotationKeys.maxAge]) ?? settings.maxAgeSeconds[tier];
  return {
    isProtected: protect !== undefined && protect !== "false",
    tier,
    maxAgeSeconds: Math.min(asked, settings.longestMaxAgeSeconds),
    areVolumesWaived: annotations[annotationKeys.volumes] === "waived",
    areExclusionsAllowed: annotations[annotationKeys.allowExcluded] === "true",
  };
}

/** undefined when it is absent or none of the tiers. */
export function tierOf(text: string | undefined): Tier | undefined {
  const word = TIERS.find((known) => known === text);
  return word === "none" ? "normal" : word;
}

/** Seconds; undefined when it is absent or not a duration above zero. */
export function maxAgeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  try {
    const seconds = parseDuration(text, annotationKeys.maxAge);
    return seconds > 0 && Number.isFinite(seconds) ? seconds : undefined;
  } catch {
    return undefined;
  }
}
