import { annotationKeys } from "#core/model/annotations.ts";
import { type NamespaceMarks, protectionOf } from "./protection-of.ts";
import type { ProtectionSettings, Tier } from "./settings.ts";
import { unreadableMarks } from "./unreadable-marks.ts";

/** What a change of a namespace does to its protection. */
export interface UpdateReview {
  /** Values that were set and mean nothing: refused whoever sets them. */
  readonly unreadable: readonly string[];
  /** What gets weaker: for who has the verb `unprotect` alone, however fresh a backup is. */
  readonly weakened: readonly string[];
}

export interface NamespaceChange {
  readonly before: NamespaceMarks;
  readonly after: NamespaceMarks;
}

/** Higher is stricter. */
const RANK: Readonly<Record<Tier, number>> = { low: 0, normal: 1, high: 2, critical: 3 };

export function reviewUpdate(change: NamespaceChange, settings: ProtectionSettings, now: Date): UpdateReview {
  // A namespace on its way out cannot be kept; refusing an update would only wedge it.
  if (change.before.terminating) return { unreadable: [], weakened: [] };
  return { unreadable: unreadableIn(change, now), weakened: weakenedBy(change, settings) };
}

/** What was unreadable before stays as it is: the default holds for it. */
function unreadableIn({ before, after }: NamespaceChange, now: Date): string[] {
  return unreadableMarks(after, now)
    .filter(({ in: place, key, value }) => before[place][key] !== value)
    .map(({ key, value }) => `${key}: "${value}"`);
}

function weakenedBy({ before, after }: NamespaceChange, settings: ProtectionSettings): string[] {
  const [was, is] = [protectionOf(before, settings), protectionOf(after, settings)];
  const skip = after.annotations[annotationKeys.skipFinalBackup];
  if (!was.isProtected) {
    // Whoever protects a namespace chooses how; a way out that lies there already was chosen by nobody.
    return is.isProtected && skip !== undefined ? ["a skip of the final backup is already set"] : [];
  }
  const found = {
    "the protection is taken off": !is.isProtected,
    "the tier is lowered": RANK[is.tier] < RANK[was.tier],
    "the age that a backup may have is raised": is.maxAgeSeconds > was.maxAgeSeconds,
    "volumes are waived": is.areVolumesWaived && !was.areVolumesWaived,
    "objects left out of backups are allowed": is.areExclusionsAllowed && !was.areExclusionsAllowed,
    "a skip of the final backup is set":
      skip !== undefined && skip !== before.annotations[annotationKeys.skipFinalBackup],
  };
  return Object.entries(found)
    .filter(([, isSo]) => isSo)
    .map(([what]) => what);
}
