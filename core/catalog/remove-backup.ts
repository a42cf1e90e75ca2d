import { backupFolder, backupKey, COMMIT_FILE } from "#core/format/layout.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { type ClaimEnvironment, NameClaim } from "./claim.ts";
import { viewWithoutRivals } from "./claim-rivals.ts";
import { type FolderView, viewFolder } from "./folder-view.ts";
import { clearFolder } from "./leftovers.ts";

/**
 * Removes a backup, or what a dead run left under its name: the commit object first, so that a removal that breaks off
 * leaves nothing that lists, claims last. The name is claimed meanwhile: a new run's files have the same keys. Failure
 * backup-not-found when nothing is there, refused while another run is at work on it.
 */
export async function removeBackup(
  name: string,
  environment: ClaimEnvironment,
  context: RunContext,
): Promise<void> {
  const { store } = environment;
  const found = await viewFolder(store, backupFolder(name), context.signal);
  if (isEmpty(found)) throw new Failure("backup-not-found", `there is no backup "${name}"`);
  const taken = await takeForRemoval(name, environment, context);
  try {
    if (taken.view.commit !== undefined) await store.remove([backupKey(name, COMMIT_FILE)], context.signal);
    await clearFolder(store, { name, view: taken.view, ownRunId: taken.claim?.runId }, context);
  } finally {
    await taken.claim?.release();
  }
}

function isEmpty(view: FolderView): boolean {
  return view.commit === undefined && view.claims.length === 0 && view.files.length === 0;
}

interface TakenForRemoval {
  readonly claim?: NameClaim;
  readonly view: FolderView;
}

async function takeForRemoval(
  name: string,
  environment: ClaimEnvironment,
  context: RunContext,
): Promise<TakenForRemoval> {
  try {
    return await NameClaim.take({ what: "backup", name }, environment, context);
  } catch (error) {
    if (isFailure(error, "name-taken")) throw atWork(name);
    // A full store takes no claim, but removing is how room is made.
    if (!isFailure(error, "location-full")) throw error;
    return { view: await viewUnclaimed(name, environment, context) };
  }
}

async function viewUnclaimed(
  name: string,
  { store, processes }: ClaimEnvironment,
  { signal }: RunContext,
): Promise<FolderView> {
  const question = { ownRunId: undefined, store, processes, signal };
  const { view, rivals } = await viewWithoutRivals(backupFolder(name), question);
  if (rivals.length > 0) throw atWork(name);
  return view;
}

function atWork(name: string): Failure {
  return new Failure("refused", `another run is at work on the backup "${name}"`, {
    hint: "wait until it has ended; the claim of a run that was killed elsewhere ends after 5 minutes",
  });
}
