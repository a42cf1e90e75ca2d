import * as z from "zod";
import { restoreRequest } from "./restore.ts";

/** Written before a restore's first write to the cluster, so that one which breaks off can be found and completed. */
export const restoreRecord = z.object({
  schemaVersion: z.string(),
  /** Of the restore, whatever its name; it stays when the restore is resumed. */
  id: z.uuid(),
  name: z.string(),
  backup: z.string(),
  /** Of the backup's manifest; absent where it has none. */
  manifestSha256: z.string().optional(),
  /** Options of later versions are kept, so that a comparison sees them. */
  request: restoreRequest.loose(),
  target: z.object({
    contextName: z.string(),
    clusterName: z.string(),
    server: z.string(),
    relation: z.string(),
    kubeSystemUid: z.string().optional(),
    caSha256: z.string().optional(),
  }),
  /** What the plan was to do, in items. */
  plan: z.object({ total: z.number().int(), counts: z.record(z.string(), z.number()) }),
  createdAt: z.string(),
  createdBy: z.object({ user: z.string().optional() }),
});
export type RestoreRecord = z.infer<typeof restoreRecord>;

export const RESTORE_RECORD_SCHEMA = "1.0";
