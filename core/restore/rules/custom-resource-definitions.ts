import { objectAt, textAt, valueAt, withEach, withoutValue, withValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";
import { convertLater } from "./conversion.ts";
import { openSchema } from "./open-schema.ts";

const PRESERVE = ["spec", "preserveUnknownFields"];
const VERSIONS = ["spec", "versions"];
const SCHEMA = ["schema", "openAPIV3Schema"];

/** What definitions that v1beta1 took lack in v1. */
export const customResourceDefinitions: Rule = {
  does: [
    "`preserveUnknownFields` of old definitions becomes what v1 has instead, at every level of the schema; conditions that v1 refuses are left out and named, and a version without a schema gets one that takes everything.",
    "A group of Kubernetes' own that no note approves gets the note that it is unapproved.",
    "A conversion webhook is put back last of all; until then the version in which the objects are written is the stored one.",
    "Objects wait until it is established; where its names clash with others' they fail at once with that reason.",
  ],
  transform(object, { item, facts }) {
    const { object: schemed, warnings } = withSchemas(object);
    const noted = withApproval(schemed);
    const { object: definition, later } = convertLater(noted, facts.itemVersions.get(item.name));
    const approval = noted === schemed ? [] : [`its group is Kubernetes' own: it is marked as ${UNAPPROVED}`];
    return restored(definition, { later, warnings: [...warnings, ...approval] });
  },
};

interface Schemed {
  readonly object: ExactObject;
  readonly warnings: readonly string[];
}

function withSchemas(object: ExactObject): Schemed {
  const preserves = valueAt(object, PRESERVE) === true;
  const leftOut = new Set<string>();
  const bare = withoutValue(object, PRESERVE);
  let isMissing = false;
  const schemed = withEach(bare, VERSIONS, (version) => {
    const isBare = valueAt(version, SCHEMA) === undefined;
    isMissing ||= isBare;
    if (!preserves && !isBare) return version;
    const opened = openSchema(objectAt(version, SCHEMA));
    for (const path of opened.leftOut) leftOut.add(path);
    return withValue(version, SCHEMA, opened.schema);
  });
  const warnings = [
    ...(preserves
      ? ["spec.preserveUnknownFields became x-kubernetes-preserve-unknown-fields in each version's schema"]
      : []),
    ...(isMissing && !preserves
      ? ["it has no schema, which v1 demands: it got one that takes everything"]
      : []),
    ...(leftOut.size > 0
      ? [`its schema lost what v1 does not take, and validates less: ${[...leftOut].join(", ")}`]
      : []),
  ];
  return { object: isMissing || preserves ? schemed : bare, warnings };
}

const APPROVAL = ["metadata", "annotations", "api-approved.kubernetes.io"];
const UNAPPROVED = "unapproved, made before approval was asked for";
const PROTECTED = /(?:^|\.)(?:k8s|kubernetes)\.io$/;

/** Groups of Kubernetes' own need a note who approved them, or that nobody did; v1beta1 did not ask. */
function withApproval(object: ExactObject): ExactObject {
  const isAsked = PROTECTED.test(textAt(object, ["spec", "group"])) && textAt(object, APPROVAL) === "";
  return isAsked ? withValue(object, APPROVAL, UNAPPROVED) : object;
}
