import type { ExactObject } from "#core/objects/exact-json.ts";
import type { Seen } from "#core/restore/rule.ts";
import { mapHelmRelease } from "./helm-release.ts";
import { mapImage, mapImages } from "./images.ts";
import { mapNamespaceReferences } from "./namespace-references.ts";
import { mapStorageClasses } from "./storage-classes.ts";
import { mapNamespaceAnnotations, withoutTracking } from "./tracking.ts";

/** The mappings that were asked for, on one object as its rules left it. The same object where none meets it. */
export function mapObject(object: ExactObject, seen: Seen): ExactObject {
  return mapNamespaces(mapImagePlaces(mapClasses(object, seen), seen), seen);
}

function mapClasses(object: ExactObject, { item, facts }: Seen): ExactObject {
  const mapping = facts.request.storageClassMapping;
  if (isEmpty(mapping) || isRebound({ item, facts })) return object;
  return mapStorageClasses(
    item,
    object,
    (name) => (Object.hasOwn(mapping, name) ? mapping[name] : undefined) ?? name,
  );
}

/** Its volume is still in the cluster, of the old class, and binds only a claim of that class. */
function isRebound({ item, facts }: Pick<Seen, "item" | "facts">): boolean {
  return (
    item.resource === "persistentvolumeclaims" &&
    facts.claims.get(`${item.namespace}/${item.name}`)?.fate === "rebind"
  );
}

function mapImagePlaces(object: ExactObject, { item, facts }: Seen): ExactObject {
  const mapping = facts.request.imageMapping;
  return isEmpty(mapping) ? object : mapImages(item, object, (image) => mapImage(image, mapping));
}

function mapNamespaces(object: ExactObject, { item, facts, renamed }: Seen): ExactObject {
  const { mapNamespace, request } = facts;
  if (isEmpty(request.namespaceMapping)) return object;
  const referred = mapNamespaceReferences(item, object, mapNamespace);
  const annotated = mapNamespaceAnnotations(referred, mapNamespace);
  return renamed ? mapHelmRelease(item, withoutTracking(annotated), mapNamespace) : annotated;
}

function isEmpty(mapping: Readonly<Record<string, string>>): boolean {
  for (const _ in mapping) return false;
  return true;
}
