import type { StoredItem } from "#core/catalog/catalog.ts";
import type { ItemKind } from "#core/model/item.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { Modifier } from "./modifiers/compile-modifiers.ts";

/**
 * What a kind needs beyond the rules for all kinds. Rules are pure: they see one item (its index line or its parsed
 * object) and the facts of the run, and never a cluster or a backup.
 */
export interface Rule {
  /** For the docs: what a restore does with the kind, beyond what it does with all. */
  readonly does: readonly string[];
  /** What the index line alone tells, so that a plan knows it without reading the object. */
  readonly decide?: ((item: StoredItem, facts: RuleFacts) => Skip | undefined) | undefined;
  /** From the object as the metadata rule left it to the one that is sent. `original` is as it lay in the backup. */
  readonly transform?: ((object: ExactObject, seen: Seen) => Ruling) | undefined;
  /** What its creation alone adds: a live object is never changed for it. */
  readonly atCreation?: ((object: ExactObject, request: RestoreRequest) => ExactObject) | undefined;
  /** What must be there before the object, as it is sent, is created. */
  readonly needs?: ((object: ExactObject) => readonly Need[]) | undefined;
  /** The server refused the object: another one to try, once. */
  readonly afterRefusal?: ((object: ExactObject, refusal: Refusal) => Softened | undefined) | undefined;
  /** Instead of the policy, when the object exists: a merge patch that only adds (undefined: nothing is missing). */
  readonly merge?: ((live: ExactObject, wanted: ExactObject) => ExactObject | undefined) | undefined;
  /** Of the objects that the cluster makes by itself; for these alone there is `merge`. */
  readonly mergedName?: string | undefined;
  /** A controller links the objects itself by labels: owner references are left out and not patched in. */
  readonly adopted?: boolean | undefined;
  /** How many kinds stand above it: decided after those that may own it. */
  readonly descent?: number | undefined;
}

export type Need =
  /** A service account of its namespace, and the object as it is once that account's uid is known. */
  | {
      readonly type: "account";
      readonly name: string;
      readonly tied: (object: ExactObject, uid: string) => ExactObject;
    }
  /** Somebody who answers for it. Where nobody does, the object is left out if that blocks, and warned of if not. */
  | { readonly type: "service"; readonly namespace: string; readonly name: string; readonly blocks: boolean };

export interface Skip {
  readonly reason: string;
  readonly message: string;
}

export type Ruling =
  | {
      readonly verdict: "restore";
      readonly object: ExactObject;
      /** Written after everything has been created. */
      readonly later?: readonly LaterStep[] | undefined;
      /** Changes of more than metadata, for the report: said only where the object is written. */
      readonly warnings?: readonly string[] | undefined;
      /** The same of changes that only a creation makes. */
      readonly creationWarnings?: readonly string[] | undefined;
    }
  | ({ readonly verdict: "skip" } & Skip)
  /** What the request wants of it cannot be done. */
  | ({ readonly verdict: "fail" } & Skip);

/** A merge patch that completes a created object; `name` stands in its pending-steps annotation until then. */
export interface LaterStep {
  readonly name: string;
  readonly patch: ExactObject;
  readonly subresource?: "status" | undefined;
  /** What it waits for: every object of every tier, or webhooks and policies too. Else it comes with its object's wave. */
  readonly after?: "objects" | "gates" | undefined;
}

export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly request: RestoreRequest;
}

export interface Softened {
  readonly object: ExactObject;
  readonly warning: string;
}

/** What becomes of a claim; see claims.ts. */
export type ClaimFate =
  | { readonly fate: "unbound" }
  | { readonly fate: "empty"; readonly message: string }
  | { readonly fate: "exists" }
  /** Of one pod's life, as its other scratch space is: a pod that returns gets a new one. */
  | { readonly fate: "of-pod" }
  /** Its volume is still in the cluster, released and retained. */
  | { readonly fate: "rebind"; readonly volume: string }
  /** Its volume is gone from the cluster but its storage was retained: the volume object is restored with it. */
  | { readonly fate: "static"; readonly volume: string }
  | { readonly fate: "held"; readonly message: string };

/** What becomes of a VolumeSnapshotContent; see snapshot-contents.ts. */
export type SnapshotContentFate =
  /** Under this name, which is another one where its own serves another snapshot. */
  | { readonly fate: "restored"; readonly name: string }
  /** Nothing had been cut yet. */
  | { readonly fate: "uncut" }
  | { readonly fate: "left"; readonly message: string };

/** How an item that others name as their owner fares. */
export type OwnerFate = "created" | "exists" | "left-out";

export interface RuleFacts {
  readonly request: RestoreRequest;
  /** In the order in which they are applied. */
  readonly modifiers: readonly Modifier[];
  /** As in the backup → in the target. */
  readonly mapNamespace: (namespace: string) => string;
  /** The backup is of another cluster, or of one that cannot be told apart from another. */
  readonly otherCluster: boolean;
  /** By `namespace/name` as in the backup. */
  readonly claims: ReadonlyMap<string, ClaimFate>;
  /** By name: volumes without a claim whose disk is not known to be free, and why. */
  readonly refusedVolumes: ReadonlyMap<string, string>;
  /** By name as in the backup: those that are part of the restore. */
  readonly snapshotContents: ReadonlyMap<string, SnapshotContentFate>;
  /** By uid in the backup: every selected item that another selected item names as its owner. */
  readonly owners: ReadonlyMap<string, OwnerFate>;
  /** `namespace/name` as in the backup of Services with a selector; filled where Endpoints are selected. */
  readonly selectingServices: ReadonlySet<string>;
  /** `resource.group` of the kinds whose status is restored too. */
  readonly statusKinds: ReadonlySet<string>;
  /** By `resource.group`: names of the classes that are the target's defaults. */
  readonly defaultClasses: ReadonlyMap<string, readonly string[]>;
  /** Served by the target, or coming with a definition that is restored. */
  readonly apiGroups: ReadonlySet<string>;
  /** By `resource.group`: the version in which the selected items of a kind lie in the backup. */
  readonly itemVersions: ReadonlyMap<string, string>;
  /** The version in which items of a kind are written: theirs, or the one that replaced it. */
  readonly targetVersion: (kind: ItemKind) => string;
  /** An owner reference in a version that the target serves. */
  readonly servedOwner: (reference: ExactObject) => ExactObject;
  /** Why objects of a kind own something outside the cluster, where they do. */
  readonly externalKind: (kind: Pick<ItemKind, "group" | "resource">) => string | undefined;
}

/** What a transformation may look at. */
export interface Seen {
  readonly item: StoredItem;
  readonly original: ExactObject;
  readonly facts: RuleFacts;
  /** Restored under another namespace name. */
  readonly renamed: boolean;
  /** Another name or another cluster: what reaches outside the cluster is withheld. */
  readonly copy: boolean;
}

export function restored(
  object: ExactObject,
  more: Omit<Extract<Ruling, { verdict: "restore" }>, "verdict" | "object"> = {},
): Ruling {
  return { verdict: "restore", object, ...more };
}

export function skipped(reason: string, message: string): Ruling {
  return { verdict: "skip", reason, message };
}
