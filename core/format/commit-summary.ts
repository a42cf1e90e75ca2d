import * as z from "zod";
import { annotationKeys } from "#core/model/annotations.ts";
import { Failure } from "#core/model/errors.ts";
import { listOf, mapOf } from "#core/model/first-fault.ts";

/** Velero's own are about 3 KiB; no etcd takes an object of more than 1.5 MiB, so Velero never made a larger one. */
export const MAX_COMMIT_BYTES = 2 * 1024 * 1024;

const texts = mapOf(z.string());

/** Anybody's velero-backup.json. Go writes absent lists and maps as null. */
const veleroBackup = z.looseObject({
  apiVersion: z.literal("velero.io/v1"),
  kind: z.literal("Backup"),
  metadata: z.looseObject({ name: z.string(), labels: texts.nullish(), annotations: texts.nullish() }),
  spec: z.looseObject({ includedNamespaces: listOf(z.string()).nullish() }).nullish(),
  status: z
    .looseObject({
      formatVersion: z.string().nullish(),
      phase: z.string().nullish(),
      startTimestamp: z.string().nullish(),
      completionTimestamp: z.string().nullish(),
      expiration: z.string().nullish(),
      progress: z
        .looseObject({ totalItems: z.number().nullish(), itemsBackedUp: z.number().nullish() })
        .nullish(),
      errors: z.number().nullish(),
      warnings: z.number().nullish(),
    })
    .nullish(),
});
type VeleroBackup = z.infer<typeof veleroBackup>;

/** What a commit object says of its backup, small and in JSON's own types: listings keep it in a local cache. */
export interface CommitSummary {
  readonly name: string;
  readonly phase: string;
  readonly formatVersion: string;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
  readonly expiresAt?: string | undefined;
  readonly itemCount?: number | undefined;
  readonly errorCount: number;
  readonly warningCount: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly includedNamespaces: readonly string[];
  readonly clusterName?: string | undefined;
  readonly kubeSystemUid?: string | undefined;
  readonly caSha256?: string | undefined;
  /** Present in ours: the first link of the chain of proof. */
  readonly manifestSha256?: string | undefined;
}

/** Failure backup-damaged when it is not a Backup object of that name. */
export function readCommit(bytes: Uint8Array, name: string): CommitSummary {
  const backup = parse(bytes, name);
  if (backup.metadata.name !== name) throw damaged(name, `it is of "${backup.metadata.name}"`);
  return { ...describedIn(backup), ...resultOf(backup) };
}

function parse(bytes: Uint8Array, name: string): VeleroBackup {
  try {
    return veleroBackup.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const why =
      issue === undefined ? "it is not JSON" : `${issue.path.join(".") || "the whole"}: ${issue.message}`;
    throw damaged(name, why, error);
  }
}

function describedIn({ metadata, spec, status }: VeleroBackup) {
  const annotations = metadata.annotations ?? {};
  const { "velero.io/storage-location": _location, ...labels } = metadata.labels ?? {};
  return {
    name: metadata.name,
    labels,
    includedNamespaces: spec?.includedNamespaces ?? [],
    // Ours has no status.expiration unless Velero was asked to collect it.
    expiresAt: annotations[annotationKeys.expiresAt] ?? status?.expiration ?? undefined,
    clusterName: annotations[annotationKeys.clusterName],
    kubeSystemUid: annotations[annotationKeys.kubeSystemUid],
    caSha256: annotations[annotationKeys.caSha256],
    manifestSha256: annotations[annotationKeys.manifestDigest],
  };
}

function resultOf({ status }: VeleroBackup) {
  const { progress } = status ?? {};
  return {
    phase: status?.phase ?? "",
    formatVersion: status?.formatVersion ?? "",
    startedAt: status?.startTimestamp ?? undefined,
    finishedAt: status?.completionTimestamp ?? undefined,
    itemCount: progress?.itemsBackedUp ?? progress?.totalItems ?? undefined,
    errorCount: status?.errors ?? 0,
    warningCount: status?.warnings ?? 0,
  };
}

function damaged(name: string, why: string, cause?: unknown): Failure {
  return new Failure("backup-damaged", `the commit object of backup "${name}" cannot be read: ${why}`, {
    cause,
  });
}
