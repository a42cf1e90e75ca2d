import type { CatalogReader, StoredItem } from "#core/catalog/catalog.ts";
import { forEachLimited } from "#core/flow/for-each-limited.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import type { Notice } from "#core/model/backup.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import { apiVersion, groupResource, type ItemKind, kindOf } from "#core/model/item.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { BackupResult } from "./run.ts";

/** Which objects are told that they are in a backup: namespaces, also what runs in them, or all that was stored of them. */
export type AnnotateScope = "namespaces" | "workloads" | "all";

export interface Annotating {
  readonly cluster: Cluster;
  readonly catalog: Pick<CatalogReader, "open" | "url">;
  readonly result: BackupResult;
  readonly scope: AnnotateScope;
}

interface Target {
  readonly kind: ItemKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A cluster has more to do than to note its backups. */
const IN_FLIGHT = 4;

const WORKLOADS: ReadonlySet<string> = new Set([
  "cronjobs.batch",
  "daemonsets.apps",
  "deployments.apps",
  "jobs.batch",
  "pods",
  "replicasets.apps",
  "statefulsets.apps",
]);

/**
 * Writes the reference to a finished backup on what it holds whole. What could not be annotated is a warning: nothing
 * of the backup is lost by it. Namespaces that are not complete in it keep their older reference, which is better.
 */
export async function annotateSources(asked: Annotating, context: RunContext): Promise<readonly Notice[]> {
  const trouble = new Map<string, { count: number; message: string }>();
  let done = 0;
  context.onProgress({ type: "phase-started", phase: "annotate" });
  const options = { concurrency: IN_FLIGHT, signal: context.signal };
  await forEachLimited(targets(asked, context), options, async (target, signal) => {
    const message = await annotate(asked, target, signal);
    if (message !== undefined) {
      const key = groupResource(target.kind);
      trouble.set(key, { count: (trouble.get(key)?.count ?? 0) + 1, message });
    }
    done += 1;
    context.onProgress({ type: "phase-advanced", phase: "annotate", done });
  });
  context.onProgress({ type: "phase-ended", phase: "annotate", done });
  return [...trouble].map(([kind, { count, message }]) => ({
    message: `${count} of ${kind} could not be annotated: ${message}`,
  }));
}

async function* targets(asked: Annotating, context: RunContext): AsyncGenerator<Target> {
  const whole = new Set<string>();
  for (const { name, uid, complete } of asked.result.facts.namespaces) {
    if (!complete || uid === undefined) continue;
    whole.add(name);
    yield { kind: NAMESPACES, namespace: "", name, uid };
  }
  if (asked.scope !== "namespaces") yield* storedObjects(asked, whole, context);
}

/** From the backup's index. What has an owner is made by a controller, which its owner's annotation stands for. */
async function* storedObjects(
  { catalog, result, scope }: Annotating,
  namespaces: ReadonlySet<string>,
  context: RunContext,
): AsyncGenerator<Target> {
  const isMeant = (item: StoredItem) =>
    namespaces.has(item.namespace) && item.ownerUids.length === 0 && !item.terminating;
  const backup = await catalog.open(result.committed.name, context);
  const kinds = backup.kinds.filter((kind) => scope === "all" || WORKLOADS.has(groupResource(kind)));
  try {
    for (const kind of kinds) {
      for await (const batch of backup.items(kind)) yield* batch.filter(isMeant).map(targetOf);
    }
  } finally {
    await backup.close();
  }
}

function targetOf(item: StoredItem): Target {
  const { namespace, name, uid } = item;
  return { kind: kindOf(item), namespace, name, uid };
}

/** Server-side apply; the uid keeps an object that was deleted meanwhile from coming back as a ghost. */
async function annotate(
  { cluster, catalog, result }: Annotating,
  { kind, namespace, name, uid }: Target,
  signal: AbortSignal,
): Promise<string | undefined> {
  const annotations = {
    [annotationKeys.lastBackup]: result.committed.name,
    [annotationKeys.lastBackupTime]: result.facts.started.server,
    [annotationKeys.lastBackupLocation]: catalog.url,
  };
  const metadata = { name, ...(namespace !== "" && { namespace }), uid, annotations };
  const body = Buffer.from(JSON.stringify({ apiVersion: apiVersion(kind), kind: kind.kind, metadata }));
  try {
    const reply = await cluster.patch(
      { resource: kind, namespace, name },
      { type: "apply", body },
      { signal },
    );
    // Gone, or another of its name: nothing to annotate.
    return reply.ok || reply.status === 404 || reply.status === 409 ? undefined : reply.message;
  } catch (error) {
    signal.throwIfAborted();
    if (!isFailure(error)) throw error;
    return describeError(error);
  }
}
