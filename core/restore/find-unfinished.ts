import { isDeepStrictEqual } from "node:util";
import type { CatalogReader, OpenBackup, StoredRestore } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { readClusterIds } from "#core/kube/cluster-ids.ts";
import { type ClusterIds, relateClusters } from "#core/model/cluster-identity.ts";
import { describeError, Failure, isFailure } from "#core/model/errors.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import type { RestoreRecord } from "#core/model/restore-record.ts";
import type { RunContext } from "#core/model/run-context.ts";

export interface ResumeQuestion {
  readonly cluster: Cluster;
  readonly backup: OpenBackup;
  readonly request: RestoreRequest;
  /** Somebody chose the request's name: no other restore is meant. */
  readonly isNamed: boolean;
  readonly location: Pick<CatalogReader, "openRestores" | "findRestore">;
  /** Of the local state folder. */
  readonly local: Pick<CatalogReader, "openRestores" | "findRestore">;
}

/** A restore of the same request that has not ended: it broke off, or is at work elsewhere. */
export interface OpenRestore {
  readonly restore: StoredRestore;
  readonly record: RestoreRecord;
  readonly isLocal: boolean;
}

/** What the same command began before and did not end; the newest of several. */
export async function findUnfinished(
  question: ResumeQuestion,
  context: RunContext,
): Promise<OpenRestore | undefined> {
  const { request, isNamed } = question;
  const open = (await openRestores(question, context)).filter(
    ({ record }) =>
      differingOptions(record, question).length === 0 && (!isNamed || record.name === request.name),
  );
  if (open.length === 0) return undefined;
  const ids = await readClusterIds(question.cluster, context.signal);
  return open.find(({ record }) => isSameTarget(record, ids, question.cluster));
}

/** The one that was named. Failure where it has ended, or was asked for something else. */
export async function findNamed(
  name: string,
  question: ResumeQuestion,
  context: RunContext,
): Promise<OpenRestore> {
  const { restore, isLocal } = await findAnywhere(name, question, context);
  const { record, status } = restore;
  const refuse = (why: string, hint: string) => new Failure("refused", `restore/${name} ${why}`, { hint });
  if (record === undefined) throw refuse("says nothing of what it was asked to do", "run without --resume");
  if (status !== "Unfinished" && status !== "Running")
    throw refuse(
      `has ended (${status}): there is nothing to resume`,
      "run the same command without --resume",
    );
  const differing = differingOptions(record, question);
  if (differing.length > 0)
    throw refuse(`was asked for otherwise: ${differing.join(", ")}`, "give the options of that restore");
  if (!isSameTarget(record, await readClusterIds(question.cluster, context.signal), question.cluster))
    throw refuse(`was for cluster ${record.target.clusterName}`, "choose that cluster with --context");
  return { restore, record, isLocal };
}

async function findAnywhere(name: string, { location, local }: ResumeQuestion, context: RunContext) {
  try {
    return { restore: await location.findRestore(name, context), isLocal: false };
  } catch (error) {
    if (!isFailure(error, "restore-not-found")) throw error;
    const restore = await local.findRestore(name, context).catch(() => undefined);
    if (restore === undefined) throw error;
    return { restore, isLocal: true };
  }
}

/** A location that cannot be looked through must not keep anybody from restoring. */
async function openRestores(
  { location, local }: ResumeQuestion,
  context: RunContext,
): Promise<readonly OpenRestore[]> {
  const found = await Promise.all(
    [location, local].map(async (holder, index) => {
      const restores = await holder.openRestores(context).catch((error: unknown) => {
        context.signal.throwIfAborted();
        const message = `whether such a restore broke off before is not known: ${describeError(error)}`;
        context.onProgress({ type: "warned", message });
        return [];
      });
      return restores.map((restore) => ({ restore, isLocal: index === 1 }));
    }),
  );
  return found
    .flat()
    .flatMap(({ restore, isLocal }) =>
      restore.record === undefined ? [] : [{ restore, record: restore.record, isLocal }],
    );
}

/** How long somebody waits for it, and its name, change nothing of what a restore does. */
const FREE: ReadonlySet<string> = new Set(["name", "wait", "timeoutSeconds"]);

function differingOptions(
  record: RestoreRecord,
  { backup, request }: Pick<ResumeQuestion, "backup" | "request">,
): readonly string[] {
  const isSameBackup =
    record.backup === backup.summary.name && record.manifestSha256 === backup.manifestSha256;
  // As it would be read back: a record knows no undefined.
  const asked: Record<string, unknown> = JSON.parse(JSON.stringify(request));
  const keys = new Set([...Object.keys(asked), ...Object.keys(record.request)]);
  return [
    ...(isSameBackup ? [] : ["backup"]),
    ...[...keys].filter(
      (key) => key !== "backup" && !FREE.has(key) && !isDeepStrictEqual(asked[key], record.request[key]),
    ),
  ];
}

function isSameTarget({ target }: RestoreRecord, ids: ClusterIds, { info }: Cluster): boolean {
  const relation = relateClusters(target, ids);
  return relation === "unknown" ? target.server === info.server : relation === "same";
}
