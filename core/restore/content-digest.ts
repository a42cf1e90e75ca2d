import { hash } from "node:crypto";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { comparableForm } from "#core/objects/comparable-form.ts";
import {
  type ExactJson,
  type ExactObject,
  isExactList,
  isExactObject,
  stringifyExact,
} from "#core/objects/exact-json.ts";
import { withoutValue } from "./edit-object.ts";

/**
 * What of an object is compared with a live one and brought into it. Whether a Job rests or runs is settled when it is
 * created: putting a running one to sleep would stop its pods.
 */
export function restorableForm(kind: Pick<ItemKind, "group" | "resource">, object: ExactObject): ExactObject {
  const form = comparableForm(kind, object);
  return groupResource(kind) === "jobs.batch" ? withoutValue(form, ["spec", "suspend"]) : form;
}

/** Equal for objects with equal restorable forms, so that a hundred thousand live objects need not be kept. */
export function contentDigest(kind: Pick<ItemKind, "group" | "resource">, object: ExactObject): string {
  return hash("sha256", stringifyExact(sortKeys(restorableForm(kind, object))), "base64");
}

function sortKeys(value: ExactJson): ExactJson {
  if (isExactList(value)) return value.map(sortKeys);
  if (!isExactObject(value)) return value;
  const sorted = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, sortKeys(inner)]));
}
