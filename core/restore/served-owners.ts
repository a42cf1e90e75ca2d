import type { Discovery } from "#core/kube/cluster.ts";
import { apiVersion } from "#core/model/item.ts";
import { textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { namingNewGroup } from "#core/objects/versions/extensions-group.ts";

/**
 * Owner references in a version that the target serves, as it prefers them. The garbage collector looks an owner up by
 * the reference's own version: where that is not served, what it owns outlives it. Which of the served ones stands
 * there says nothing of the owner.
 */
export function servedOwners({
  resources,
}: Pick<Discovery, "resources">): (reference: ExactObject) => ExactObject {
  const served = new Map<string, string[]>();
  for (const resource of resources) {
    served.getOrInsertComputed(keyOf(resource.group, resource.kind), () => []).push(apiVersion(resource));
  }
  return (stored) => {
    const reference = namingNewGroup(stored);
    const named = textAt(reference, ["apiVersion"]);
    const group = named.includes("/") ? named.slice(0, named.indexOf("/")) : "";
    const versions = served.get(keyOf(group, textAt(reference, ["kind"]))) ?? [named];
    return versions.includes(named) ? reference : { ...reference, apiVersion: versions[0] ?? named };
  };
}

function keyOf(group: string, kind: string): string {
  return `${group} ${kind}`;
}
