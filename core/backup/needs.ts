import type { Notice } from "#core/model/backup.ts";
import { groupResource, type ItemHeader, type ItemKind } from "#core/model/item.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import {
  canRefer,
  DEPENDENCY_KINDS,
  isMadeEverywhere,
  type Reference,
  referencesOf,
} from "#core/objects/references.ts";
import { nameSome } from "./claims.ts";

/**
 * What stored objects refer to and what of that is stored too. Kept only where a filter may leave something out, and
 * only of kinds that others refer to.
 */
export class Needs {
  readonly #wanted = new Map<string, Reference>();
  readonly #stored = new Set<string>();
  /** `resource.group` of namespaced custom kinds with at least one stored object, and the same for service accounts. */
  readonly #storedKinds = new Map<string, ItemKind>();

  readsContentOf(kind: ItemKind): boolean {
    return canRefer(kind);
  }

  noteStored(kind: ItemKind, header: ItemHeader): void {
    const key = groupResource(kind);
    this.#storedKinds.set(key, kind);
    if (isReferredTo(key)) this.#stored.add(`${key}/${header.namespace}/${header.name}`);
  }

  noteContent(kind: ItemKind, object: ExactObject): void {
    for (const reference of referencesOf(kind, object)) this.#want(reference);
  }

  #want(reference: Reference): void {
    if (isMadeEverywhere(reference)) return;
    this.#wanted.set(`${reference.groupResource}/${reference.namespace}/${reference.name}`, reference);
  }

  get storedKinds(): readonly ItemKind[] {
    return [...this.#storedKinds.values()];
  }

  holds(groupResource_: string, namespace: string, name: string): boolean {
    return this.#stored.has(`${groupResource_}/${namespace}/${name}`);
  }

  /** Wanted and not stored, in the order in which they were first wanted. */
  unmet(): readonly Reference[] {
    return [...this.#wanted].flatMap(([key, reference]) => (this.#stored.has(key) ? [] : [reference]));
  }
}

function isReferredTo(key: string): boolean {
  return DEPENDENCY_KINDS.has(key) || key === "customresourcedefinitions.apiextensions.k8s.io";
}

/** One warning per kind for what saved objects refer to and the selection leaves out. */
export function leftOutWarnings(unmet: readonly Reference[]): readonly Notice[] {
  const byKind = Map.groupBy(unmet, (reference) => reference.groupResource);
  return [...byKind].map(([kind, references]) => {
    const names = references.map(({ namespace, name }) => (namespace === "" ? name : `${namespace}/${name}`));
    return { message: `saved objects refer to ${kind} that are not in the backup: ${nameSome(names)}` };
  });
}
