import { groupResource, type ItemKind } from "#core/model/item.ts";
import { objectAt, objectsAt, textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

/** Where each kind that makes pods keeps their spec. */
const POD_SPECS: ReadonlyMap<string, readonly string[]> = new Map([
  ["pods", ["spec"]],
  ["replicationcontrollers", ["spec", "template", "spec"]],
  ["deployments.apps", ["spec", "template", "spec"]],
  ["replicasets.apps", ["spec", "template", "spec"]],
  ["statefulsets.apps", ["spec", "template", "spec"]],
  ["daemonsets.apps", ["spec", "template", "spec"]],
  ["jobs.batch", ["spec", "template", "spec"]],
  ["cronjobs.batch", ["spec", "jobTemplate", "spec", "template", "spec"]],
]);

export function makesPods(kind: Pick<ItemKind, "group" | "resource">): boolean {
  return POD_SPECS.has(groupResource(kind));
}

/** undefined for kinds that make no pods. */
export function podSpecPath(kind: Pick<ItemKind, "group" | "resource">): readonly string[] | undefined {
  return POD_SPECS.get(groupResource(kind));
}

/** Empty for kinds that make no pods. */
export function podSpecOf(kind: Pick<ItemKind, "group" | "resource">, object: ExactObject): ExactObject {
  const path = podSpecPath(kind);
  return path === undefined ? {} : objectAt(object, path);
}

/** The pod itself, or the template of those that the object makes; undefined for kinds that make no pods. */
export function podOf(
  kind: Pick<ItemKind, "group" | "resource">,
  object: ExactObject,
): ExactObject | undefined {
  const path = podSpecPath(kind);
  return path === undefined ? undefined : objectAt(object, path.slice(0, -1));
}

/** Says of a claim in the object's namespace whether its pods mount it. */
export function claimTest(
  kind: Pick<ItemKind, "group" | "resource">,
  object: ExactObject,
): (claim: string) => boolean {
  const volumes = objectsAt(podSpecOf(kind, object), ["volumes"]);
  const named = new Set(volumes.map((volume) => textAt(volume, ["persistentVolumeClaim", "claimName"])));
  const prefixes = ownClaimPrefixes(object);
  return (claim) => named.has(claim) || prefixes.some((prefix) => isOrdinal(claim, prefix));
}

/** A StatefulSet's own claims are `<template>-<set>-<ordinal>`: what comes before the ordinal. Else empty. */
export function ownClaimPrefixes(object: ExactObject): readonly string[] {
  const set = textAt(object, ["metadata", "name"]);
  return objectsAt(object, ["spec", "volumeClaimTemplates"]).map(
    (template) => `${textAt(template, ["metadata", "name"])}-${set}-`,
  );
}

function isOrdinal(claim: string, prefix: string): boolean {
  return claim.startsWith(prefix) && /^\d+$/.test(claim.slice(prefix.length));
}
