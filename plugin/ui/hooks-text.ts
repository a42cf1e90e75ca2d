import { groupResource } from "#core/model/item.ts";
import type { DocumentedHook, PlanDocument } from "#core/restore/plan-document.ts";
import { renderTable } from "./table.ts";

/** Enough for a screen; -o json has them all. */
const SHOWN = 20;

const WHEN: Readonly<Record<DocumentedHook["hook"], string>> = {
  init: "before the pod's containers",
  exec: "when its container runs",
};

/** Restore hooks of what a plan creates. Pure. */
export function hooksText({ hooks }: Pick<PlanDocument, "hooks">): string {
  if (hooks.length === 0) return "";
  const rows = hooks
    .slice(0, SHOWN)
    .map((one) => [
      `${groupResource(one)} ${one.namespace}/${one.name}`,
      one.container,
      one.program,
      one.runs ? WHEN[one.hook] : `not run: ${one.message ?? ""}`,
    ]);
  const more = hooks.length > SHOWN ? `… and ${hooks.length - SHOWN} more (-o json has them)\n` : "";
  return `${renderTable(["HOOK OF", "CONTAINER", "PROGRAM", "RUNS"], rows)}${more}`;
}
