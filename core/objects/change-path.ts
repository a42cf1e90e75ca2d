import { type ExactJson, type ExactObject, isExactList, isExactObject } from "./exact-json.ts";

type Change = (value: ExactJson) => ExactJson;

/** A copy with what the paths lead to changed; `*` means each entry of a list. Shares all that stays as it is. */
export function changePaths(
  object: ExactObject,
  paths: readonly (readonly string[])[],
  change: Change,
): ExactObject {
  return paths.reduce((changed, path) => {
    const result = changePath(changed, path, change);
    return isExactObject(result) ? result : changed;
  }, object);
}

/** The same for strings alone. */
export function changeTexts(
  object: ExactObject,
  paths: readonly (readonly string[])[],
  change: (text: string) => string,
): ExactObject {
  return changePaths(object, paths, (value) => (typeof value === "string" ? change(value) : value));
}

function changePath(value: ExactJson, path: readonly string[], change: Change): ExactJson {
  const [first, ...rest] = path;
  if (first === undefined) return change(value);
  if (first === "*") return isExactList(value) ? changeEntries(value, rest, change) : value;
  if (!isExactObject(value)) return value;
  const inner = Object.hasOwn(value, first) ? value[first] : undefined;
  if (inner === undefined) return value;
  const changed = changePath(inner, rest, change);
  return changed === inner ? value : { ...value, [first]: changed };
}

function changeEntries(list: readonly ExactJson[], path: readonly string[], change: Change): ExactJson {
  const changed = list.map((entry) => changePath(entry, path, change));
  return changed.every((entry, index) => entry === list[index]) ? list : changed;
}
