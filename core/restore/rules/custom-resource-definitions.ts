import type { ExactObject } from "#core/objects/exact-json.ts";
import { valueAt, withEach, withoutValue, withValue } from "#core/restore/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";
import { convertLater } from "./conversion.ts";

const PRESERVE = ["spec", "preserveUnknownFields"];

/** `preserveUnknownFields: true` came from v1beta1; v1 refuses it and has the schema's extension instead. */
export const customResourceDefinitions: Rule = {
  does: [
    "`preserveUnknownFields` of old definitions becomes what v1 has instead.",
    "A conversion webhook is put back last of all; until then the version in which the objects are written is the stored one.",
    "Objects wait until it is established; where its names clash with others' they fail at once with that reason.",
  ],
  transform(object, { item, facts }) {
    const isPreserving = valueAt(object, PRESERVE) === true;
    const schemed = isPreserving
      ? withEach(withoutValue(object, PRESERVE), ["spec", "versions"], preserveInSchema)
      : object;
    const { object: definition, later } = convertLater(schemed, facts.itemVersions.get(item.name));
    return restored(definition, {
      later,
      warnings: isPreserving
        ? ["spec.preserveUnknownFields became x-kubernetes-preserve-unknown-fields in each version's schema"]
        : [],
    });
  },
};

function preserveInSchema(version: ExactObject): ExactObject {
  const schema = ["schema", "openAPIV3Schema"];
  const typed =
    valueAt(version, [...schema, "type"]) === undefined
      ? withValue(version, [...schema, "type"], "object")
      : version;
  return withValue(typed, [...schema, "x-kubernetes-preserve-unknown-fields"], true);
}
