import { type ExactJson, type ExactObject, isExactList, isExactObject } from "./exact-json.ts";

/** A copy without what the path leads to; `*` means each entry of a list. Shares all that it does not change. */
export function dropPath(value: ExactJson, path: readonly string[]): ExactJson {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (first === "*") return isExactList(value) ? value.map((entry) => dropPath(entry, rest)) : value;
  if (!isExactObject(value)) return value;
  const inner = Object.hasOwn(value, first) ? value[first] : undefined;
  if (inner === undefined) return value;
  if (rest.length === 0) return without(value, first);
  const changed = dropPath(inner, rest);
  return changed === inner ? value : { ...value, [first]: changed };
}

export function without(object: ExactObject, key: string): ExactObject {
  const { [key]: _dropped, ...kept } = object;
  return kept;
}

/** The value at a path of keys, or undefined. */
export function valueAt(value: ExactJson | undefined, ...path: readonly string[]): ExactJson | undefined {
  let at = value;
  for (const key of path) {
    if (!isExactObject(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key];
  }
  return at;
}
