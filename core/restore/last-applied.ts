import { deepEqual } from "#core/objects/deep-equal.ts";
import { textAt, withValue } from "#core/objects/edit-object.ts";
import {
  type ExactJson,
  type ExactObject,
  isExactList,
  isExactObject,
  parseExact,
  stringifyExact,
} from "#core/objects/exact-json.ts";

const LAST_APPLIED = ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"];

/** What `kubectl apply` sent last; undefined where it never did, or where the annotation holds something else. */
export function lastApplied(object: ExactObject): ExactObject | undefined {
  const text = textAt(object, LAST_APPLIED);
  if (text === "") return undefined;
  try {
    const parsed = parseExact(text);
    return isExactObject(parsed) ? parsed : undefined;
  } catch {
    // Anybody may write anything into an annotation.
    return undefined;
  }
}

/**
 * Tells `kubectl apply` of what was changed between the object in the backup and the one that there will be: it compares
 * with what it believes it sent. What was only added stays out, or the next apply would take it away again.
 */
export function withLastAppliedFollowing(
  object: ExactObject,
  original: ExactObject,
  intended: ExactObject,
): ExactObject {
  const applied = lastApplied(object);
  if (applied === undefined) return object;
  const followed = follow(applied, original, intended);
  return deepEqual(followed, applied)
    ? object
    : withValue(object, LAST_APPLIED, `${stringifyExact(followed)}\n`);
}

/** `applied` with what is different or gone in `after`. */
function follow(applied: ExactJson, before: ExactJson, after: ExactJson): ExactJson {
  if (isExactObject(applied) && isExactObject(before) && isExactObject(after)) {
    return followFields(applied, before, after);
  }
  if (isExactList(applied) && isExactList(before) && isExactList(after)) {
    return followEntries(applied, before, after);
  }
  return deepEqual(before, after) ? applied : after;
}

function followFields(applied: ExactObject, before: ExactObject, after: ExactObject): ExactObject {
  const kept = Object.entries(applied).flatMap(([key, value]): readonly (readonly [string, ExactJson])[] => {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (old === undefined) return [[key, value]];
    const now = Object.hasOwn(after, key) ? after[key] : undefined;
    return now === undefined ? [] : [[key, follow(value, old, now)]];
  });
  return Object.fromEntries(kept);
}

type List = readonly ExactJson[];

/** By place where no entry came or went, else by name, else as a whole. */
function followEntries(applied: List, before: List, after: List): ExactJson {
  if (deepEqual(before, after)) return applied;
  if (applied.length === before.length && before.length === after.length) {
    return applied.map((entry, index) => follow(entry, before[index] ?? null, after[index] ?? null));
  }
  const names = [applied, before, after].map(entryNames);
  const [, old, now] = names;
  if (old === undefined || now === undefined || names.some((known) => known === undefined)) return after;
  return applied.flatMap((entry) => {
    const name = nameOf(entry) ?? "";
    const was = old.get(name);
    const is = now.get(name);
    if (was === undefined) return [entry];
    return is === undefined ? [] : [follow(entry, was, is)];
  });
}

/** undefined unless each entry has a name of its own. */
function entryNames(list: List): ReadonlyMap<string, ExactJson> | undefined {
  const named = new Map<string, ExactJson>();
  for (const entry of list) {
    const name = nameOf(entry);
    if (name === undefined || named.has(name)) return undefined;
    named.set(name, entry);
  }
  return named;
}

function nameOf(entry: ExactJson): string | undefined {
  const name = isExactObject(entry) ? entry["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}
