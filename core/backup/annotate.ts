import type { CatalogReader } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { Notice } from "#core/model/backup.ts";
import type { BackupReference } from "#core/model/backup-reference.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { BackupResult } from "./run.ts";
import { type ReferrerScope, storedReferrers } from "./stored-referrers.ts";
import { type Referrer, writeReferences } from "./write-references.ts";

export interface Annotating {
  readonly cluster: Cluster;
  readonly catalog: Pick<CatalogReader, "open" | "url">;
  readonly result: BackupResult;
  readonly scope: "namespaces" | ReferrerScope;
}

/** A cluster has more to do than to note its backups. */
const IN_FLIGHT = 4;

/**
 * Writes the reference to a finished backup on what it holds whole. The backup stands: whatever keeps it from being
 * noted, an interruption too, is a warning. Namespaces that are not complete in it keep their older reference, which is
 * better.
 */
export async function annotateSources(asked: Annotating, context: RunContext): Promise<readonly Notice[]> {
  let done = 0;
  const onDone = () => {
    done += 1;
    context.onProgress({ type: "phase-advanced", phase: "annotate", done });
  };
  context.onProgress({ type: "phase-started", phase: "annotate" });
  try {
    const work = { concurrency: IN_FLIGHT, signal: context.signal, onDone };
    return await writeReferences(asked.cluster, referrers(asked, context), work);
  } catch (error) {
    if (!context.signal.aborted && !isFailure(error)) throw error;
    const why = context.signal.aborted ? "interrupted" : describeError(error);
    return [{ message: `not all that this backup holds was annotated: ${why}` }];
  } finally {
    context.onProgress({ type: "phase-ended", phase: "annotate", done });
  }
}

async function* referrers(asked: Annotating, context: RunContext): AsyncGenerator<Referrer> {
  const { catalog, result, scope } = asked;
  const references = new Map<string, BackupReference>();
  for (const { name, uid, complete, firstListAt } of result.facts.namespaces) {
    if (!complete || uid === undefined) continue;
    const reference = { backup: result.committed.name, time: firstListAt, location: catalog.url };
    references.set(name, reference);
    yield { kind: NAMESPACES, namespace: "", name, uid, reference };
  }
  if (scope === "namespaces") return;
  const backup = await catalog.open(result.committed.name, context);
  try {
    yield* storedReferrers(backup, references, scope);
  } finally {
    await backup.close();
  }
}
