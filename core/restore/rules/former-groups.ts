import { groupResource, type ItemKind } from "#core/model/item.ts";
import { objectsAt, textsAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { FORMER_GROUP, movedSince } from "#core/objects/versions/extensions-group.ts";

/** Where kinds keep rules that name groups and resources: lists of rules, or of what holds them. */
const RULES: ReadonlyMap<string, (object: ExactObject) => readonly ExactObject[]> = new Map([
  ["roles.rbac.authorization.k8s.io", plainRules],
  ["clusterroles.rbac.authorization.k8s.io", plainRules],
  ["validatingwebhookconfigurations.admissionregistration.k8s.io", webhookRules],
  ["mutatingwebhookconfigurations.admissionregistration.k8s.io", webhookRules],
  ["validatingadmissionpolicies.admissionregistration.k8s.io", policyRules],
  ["mutatingadmissionpolicies.admissionregistration.k8s.io", policyRules],
]);

function plainRules(object: ExactObject): readonly ExactObject[] {
  return objectsAt(object, ["rules"]);
}

function webhookRules(object: ExactObject): readonly ExactObject[] {
  return objectsAt(object, ["webhooks"]).flatMap(plainRules);
}

function policyRules(object: ExactObject): readonly ExactObject[] {
  return objectsAt(object, ["spec", "matchConstraints", "resourceRules"]);
}

/** Rights and webhooks are no business of a restore to extend: what they no longer reach is named. */
export function warnOfFormerGroups(
  kind: Pick<ItemKind, "group" | "resource">,
  object: ExactObject,
  apiGroups: ReadonlySet<string>,
): readonly string[] {
  if (apiGroups.has(FORMER_GROUP)) return [];
  const rules = RULES.get(groupResource(kind))?.(object) ?? [];
  const lost = rules
    .filter((rule) => textsAt(rule, ["apiGroups"]).includes(FORMER_GROUP))
    .flatMap((rule) => textsAt(rule, ["resources"]))
    .flatMap(movedSince)
    .filter(({ group, resource }) => !rules.some((rule) => names(rule, group, resource)));
  if (lost.length === 0) return [];
  const what = [...new Set(lost.map(groupResource))].join(", ");
  return [
    `its rules name the group ${FORMER_GROUP}, which holds nothing any more; for ${what} they say nothing`,
  ];
}

function names(rule: ExactObject, group: string, resource: string): boolean {
  const [groups, resources] = [textsAt(rule, ["apiGroups"]), textsAt(rule, ["resources"])];
  const [plain = ""] = resource.split("/", 1);
  return (
    (groups.includes(group) || groups.includes("*")) &&
    [resource, plain, "*", "*/*"].some((name) => resources.includes(name))
  );
}
