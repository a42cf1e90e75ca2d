import * as z from "zod";
import { modifiers } from "./modifiers.ts";
import { backupName } from "./names.ts";
import { selection } from "./selection.ts";

/** What `restore` was asked to do. */
export const restoreRequest = z.object({
  name: backupName,
  backup: z.string(),
  selection,
  /** Also what selected objects refer to, transitively. */
  withDependencies: z.boolean().default(false),
  /** Also what owns selected objects, transitively. */
  withOwners: z.boolean().default(false),
  /** Namespace as in the backup → namespace to restore into. */
  namespaceMapping: z.record(z.string(), z.string()).default({}),
  /** Storage class as in the backup → in the target. */
  storageClassMapping: z.record(z.string(), z.string()).default({}),
  /** Registry, repository or whole image → what stands in its place. */
  imageMapping: z.record(z.string(), z.string()).default({}),
  modifiers: modifiers.optional(),
  existing: z.enum(["skip", "update", "replace", "recreate", "fail"]).default("skip"),
  /** Take fields from an autoscaler that owns them, and (in an undo) overwrite what has changed since. */
  forceConflicts: z.boolean().default(false),
  /** Takes back what this restore has changed, instead of restoring a backup. */
  undo: z.object({ restore: z.string(), created: z.boolean() }).optional(),
  preserveNodePorts: z.boolean().default(false),
  /** true: all; list: `namespace/claim` as in the backup. Creates claims that were bound although their data is nowhere. */
  emptyVolumes: z.union([z.boolean(), z.array(z.string())]).default(false),
  /** Kinds (as in Selection.includeResources) whose status is written too. */
  includeStatus: z.array(z.string()).default([]),
  keepManagedFields: z.boolean().default(false),
  /** Keep protection keys on namespaces restored under another name. */
  keepProtection: z.boolean().default(false),
  startJobs: z.boolean().default(false),
  /** Copies (another name or cluster) keep what reaches outside: running CronJobs, LoadBalancers. */
  includeExternal: z.boolean().default(false),
  /** Run Velero's restore hooks. */
  hooks: z.boolean().default(true),
  strict: z.boolean().default(false),
  wait: z.boolean().default(true),
  timeoutSeconds: z.number().positive().default(600),
  /** How long each tier may take to be ready; absent: timeoutSeconds. */
  tierTimeoutSeconds: z.number().positive().optional(),
});
export type RestoreRequest = z.infer<typeof restoreRequest>;

/** What a restore made of an object, in so few words that every record holds them: a later change shows. */
export const made = z.object({
  /** In which it was written; another API version may say the same otherwise. */
  version: z.string(),
  /** Of its content, but for `replicas`. */
  digest: z.string(),
  /** The digest that it has as long as its later steps are outstanding; absent: the same. */
  unfinished: z.string().optional(),
  /** JSON of `spec.replicas`: apart, since an autoscaler may change them and nothing else. */
  replicas: z.string().optional(),
});
export type Made = z.infer<typeof made>;

/** One item's end. `reason` is stable (kebab-case) for machines, `message` is for people. */
export type ItemOutcome =
  /** `uid`: of what was created, so that it can be told from another object of its name. */
  | {
      readonly result: "created" | "recreated";
      readonly uid?: string | undefined;
      readonly made?: Made | undefined;
    }
  /** `digest`: of the content that it left, so that a later change shows. */
  | { readonly result: "updated"; readonly digest?: string | undefined }
  | { readonly result: "unchanged" | "deleted" }
  | { readonly result: "skipped" | "failed"; readonly reason: string; readonly message: string };

export interface ItemResult {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  /** In the target, after mapping. */
  readonly namespace: string;
  readonly name: string;
  readonly outcome: ItemOutcome;
  /** Warning headers of the server, and rules that changed more than metadata. */
  readonly warnings: readonly string[];
}
