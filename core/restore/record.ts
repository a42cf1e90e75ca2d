import type { RestoreWriter } from "#core/catalog/catalog.ts";
import { openStateCatalog } from "#core/catalog/open-state-catalog.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import { RESTORE_RECORD_SCHEMA, type RestoreRecord } from "#core/model/restore-record.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { type EarlierHooks, NO_EARLIER_HOOKS, readEarlierHooks } from "./hooks/earlier-hooks.ts";
import type { Prepared } from "./prepare.ts";
import type { RestoreAsk } from "./run.ts";

/** A restore that broke off and is gone on with. */
export interface ResumedRestore {
  readonly name: string;
  readonly id: string;
  /** Its record lies in the local state folder. */
  readonly isLocal: boolean;
}

/**
 * Stores what is about to be done before anything is done: beside the backup, or in the local state folder where the
 * location takes nothing. Where neither takes it the restore goes on: somebody who needs the objects back needs them
 * more than the record.
 */
export async function openRecord(
  record: RestoreRecord,
  ask: RestoreAsk,
  context: RunContext,
): Promise<RestoreWriter | undefined> {
  const { resumed } = ask;
  if (resumed !== undefined) return (await holderOf(resumed, ask)).resumeRestore(resumed.name, context);
  try {
    return await ask.catalog.beginRestore(record, context);
  } catch (error) {
    context.signal.throwIfAborted();
    if (isFailure(error, "name-taken")) throw error;
    return beginLocally(record, { ask, why: describeError(error) }, context);
  }
}

/** Where the record of a restore that broke off lies. */
async function holderOf(
  { isLocal }: ResumedRestore,
  { catalog, stateDirectory }: Pick<RestoreAsk, "catalog" | "stateDirectory">,
): Promise<RestoreAsk["catalog"]> {
  return isLocal ? openStateCatalog(stateDirectory) : catalog;
}

/** The commands in pods that earlier runs of the restore have begun. */
export async function earlierHooksOf(ask: RestoreAsk, context: RunContext): Promise<EarlierHooks> {
  const { resumed } = ask;
  if (resumed === undefined) return NO_EARLIER_HOOKS;
  return readEarlierHooks(await holderOf(resumed, ask), resumed.name, context);
}

async function beginLocally(
  record: RestoreRecord,
  { ask, why }: { readonly ask: RestoreAsk; readonly why: string },
  context: RunContext,
): Promise<RestoreWriter | undefined> {
  const warn = (message: string) => context.onProgress({ type: "warned", message });
  try {
    const writer = await (await openStateCatalog(ask.stateDirectory)).beginRestore(record, context);
    warn(
      `the record of this restore could not be stored beside the backup (${why}); it lies in ${writer.url}`,
    );
    return writer;
  } catch (error) {
    context.signal.throwIfAborted();
    if (isFailure(error, "name-taken")) throw error;
    warn(
      `no record of this restore could be stored, so it cannot be resumed: ${why}; ${describeError(error)}`,
    );
    return undefined;
  }
}

export async function makeRecord(
  { plan, facts }: Prepared,
  { ask, id }: { readonly ask: RestoreAsk; readonly id: string },
  { now, signal }: RunContext,
): Promise<RestoreRecord> {
  const { cluster, backup, request } = ask;
  return {
    schemaVersion: RESTORE_RECORD_SCHEMA,
    id,
    name: request.name,
    backup: backup.summary.name,
    manifestSha256: backup.manifestSha256,
    request,
    target: {
      ...plan.target,
      caSha256: cluster.info.caSha256,
      kubeSystemUid: facts.existing.find(NAMESPACES, "", "kube-system")?.uid,
    },
    plan: {
      total: Object.values(plan.counts).reduce((sum, count) => sum + count, 0),
      counts: { ...plan.counts },
    },
    createdAt: now().toISOString(),
    createdBy: { user: await cluster.whoAmI(signal).catch(() => undefined) },
  };
}
