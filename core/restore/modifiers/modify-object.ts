import { objectAt } from "#core/objects/edit-object.ts";
import type { ExactJson, ExactObject } from "#core/objects/exact-json.ts";
import type { Seen } from "#core/restore/rule.ts";
import { PatchMisfit } from "./json-patch.ts";

/**
 * The rules that mean an object, in their order. What they mean is asked of the object as it lies in the backup; what
 * they change is the object as it would be written. PatchMisfit names the rule that does not fit.
 */
export function modifyObject(object: ExactObject, { item, original, facts }: Seen): ExactObject {
  let modified = object;
  for (const modifier of facts.modifiers) {
    if (!modifier.isMeant(item) || !modifier.matches(original)) continue;
    try {
      modified = modifier.apply(modified, item);
    } catch (error) {
      if (!(error instanceof PatchMisfit)) throw error;
      throw new PatchMisfit(`${modifier.title}: ${error.message}`);
    }
    refuseOther(object, modified, modifier.title);
  }
  return modified;
}

/** What an object is called is what it was planned, compared and reported by. */
function refuseOther(before: ExactObject, after: ExactObject, title: string): void {
  const changed = IDENTITY.find((read) => read(before).value !== read(after).value);
  if (changed === undefined) return;
  const { field } = changed(after);
  throw new PatchMisfit(`${title}: it would change ${field}: another object than the one that was planned`);
}

type Read = (object: ExactObject) => { readonly field: string; readonly value: ExactJson | undefined };

const IDENTITY: readonly Read[] = [
  (object) => ({ field: "apiVersion", value: object["apiVersion"] }),
  (object) => ({ field: "kind", value: object["kind"] }),
  (object) => ({ field: "metadata.name", value: objectAt(object, ["metadata"])["name"] }),
  (object) => ({ field: "metadata.namespace", value: objectAt(object, ["metadata"])["namespace"] }),
];
