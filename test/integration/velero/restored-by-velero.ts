import type { IgnoredPath } from "#test/harness/ignored-paths.ts";

/** What Velero's restore changes and ours does not, beside the labels it adds. */
export const RESTORED_BY_VELERO: readonly IgnoredPath[] = [
  { path: ["metadata", "ownerReferences"], reason: "Velero drops every owner reference" },
  { path: ["status"], reason: "Velero drops every status unless told to restore it" },
];
