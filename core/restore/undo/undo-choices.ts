import type { RestoreRequest } from "#core/model/restore.ts";

/** Of an undo's request. What it puts back lies in the same cluster as before: nothing of it is a copy. */
export const UNDO_CHOICES = {
  existing: "replace",
  emptyVolumes: true,
  startJobs: true,
  includeExternal: true,
  preserveNodePorts: true,
  keepProtection: true,
} as const satisfies Partial<RestoreRequest>;
