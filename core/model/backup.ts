import * as z from "zod";
import { listOf, mapOf } from "./first-fault.ts";
import { backupName } from "./names.ts";
import { selection } from "./selection.ts";

/** What `create` was asked to do; stored whole in the manifest. */
export const backupRequest = z.object({
  name: backupName,
  selection,
  /** Objects per page; absent: 500, then as many as make 8 MiB, and long lists as streams. */
  pageSize: z.number().int().positive().optional(),
  labels: mapOf(z.string()).default({}),
  /** How long to keep the backup; carried out by our prune, not by Velero. */
  ttlSeconds: z.number().int().positive().optional(),
  /** Also write status.expiration, so that a Velero on the same bucket collects the backup. */
  veleroExpiry: z.boolean().default(false),
  /** Warnings become errors. */
  strict: z.boolean().default(false),
});
export type BackupRequest = z.infer<typeof backupRequest>;

/** Times are RFC 3339 by the API server's clock (its Date header) where the name says server, else by the maker's. */
const clockReading = z.object({ server: z.string(), maker: z.string() });

const clusterIdentity = z.object({
  /** uid of the namespace kube-system, where readable. */
  kubeSystemUid: z.string().optional(),
  /** sha256 of the cluster's CA certificate(s), where the kubeconfig has one. */
  caSha256: z.string().optional(),
  contextName: z.string(),
  clusterName: z.string(),
  server: z.string(),
  /** gitVersion of GET /version. */
  serverVersion: z.string(),
  serverMajor: z.string(),
  serverMinor: z.string(),
});

/** One line per kind that was asked for, whether it could be read or not. */
const kindRecord = z.object({
  group: z.string(),
  version: z.string(),
  resource: z.string(),
  kind: z.string(),
  namespaced: z.boolean(),
  /** watch-list: one stream; pages: LIST with limit; get: single objects by name. */
  method: z.enum(["watch-list", "pages", "get", "none"]),
  /** Absent when the kind was read namespace by namespace (each has its own) or object by object. */
  resourceVersion: z.string().optional(),
  startedAt: z.string(),
  finishedAt: z.string(),
  count: z.number().int().nonnegative(),
  /** All items are of one resourceVersion. */
  consistent: z.boolean(),
  /** Writes seen from the end of this kind's list until the last kind was read: a lower bound; absent where paged. */
  changesMeanwhile: z.number().int().nonnegative().optional(),
  /** Why it, or a part of it, was not read. */
  error: z
    .object({ code: z.string(), message: z.string(), namespaces: listOf(z.string()).optional() })
    .optional(),
});
export type KindRecord = z.infer<typeof kindRecord>;

const claimRecord = z.object({
  name: z.string(),
  uid: z.string(),
  volumeName: z.string().optional(),
  /** `data` and `snapshot` come with volume support; until then every bound claim is `none` with the reason. */
  captured: z.enum(["data", "snapshot", "none"]),
  reason: z.string().optional(),
});
export type ClaimRecord = z.infer<typeof claimRecord>;

const namespaceRecord = z.object({
  name: z.string(),
  /** Absent where the Namespace object could not be read. */
  uid: z.string().optional(),
  /** Server time at which the first list that covers this namespace was asked. */
  firstListAt: z.string(),
  itemCount: z.number().int().nonnegative(),
  excludedByLabel: z.number().int().nonnegative(),
  /** `resource.group` of each namespaced kind that was not read here. */
  kindsNotRead: listOf(z.string()),
  claims: listOf(claimRecord),
  complete: z.boolean(),
  /** Why not, when not. */
  incompleteReason: z.string().optional(),
});
export type NamespaceRecord = z.infer<typeof namespaceRecord>;

export const notice = z.object({
  message: z.string(),
  namespace: z.string().optional(),
  /** `resource.group` that the maker had no right to read: many of them are shown as one. */
  refusedKind: z.string().optional(),
});
export type Notice = z.infer<typeof notice>;

const fileRecord = z.object({
  sizeBytes: z.number().int().nonnegative(),
  sha256: z.string(),
  etag: z.string().optional(),
  versionId: z.string().optional(),
});
export type FileRecord = z.infer<typeof fileRecord>;

export const MANIFEST_SCHEMA = { major: 1, minor: 0 } as const;

/**
 * kubectl-backup.json. Unknown fields are kept (a higher minor version may bring some). Never holds secret data.
 * What the verb knows is BackupFacts; the catalog adds schemaVersion, runId and files.
 */
export const backupFacts = z.looseObject({
  name: backupName,
  toolVersion: z.string(),
  createdBy: z.object({
    /** SelfSubjectReview; absent where the server has none or refused. */
    user: z.string().optional(),
    hostName: z.string().optional(),
  }),
  cluster: clusterIdentity,
  request: backupRequest,
  started: clockReading,
  finished: clockReading,
  phase: z.enum(["Completed", "PartiallyFailed"]),
  kinds: listOf(kindRecord),
  namespaces: listOf(namespaceRecord),
  itemCount: z.number().int().nonnegative(),
  /** Sum of the items' bytes, uncompressed. */
  itemBytes: z.number().int().nonnegative(),
  secretCount: z.number().int().nonnegative(),
  errors: listOf(notice),
  warnings: listOf(notice),
  schedule: z.string().optional(),
  tier: z.string().optional(),
  expiresAt: z.string().optional(),
});
export type BackupFacts = z.infer<typeof backupFacts>;

export const manifest = backupFacts.extend({
  schemaVersion: z.string().regex(/^\d+\.\d+$/),
  runId: z.string(),
  /** Absent = none; an unknown value is refused. */
  encryption: z.string().optional(),
  /** By file name within the backup's folder; every file but commit and claims. */
  files: mapOf(fileRecord),
});
export type Manifest = z.infer<typeof manifest>;
