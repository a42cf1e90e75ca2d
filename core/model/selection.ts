import * as z from "zod";
import { listOf } from "./first-fault.ts";

/**
 * What belongs to a backup or restore. Namespaces are names or globs (`*`, `?`, `[abc]`); resources are plural,
 * singular, kind or short names, with or without group, or `kind/name` for one object. An empty include list means
 * everything. In restores all names are those in the backup, before mapping.
 */
export const selection = z.object({
  includeNamespaces: listOf(z.string()).readonly().default([]),
  excludeNamespaces: listOf(z.string()).readonly().default([]),
  includeResources: listOf(z.string()).readonly().default([]),
  excludeResources: listOf(z.string()).readonly().default([]),
  /** One label selector in kubectl's syntax; objects must match it. */
  labelSelector: z.string().optional(),
  /** Several label selectors; objects must match one. Excludes labelSelector. */
  orSelectors: listOf(z.string()).readonly().default([]),
  /** auto: everything when all namespaces are included, else only what selected objects refer to. */
  includeClusterResources: z.enum(["true", "false", "auto"]).default("auto"),
});
export type Selection = z.infer<typeof selection>;

/** Nothing narrowed by kind, label or name: what completeness of a namespace asks. */
export function narrowsContent(request: Selection): boolean {
  return (
    request.includeResources.length > 0 ||
    request.excludeResources.length > 0 ||
    request.labelSelector !== undefined ||
    request.orSelectors.length > 0
  );
}
