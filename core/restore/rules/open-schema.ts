import { deepEqual } from "#core/objects/deep-equal.ts";
import { objectAt, valueAt, withValue } from "#core/objects/edit-object.ts";
import { type ExactJson, type ExactObject, isExactList, isExactObject } from "#core/objects/exact-json.ts";

const PRESERVE = "x-kubernetes-preserve-unknown-fields";

export interface OpenSchema {
  readonly schema: ExactObject;
  /** Paths of what v1 does not take, in the words of the objects: `spec.source.oneOf`. */
  readonly leftOut: readonly string[];
}

/**
 * The schema of a definition with `preserveUnknownFields` → one that v1 takes and that lets the server keep as much.
 * v1's extension holds for one level and ends at every field of which the schema says more, so it stands at each level
 * that may hold fields: at the root alone, what lies deeper would be pruned. Such a schema need not be structural
 * either, as v1 demands: a level may lack its type, which the extension makes up for, and conditions (`oneOf` and the
 * like) may speak of fields and types, which are left out.
 */
export function openSchema(root: ExactObject): OpenSchema {
  const leftOut: string[] = [];
  // At the root v1 takes no schema for other fields: any may be there.
  const { additionalProperties: _, ...rest } = root;
  const opened = openLevel(rest, [], leftOut);
  return { schema: { ...withPlainMeta(opened, leftOut), type: "object" }, leftOut };
}

type Path = readonly string[];

function openLevel(schema: ExactObject, path: Path, leftOut: string[]): ExactObject {
  const entries = Object.entries(schema);
  const refused = entries.filter(([key, value]) => CONDITIONS.has(key) && !isTaken(key, value));
  leftOut.push(...refused.map(([key]) => [...path, key].join(".")));
  const taken = entries.filter((entry) => !refused.includes(entry) && !takesAnyField(entry));
  const level = {
    ...Object.fromEntries(taken),
    ...openFields(schema, path, leftOut),
    ...openItems(schema, path, leftOut),
  };
  return mayHoldFields(level) ? { ...level, [PRESERVE]: true } : level;
}

/** Says what the extension says too, but of such fields everything inside would be pruned. */
function takesAnyField([key, value]: readonly [string, ExactJson]): boolean {
  return key === "additionalProperties" && value === true;
}

function openFields(schema: ExactObject, path: Path, leftOut: string[]): ExactObject {
  const { properties, additionalProperties } = schema;
  return {
    ...(isExactObject(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [name, openAny(field, [...path, name], leftOut)]),
      ),
    }),
    ...(isExactObject(additionalProperties) && {
      additionalProperties: openLevel(additionalProperties, [...path, "*"], leftOut),
    }),
  };
}

function openItems(schema: ExactObject, path: Path, leftOut: string[]): ExactObject {
  const { items, type } = schema;
  if (items === undefined) return type === "array" ? { items: { [PRESERVE]: true } } : {};
  if (isExactObject(items)) return { items: openLevel(items, [...path, "*"], leftOut) };
  leftOut.push([...path, "items"].join("."));
  return { items: { [PRESERVE]: true } };
}

function openAny(schema: ExactJson, path: Path, leftOut: string[]): ExactJson {
  return isExactObject(schema) ? openLevel(schema, path, leftOut) : schema;
}

function mayHoldFields({ type, "x-kubernetes-int-or-string": intOrString }: ExactObject): boolean {
  return type === "object" || (type === undefined && intOrString !== true);
}

const CONDITIONS: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "not"]);
/** What a condition may say without speaking of types or fields. */
const OF_VALUES: ReadonlySet<string> = new Set([
  "enum",
  "exclusiveMaximum",
  "exclusiveMinimum",
  "format",
  "maximum",
  "maxItems",
  "maxLength",
  "maxProperties",
  "minimum",
  "minItems",
  "minLength",
  "minProperties",
  "multipleOf",
  "pattern",
  "required",
  "uniqueItems",
]);
/** The one condition on types that v1 takes, in this order. */
const INT_OR_STRING: ExactJson = [{ type: "integer" }, { type: "string" }];

function isTaken(key: string, value: ExactJson): boolean {
  if (key === "anyOf" && deepEqual(value, INT_OR_STRING)) return true;
  const branches = isExactList(value) ? value : [value];
  return branches.every(
    (branch) =>
      isExactObject(branch) &&
      Object.entries(branch).every(([inner, condition]) =>
        CONDITIONS.has(inner) ? isTaken(inner, condition) : OF_VALUES.has(inner),
      ),
  );
}

/** Of the fields that every object has v1 takes their types, and of the metadata what it says of names. */
function withPlainMeta(root: ExactObject, leftOut: string[]): ExactObject {
  const texts = ["apiVersion", "kind"].filter((name) => valueAt(root, ["properties", name]) !== undefined);
  const typed = texts.reduce((sum, name) => withValue(sum, ["properties", name], { type: "string" }), root);
  const metadata = ["properties", "metadata"];
  if (valueAt(typed, metadata) === undefined) return typed;
  const named = Object.entries(objectAt(typed, [...metadata, "properties"]));
  const properties = Object.fromEntries(named.filter(([name]) => name === "name" || name === "generateName"));
  if (Object.keys(properties).length < named.length) leftOut.push("metadata");
  return withValue(typed, metadata, {
    type: "object",
    ...(Object.keys(properties).length > 0 && { properties }),
  });
}
