import { groupResource, type ItemKind } from "#core/model/item.ts";
import { changeTexts } from "#core/objects/change-path.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { podSpecPath } from "#core/restore/pod-specs.ts";

type Kind = Pick<ItemKind, "group" | "resource">;
type Path = readonly string[];

/** What a claim, its template and a volume say of their class; the annotation is older than the field and still wins. */
const OF_CLAIM: readonly Path[] = [
  ["spec", "storageClassName"],
  ["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"],
];

function classPaths(kind: Kind): readonly Path[] {
  const name = groupResource(kind);
  if (name === "persistentvolumeclaims" || name === "persistentvolumes") return OF_CLAIM;
  const pods = podSpecPath(kind);
  if (pods === undefined) return [];
  const ephemeral = below([...pods, "volumes", "*", "ephemeral", "volumeClaimTemplate"]);
  return name === "statefulsets.apps"
    ? [...ephemeral, ...below(["spec", "volumeClaimTemplates", "*"])]
    : ephemeral;
}

function below(path: Path): readonly Path[] {
  return OF_CLAIM.map((inner) => [...path, ...inner]);
}

/** Storage classes by other names, wherever a disk is asked for or described. */
export function mapStorageClasses(
  kind: Kind,
  object: ExactObject,
  mapClass: (name: string) => string,
): ExactObject {
  return changeTexts(object, classPaths(kind), mapClass);
}
