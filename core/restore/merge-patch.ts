import { type ExactJson, type ExactObject, isExactObject } from "#core/objects/exact-json.ts";

/** RFC 7386, as the server applies it. */
export function mergePatch(object: ExactObject, patch: ExactObject): ExactObject {
  const merged: { [key: string]: ExactJson } = { ...object };
  for (const [key, value] of Object.entries(patch)) {
    const old = merged[key];
    if (value === null) delete merged[key];
    else if (isExactObject(value)) merged[key] = mergePatch(isExactObject(old) ? old : {}, value);
    else merged[key] = value;
  }
  return merged;
}
