import { type ExactJson, type ExactObject, isExactList, isExactObject } from "./exact-json.ts";

/** Reads and changes parsed objects by path. Nothing is changed in place: a change copies the objects on its path. */
export type Path = readonly string[];

export function valueAt(object: ExactObject, path: Path): ExactJson | undefined {
  let value: ExactJson | undefined = object;
  for (const key of path) {
    if (!isExactObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** "" where there is none. */
export function textAt(object: ExactObject, path: Path): string {
  const value = valueAt(object, path);
  return typeof value === "string" ? value : "";
}

/** Empty where there is none. */
export function objectAt(object: ExactObject, path: Path): ExactObject {
  const value = valueAt(object, path);
  return isExactObject(value) ? value : {};
}

/** The objects in a list; empty where there is none. */
export function objectsAt(object: ExactObject, path: Path): readonly ExactObject[] {
  const value = valueAt(object, path);
  return isExactList(value) ? value.filter(isExactObject) : [];
}

/** The strings in a list; empty where there is none. */
export function textsAt(object: ExactObject, path: Path): readonly string[] {
  const value = valueAt(object, path);
  return isExactList(value) ? value.filter((entry) => typeof entry === "string") : [];
}

export function withValue(object: ExactObject, path: Path, value: ExactJson): ExactObject {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  return { ...object, [key]: rest.length === 0 ? value : withValue(objectAt(object, [key]), rest, value) };
}

/** The same object where there is nothing at the path. */
export function withoutValue(object: ExactObject, path: Path): ExactObject {
  const [key, ...rest] = path;
  if (key === undefined || !Object.hasOwn(object, key)) return object;
  if (rest.length > 0) {
    const inner = object[key];
    return isExactObject(inner) ? { ...object, [key]: withoutValue(inner, rest) } : object;
  }
  const { [key]: _dropped, ...kept } = object;
  return kept;
}

export function withoutValues(object: ExactObject, paths: readonly Path[]): ExactObject {
  return paths.reduce(withoutValue, object);
}

/** Changes each object of a list; the same object where there is no list. */
export function withEach(
  object: ExactObject,
  path: Path,
  change: (entry: ExactObject) => ExactObject,
): ExactObject {
  const list = valueAt(object, path);
  if (!isExactList(list)) return object;
  return withValue(
    object,
    path,
    list.map((entry) => (isExactObject(entry) ? change(entry) : entry)),
  );
}

/** Drops the keys that the test names from an object, and the object itself when nothing is left of it. */
export function withoutKeys(object: ExactObject, path: Path, drop: (key: string) => boolean): ExactObject {
  const entries = Object.entries(objectAt(object, path));
  const kept = entries.filter(([key]) => !drop(key));
  if (kept.length === entries.length) return object;
  return kept.length === 0 ? withoutValue(object, path) : withValue(object, path, Object.fromEntries(kept));
}
