import { groupResource } from "#core/model/item.ts";
import { textAt, withoutKeys } from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";

const DEFAULT_MARKS: ReadonlySet<string> = new Set([
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
  "ingressclass.kubernetes.io/is-default-class",
]);

export function isMarkedDefault(annotations: Readonly<Record<string, unknown>>): boolean {
  return [...DEFAULT_MARKS].some((mark) => annotations[mark] === "true");
}

/** StorageClasses and IngressClasses: of two defaults the newer wins, and a restored one would be the newer. */
export const defaultClasses: Rule = {
  does: ["Is not the default any more where the target has another default."],
  transform(object, { item, facts }) {
    const isDefault = [...DEFAULT_MARKS].some(
      (mark) => textAt(object, ["metadata", "annotations", mark]) === "true",
    );
    const rivals = facts.defaultClasses.get(groupResource(item)) ?? [];
    const rival = rivals.find((name) => name !== item.name);
    if (!isDefault || rival === undefined) return restored(object);
    return restored(
      withoutKeys(object, ["metadata", "annotations"], (key) => DEFAULT_MARKS.has(key)),
      { warnings: [`is not the default any more: in this cluster that is ${rival}`] },
    );
  },
};
