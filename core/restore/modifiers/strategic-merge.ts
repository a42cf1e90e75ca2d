import { deepEqual } from "#core/objects/deep-equal.ts";
import { type ExactJson, type ExactObject, isExactList, isExactObject } from "#core/objects/exact-json.ts";
import { PatchMisfit } from "./json-patch.ts";
import type { MergeKeys } from "./merge-keys.ts";

const DIRECTIVE = "$patch";
const RETAIN = "$retainKeys";
const DELETE_VALUES = "$deleteFromPrimitiveList/";

/** Kubernetes' strategic merge patch, as the server applies it to the kinds it knows itself. */
export function strategicMerge(object: ExactObject, patch: ExactObject, keys: MergeKeys): ExactObject {
  return mergeObject(object, patch, { keys, path: "" });
}

interface At {
  readonly keys: MergeKeys;
  /** Of what is merged; "" at the top. */
  readonly path: string;
}

function inside({ keys, path }: At, key: string): At {
  return { keys, path: path === "" ? key : `${path}.${key}` };
}

function mergeObject(object: ExactObject, patch: ExactObject, at: At): ExactObject {
  const { [DIRECTIVE]: directive, [RETAIN]: retained, ...fields } = patch;
  switch (directive) {
    case "replace":
      return fields;
    case "delete":
      return {};
    case undefined:
    case "merge":
      return mergeFields(retain(object, retained), fields, at);
    default:
      throw new PatchMisfit(`${at.path}: ${DIRECTIVE} is replace, delete or merge`);
  }
}

function retain(object: ExactObject, keys: ExactJson | undefined): ExactObject {
  if (!isExactList(keys)) return object;
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}

function mergeFields(object: ExactObject, fields: ExactObject, at: At): ExactObject {
  const merged = new Map(Object.entries(object));
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith(DELETE_VALUES)) dropValues(merged, key.slice(DELETE_VALUES.length), value);
    else if (key.startsWith("$")) throw new PatchMisfit(`${inside(at, key).path}: ${key} is not understood`);
    else if (value === null) merged.delete(key);
    else merged.set(key, mergeValue(merged.get(key), value, inside(at, key)));
  }
  return Object.fromEntries(merged);
}

function dropValues(merged: Map<string, ExactJson>, key: string, values: ExactJson): void {
  const list = merged.get(key);
  if (!isExactList(list) || !isExactList(values)) return;
  merged.set(
    key,
    list.filter((entry) => !values.some((value) => deepEqual(value, entry))),
  );
}

function mergeValue(old: ExactJson | undefined, value: ExactJson, at: At): ExactJson {
  if (isExactObject(value)) return mergeObject(isExactObject(old) ? old : {}, value, at);
  if (!isExactList(value)) return value;
  const key = at.keys.get(at.path);
  const present = isExactList(old) ? old : [];
  if (key === undefined) return value;
  return key === "" ? joinValues(present, value) : mergeList({ present, patch: value, key }, at);
}

function joinValues(present: readonly ExactJson[], added: readonly ExactJson[]): ExactJson {
  return [...present, ...added.filter((value) => !present.some((entry) => deepEqual(entry, value)))];
}

interface Lists {
  readonly present: readonly ExactJson[];
  readonly patch: readonly ExactJson[];
  /** The field by which entries are matched. */
  readonly key: string;
}

function mergeList({ present, patch, key }: Lists, at: At): ExactJson {
  const entries = patch.map((entry) => {
    if (isExactObject(entry)) return entry;
    throw new PatchMisfit(`${at.path}: its entries are objects`);
  });
  const replaces = entries.some((entry) => entry[DIRECTIVE] === "replace");
  const own = entries.filter((entry) => entry[DIRECTIVE] !== "replace" || Object.keys(entry).length > 1);
  return own.reduce(
    (list: readonly ExactJson[], entry) => mergeEntry({ present: list, patch: [], key }, entry, at),
    replaces ? [] : present,
  );
}

function mergeEntry({ present, key }: Lists, entry: ExactObject, at: At): readonly ExactJson[] {
  const name = entry[key];
  if (name === undefined)
    throw new PatchMisfit(`${at.path}: an entry has no ${key}, by which entries are matched`);
  const isMeant = (other: ExactJson) => isExactObject(other) && deepEqual(other[key] ?? null, name);
  if (entry[DIRECTIVE] === "delete") return present.filter((other) => !isMeant(other));
  const index = present.findIndex(isMeant);
  const old = present[index];
  const merged = mergeObject(isExactObject(old) ? old : {}, entry, inside(at, "*"));
  return index < 0 ? [...present, merged] : present.with(index, merged);
}
