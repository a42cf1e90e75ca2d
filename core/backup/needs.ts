import type { Notice } from "#core/model/backup.ts";
import { groupResource, type ItemHeader, type ItemKind } from "#core/model/item.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { canRefer, type Reference, referencesOf } from "#core/objects/references.ts";
import { nameSome } from "./claims.ts";

/** Made in every namespace by the cluster itself, so never missed. */
const EVERYWHERE: ReadonlySet<string> = new Set([
  "serviceaccounts/default",
  "configmaps/kube-root-ca.crt",
  "configmaps/openshift-service-ca.crt",
]);

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
    if (REFERRED_TO.has(key)) this.#stored.add(`${key}/${header.namespace}/${header.name}`);
  }

  noteContent(kind: ItemKind, object: ExactObject): void {
    for (const reference of referencesOf(kind, object)) this.#want(reference);
  }

  #want(reference: Reference): void {
    if (EVERYWHERE.has(`${reference.groupResource}/${reference.name}`)) return;
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

/** Kinds that RULES of references.ts or the bindings' subjects lead to. */
const REFERRED_TO: ReadonlySet<string> = new Set([
  "configmaps",
  "secrets",
  "serviceaccounts",
  "persistentvolumeclaims",
  "persistentvolumes",
  "storageclasses.storage.k8s.io",
  "volumeattributesclasses.storage.k8s.io",
  "roles.rbac.authorization.k8s.io",
  "clusterroles.rbac.authorization.k8s.io",
  "clusterrolebindings.rbac.authorization.k8s.io",
  "priorityclasses.scheduling.k8s.io",
  "runtimeclasses.node.k8s.io",
  "ingressclasses.networking.k8s.io",
  "gatewayclasses.gateway.networking.k8s.io",
  "volumesnapshotcontents.snapshot.storage.k8s.io",
  "volumesnapshotclasses.snapshot.storage.k8s.io",
  "customresourcedefinitions.apiextensions.k8s.io",
]);

/** One warning per kind for what saved objects refer to and the selection leaves out. */
export function leftOutWarnings(unmet: readonly Reference[]): readonly Notice[] {
  const byKind = Map.groupBy(unmet, (reference) => reference.groupResource);
  return [...byKind].map(([kind, references]) => {
    const names = references.map(({ namespace, name }) => (namespace === "" ? name : `${namespace}/${name}`));
    return { message: `saved objects refer to ${kind} that are not in the backup: ${nameSome(names)}` };
  });
}
