import { openArchiveWriter } from "#core/format/archive-writer.ts";
import { backupKey, COMMIT_FILE, veleroFiles } from "#core/format/layout.ts";
import { Failure } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { BackupFolder } from "./backup-folder.ts";
import { BackupRun } from "./backup-run.ts";
import type { BackupWriter } from "./catalog.ts";
import { type ClaimEnvironment, NameClaim } from "./claim.ts";
import { clearFolder } from "./leftovers.ts";
import { LogBook } from "./log-book.ts";
import { removeStrayClaims, sweepClaims } from "./stray-claims.ts";

export interface WriteEnvironment extends ClaimEnvironment {
  readonly tempFolder: string;
}

/** Claims the name, clears what a dead run left under it, and opens the archive. */
export async function beginBackup(
  name: string,
  environment: WriteEnvironment,
  context: RunContext,
): Promise<BackupWriter> {
  const { store } = environment;
  // Saves a claim in the folder of a backup that is there, which a locked store would keep.
  if ((await store.head(backupKey(name, COMMIT_FILE), context.signal)) !== undefined) {
    await removeStrayClaims(name, environment, context.signal).catch(() => undefined);
    throw nameTaken(name);
  }
  const { claim, view } = await NameClaim.take({ what: "backup", name }, environment, context);
  const folder = new BackupFolder(store, claim, context.signal);
  try {
    if (view.commit !== undefined) throw nameTaken(name);
    const removed = await clearFolder(store, { name, view, ownRunId: claim.runId }, context);
    if (removed.length > 0) context.onProgress({ type: "warned", message: leftoversRemoved(name, removed) });
    return await openRun({ claim, folder, environment, context });
  } catch (error) {
    await folder.remove().catch(() => undefined);
    await claim.release();
    throw error;
  }
}

interface RunParts {
  readonly claim: NameClaim;
  readonly folder: BackupFolder;
  readonly environment: WriteEnvironment;
  readonly context: RunContext;
}

async function openRun({ claim, folder, environment, context }: RunParts): Promise<BackupWriter> {
  const upload = await folder.openUpload(veleroFiles(claim.name).archive);
  const archive = openArchiveWriter({
    sink: upload,
    spillFolder: environment.tempFolder,
    startedAt: context.now(),
    signal: folder.signal,
  });
  const log = new LogBook(context.now);
  return new BackupRun({
    store: environment.store,
    sweep: sweepClaims(environment, folder.signal),
    claim,
    folder,
    upload,
    archive,
    log,
    onProgress: context.onProgress,
  });
}

function nameTaken(name: string): Failure {
  return new Failure("name-taken", `there is already a backup "${name}"`);
}

function leftoversRemoved(name: string, files: readonly string[]): string {
  return `removed what an earlier run left under the name "${name}": ${files.join(", ")}`;
}
