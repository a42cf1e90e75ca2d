import { hash } from "node:crypto";
import type { ItemKind } from "#core/model/item.ts";
import { comparableForm } from "#core/objects/comparable-form.ts";
import {
  type ExactJson,
  type ExactObject,
  isExactList,
  isExactObject,
  stringifyExact,
} from "#core/objects/exact-json.ts";

/** Equal for objects with equal comparable forms, so that a hundred thousand live objects need not be kept. */
export function contentDigest(kind: Pick<ItemKind, "group" | "resource">, object: ExactObject): string {
  return hash("sha256", stringifyExact(sortKeys(comparableForm(kind, object))), "base64");
}

function sortKeys(value: ExactJson): ExactJson {
  if (isExactList(value)) return value.map(sortKeys);
  if (!isExactObject(value)) return value;
  const sorted = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, sortKeys(inner)]));
}
