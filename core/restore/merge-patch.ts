import { type ExactJson, type ExactObject, isExactObject } from "#core/objects/exact-json.ts";

/** RFC 7386, as the server applies it. */
export function mergePatch(object: ExactObject, patch: ExactObject): ExactObject {
  // An assignment to a key of the name `__proto__`, which a ConfigMap may have, would be lost.
  const merged = new Map(Object.entries(object));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergeValue(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

function mergeValue(old: ExactJson | undefined, value: ExactJson): ExactJson {
  return isExactObject(value) ? mergePatch(isExactObject(old) ? old : {}, value) : value;
}
