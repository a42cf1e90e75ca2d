import type { BackupPlan } from "#core/backup/plan.ts";
import { groupResource } from "#core/model/item.ts";
import { escapeControl, renderTable } from "./table.ts";

/** What create --dry-run shows. Pure. */
export function planText(plan: BackupPlan): string {
  const kinds = plan.kinds.map(({ versions: [kind], reads, names }) => [
    groupResource(kind),
    kind.version,
    names === undefined
      ? { cluster: "one list", namespaces: "a list per namespace", objects: "single objects" }[reads]
      : [...names].join(","),
  ]);
  const sections = [
    renderTable(["KIND", "VERSION", "READ AS"], kinds),
    related(plan),
    `Namespaces: ${plan.namespaces.map((one) => escapeControl(one.name)).join(", ") || "<none>"}\n`,
    `Never stored:\n${renderTable(
      ["KIND", "WHY"],
      plan.notStored.map((rule) => [rule.what, rule.reason]),
    )}`,
    [
      ...plan.errors.map((one) => `error: ${one.message}`),
      ...plan.warnings.map((one) => `warning: ${one.message}`),
    ]
      .map((line) => `${escapeControl(line)}\n`)
      .join(""),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

function related(plan: BackupPlan): string {
  if (plan.relatedKinds.length === 0) return "";
  return `Of these only what the selection refers to: ${plan.relatedKinds.map(groupResource).join(", ")}\n`;
}

export function planDocument(plan: BackupPlan): unknown {
  const { kinds, namespaces, relatedKinds, notStored, unreadable, warnings, errors } = plan;
  return {
    kinds: kinds.map(({ versions: [kind], reads, names }) => ({
      kind: groupResource(kind),
      version: kind.version,
      reads,
      ...(names === undefined ? {} : { names: [...names] }),
    })),
    namespaces: namespaces.map((one) => one.name),
    related: relatedKinds.map(groupResource),
    notStored,
    unreadable: unreadable.map(groupResource),
    warnings,
    errors,
  };
}
