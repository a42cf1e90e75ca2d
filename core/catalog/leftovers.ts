import { backupFolder } from "#core/format/layout.ts";
import { describeError } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import type { FolderView } from "./folder-view.ts";

export interface Leftovers {
  readonly name: string;
  /** Seen when no other run was at work there. */
  readonly view: FolderView;
  readonly ownRunId: string | undefined;
}

/**
 * Removes everything but the commit and our own claims; tells the names of what it removed. The claims of others go
 * last, so that it can be repeated.
 */
export async function clearFolder(
  store: ObjectStore,
  left: Leftovers,
  context: RunContext,
): Promise<readonly string[]> {
  const files = left.view.files.map((object) => object.key);
  const claims = left.view.claims.filter(({ runId }) => runId !== left.ownRunId).flatMap(({ keys }) => keys);
  // A run that was killed while it wrote its first claim has left nothing that lists, but maybe a temporary file.
  const isEmpty = files.length + claims.length === 0;
  await sweepUploads(store, left.name, { ...context, ...(isEmpty && { onProgress: () => undefined }) });
  if (isEmpty) return [];
  if (files.length > 0) await store.remove(files, context.signal);
  if (claims.length > 0) await store.remove(claims, context.signal);
  return [...files, ...claims].map((key) => key.slice(backupFolder(left.name).length));
}

/** Unfinished uploads are invisible and in nobody's way: where they may not be listed they stay. */
async function sweepUploads(store: ObjectStore, name: string, context: RunContext): Promise<void> {
  try {
    await store.sweepUploads(backupFolder(name), 0, context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    const message = `unfinished uploads under "${name}" could not be removed: ${describeError(error)}`;
    context.onProgress({ type: "warned", message });
  }
}
