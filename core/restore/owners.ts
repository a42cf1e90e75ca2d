import type { ObjectRef } from "#core/kube/cluster.ts";
import { objectsAt, textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { RestoreRun } from "./restore-run.ts";

/** Uids in the backup → uids in the target, of the objects that others name as their owners. */
export interface OwnerBook {
  /** Notes a uid if anybody will ask for it. */
  note(oldUid: string, newUid: string): void;
  newUid(oldUid: string): string | undefined;
  isWanted(oldUid: string): boolean;
}

export function openOwnerBook(
  wanted: ReadonlySet<string>,
  liveOwners: ReadonlyMap<string, string>,
): OwnerBook {
  const known = new Map(liveOwners);
  return {
    note: (oldUid, newUid) => {
      if (wanted.has(oldUid)) known.set(oldUid, newUid);
    },
    newUid: (oldUid) => known.get(oldUid),
    isWanted: (oldUid) => wanted.has(oldUid),
  };
}

/** This restore will create it, or settle whether it is recreated, and has not yet. */
export function isToCome(
  { prepared, owners }: Pick<RestoreRun, "prepared" | "owners">,
  uid: string,
): boolean {
  const fate = prepared.facts.rules.owners.get(uid);
  return (fate === "created" || fate === "exists") && owners.newUid(uid) === undefined;
}

export interface LinkedOwners {
  /** With the new uids. */
  readonly linked: readonly ExactObject[];
  /** As in the backup: not known yet, or never. */
  readonly unknown: readonly ExactObject[];
  /** Both, as in the backup. */
  readonly all: readonly ExactObject[];
}

/** A reference with a stale uid would get the object deleted at once, so only known ones are written. */
export function linkOwners(original: ExactObject, book: OwnerBook, adopted: boolean): LinkedOwners {
  const linked: ExactObject[] = [];
  const unknown: ExactObject[] = [];
  const all: ExactObject[] = [];
  for (const reference of objectsAt(original, ["metadata", "ownerReferences"])) {
    if (adopted && reference["controller"] === true) continue;
    all.push(reference);
    const uid = book.newUid(textAt(reference, ["uid"]));
    if (uid === undefined) unknown.push(reference);
    else linked.push({ ...reference, uid });
  }
  return { linked, unknown, all };
}

/** A created object whose owners are to be written once they are known. */
export interface PendingOwners {
  readonly ref: ObjectRef;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Written when it was created. */
  readonly linked: readonly ExactObject[];
  /** As in the backup. */
  readonly references: readonly ExactObject[];
}

/** Adds references to what the live object has by now: its controller may have written its own meanwhile. */
export function joinOwners(
  present: readonly ExactObject[],
  added: readonly ExactObject[],
): readonly ExactObject[] {
  const uids = new Set(present.map((reference) => textAt(reference, ["uid"])));
  return [...present, ...added.filter((reference) => !uids.has(textAt(reference, ["uid"])))];
}
