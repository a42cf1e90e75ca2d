import type { Catalog, OpenBackup, OpenBefore, StoredItem } from "#core/catalog/catalog.ts";
import { Failure } from "#core/model/errors.ts";
import { itemTitle } from "#core/model/item.ts";
import type { Made } from "#core/model/restore.ts";
import type { JournalEntry } from "#core/model/restore-journal.ts";
import type { RestoreRecord } from "#core/model/restore-record.ts";
import type { RunContext } from "#core/model/run-context.ts";

/** An object that the restore created or recreated. */
export interface CreatedObject {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** What the restore made of it; undefined: its record does not say. */
  readonly made: Made | undefined;
}

/** What a restore has left behind, by its own record. */
export interface Undo {
  readonly restore: string;
  /** The objects that it changed, as they were before. */
  readonly backup: OpenBackup;
  /** In the order of their creation. */
  readonly created: readonly CreatedObject[];
  /** What of its record could not be read: there may be more to take back. */
  readonly gaps: readonly string[];
  /** Whether an object that it changed is still as it left it. */
  isAsLeft(place: ObjectPlace, live: { readonly uid: string; readonly digest: string }): boolean;
}

export type ObjectPlace = Pick<CreatedObject, "group" | "resource" | "namespace" | "name">;

/** Failure restore-not-found, refused. */
export async function openUndo(
  restore: string,
  catalog: Pick<Catalog, "findRestore" | "openBefore" | "journal">,
  context: RunContext,
): Promise<Undo> {
  const record = checked(restore, await catalog.findRestore(restore, context));
  const before = await catalog.openBefore(restore, context);
  const ends = await readEnds(restore, catalog, context);
  const oldUids = await uidsOf(before);
  // What a run that broke off had deleted to recreate it was created by the next one.
  const [anew, created] = [true, false].map((isChanged) =>
    ends.created.filter((one) => oldUids.has(titleOf(one)) === isChanged),
  );
  const newUids = new Map([
    ...ends.recreated,
    ...(anew ?? []).map((one) => [titleOf(one), one.uid] as const),
  ]);
  return {
    restore,
    backup: ofCluster(before.backup, record),
    created: created ?? [],
    gaps: ends.gaps,
    isAsLeft: (place, { uid, digest }) => {
      const title = titleOf(place);
      const isOurs = oldUids.get(title) === uid || newUids.get(title) === uid;
      return isOurs && (before.expected(place).has(digest) || ends.digests.get(title) === digest);
    },
  };
}

function checked(restore: string, found: Awaited<ReturnType<Catalog["findRestore"]>>): RestoreRecord {
  const { record, status } = found;
  if (record === undefined)
    throw new Failure("refused", `restore "${restore}" has no record of what was there before it`, {
      hint: "",
    });
  if (record.request.undo !== undefined)
    throw new Failure("refused", `"${restore}" is itself an undo, which cannot be undone`, {
      hint: "restore the backup again instead",
    });
  if (status === "Unfinished")
    throw new Failure("refused", `restore "${restore}" broke off: what it did last may not be on record`, {
      hint: `complete it first, by the same command or: kubectl backup restore ${record.request.backup} --resume ${restore}`,
    });
  if (status === "Running")
    throw new Failure("refused", `restore "${restore}" is still running`, {
      hint: "wait until it has ended",
    });
  return record;
}

interface Ends {
  readonly created: readonly CreatedObject[];
  readonly recreated: ReadonlyMap<string, string>;
  /** Of what an update left, as the server answered. */
  readonly digests: ReadonlyMap<string, string>;
  readonly gaps: readonly string[];
}

async function readEnds(
  restore: string,
  catalog: Pick<Catalog, "journal">,
  context: RunContext,
): Promise<Ends> {
  const created = new Map<string, CreatedObject>();
  const recreated = new Map<string, string>();
  const digests = new Map<string, string>();
  const gaps: string[] = [];
  for await (const entry of itemEntries(catalog.journal({ restore, after: 0 }, context), gaps)) {
    const { result, uid = "", digest } = entry.outcome;
    const title = titleOf(entry);
    if (result === "created") created.set(title, createdObject(entry, created.get(title)));
    if (result === "recreated") recreated.set(title, uid);
    if (digest !== undefined) digests.set(title, digest);
  }
  return { created: [...created.values()], recreated, digests, gaps };
}

type ItemEntry = Extract<JournalEntry, { type: "item" }>;

/** What it was made is told by the run that created it, before one that went on with the restore. */
function createdObject(entry: ItemEntry, known: CreatedObject | undefined): CreatedObject {
  const { group, resource, kind, namespace, name, outcome } = entry;
  const { uid = "", made } = outcome;
  const told = known?.uid === uid ? (known.made ?? made) : made;
  return { group, resource, kind, namespace, name, uid, made: told };
}

async function* itemEntries(parts: ReturnType<Catalog["journal"]>, gaps: string[]) {
  for await (const { number, trouble, entries } of parts) {
    if (trouble !== undefined)
      gaps.push(`part ${number} of the journal cannot be read (${trouble}): what it tells is not taken back`);
    for (const entry of entries) if (entry.type === "item") yield entry;
  }
}

async function uidsOf({ backup }: OpenBefore): Promise<ReadonlyMap<string, string>> {
  const uids = new Map<string, string>();
  for (const kind of backup.kinds) {
    for await (const batch of backup.items(kind)) for (const item of batch) uids.set(titleOf(item), item.uid);
  }
  return uids;
}

function titleOf(place: ObjectPlace | StoredItem): string {
  return itemTitle({ group: place.group, resource: place.resource }, place);
}

/** The images are of the cluster that was restored into, whatever cluster the backup was of. */
function ofCluster(backup: OpenBackup, { target }: RestoreRecord): OpenBackup {
  const clusterIds = { kubeSystemUid: target.kubeSystemUid, caSha256: target.caSha256 };
  return {
    summary: { ...backup.summary, clusterIds, clusterName: target.clusterName },
    manifest: undefined,
    notices: backup.notices,
    foreignVolumes: backup.foreignVolumes,
    kinds: backup.kinds,
    items: (kind, namespace) => backup.items(kind, namespace),
    read: (items, signal) => backup.read(items, signal),
    close: () => backup.close(),
  };
}
