import { hash } from "node:crypto";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { comparableForm } from "#core/objects/comparable-form.ts";
import { withoutValues } from "#core/objects/edit-object.ts";
import {
  type ExactJson,
  type ExactObject,
  isExactList,
  isExactObject,
  stringifyExact,
} from "#core/objects/exact-json.ts";
import { withoutInitHook } from "./hooks/init-hook.ts";

/**
 * Settled when an object is created. Putting a running Job to sleep would stop its pods; what a snapshot was cut of or
 * stands for cannot change, and its rule says it otherwise than the one that was cut here.
 */
const SETTLED: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
  ["jobs.batch", [["spec", "suspend"]]],
  ["volumesnapshots.snapshot.storage.k8s.io", [["spec", "source"]]],
  [
    "volumesnapshotcontents.snapshot.storage.k8s.io",
    [
      ["spec", "source"],
      ["spec", "volumeSnapshotRef", "uid"],
      ["spec", "volumeSnapshotRef", "resourceVersion"],
    ],
  ],
]);

/** What of an object is compared with a live one and brought into it. */
export function restorableForm(kind: Pick<ItemKind, "group" | "resource">, object: ExactObject): ExactObject {
  const form = withoutValues(comparableForm(kind, object), SETTLED.get(groupResource(kind)) ?? []);
  return groupResource(kind) === "pods" ? withoutInitHook(form) : form;
}

/** Equal for objects with equal restorable forms, so that a hundred thousand live objects need not be kept. */
export function contentDigest(kind: Pick<ItemKind, "group" | "resource">, object: ExactObject): string {
  return digestOf(restorableForm(kind, object));
}

/** Whatever the order of its keys. */
export function digestOf(form: ExactObject): string {
  return hash("sha256", stringifyExact(sortKeys(form)), "base64");
}

/** Copies only what is not in order: most of what servers send is. */
function sortKeys(value: ExactJson): ExactJson {
  if (isExactList(value)) {
    const sorted = value.map(sortKeys);
    return sorted.some((inner, index) => inner !== value[index]) ? sorted : value;
  }
  if (!isExactObject(value)) return value;
  const entries = Object.entries(value);
  const ordered = entries.toSorted(([left], [right]) => (left < right ? -1 : 1));
  const sorted = ordered.map(([key, inner]): [string, ExactJson] => [key, sortKeys(inner)]);
  const isInOrder = entries.every(([key, inner], at) => key === sorted[at]?.[0] && inner === sorted[at][1]);
  return isInOrder ? value : Object.fromEntries(sorted);
}
