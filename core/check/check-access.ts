import { nameSome } from "#core/backup/claims.ts";
import type { BackupPlan } from "#core/backup/plan.ts";
import { checkRights, type LackingRight, type NeededRight } from "#core/kube/check-rights.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { HealthCheck } from "#core/model/health-check.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { kindNeverRestored } from "#core/objects/never-restored.ts";

interface Asking {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
}

/** May the caller read all that the plan reads? */
export async function checkReadRights(plan: BackupPlan, asking: Asking): Promise<HealthCheck> {
  const kinds = plannedKinds(plan);
  const lacking = await checkRights(needs(plan, kinds, ["list"]), asking);
  if (lacking.length === 0)
    return { check: "right to back up", state: "ok", detail: scopeOf(plan, kinds), help: [] };
  return {
    check: "right to back up",
    state: "failed",
    detail: `you may not ${told(lacking)}`,
    help: ["kubectl backup rbac backup prints the rights that are needed"],
  };
}

/** May the caller bring back what the plan reads? Who only backs up need not. */
export async function checkWriteRights(plan: BackupPlan, asking: Asking): Promise<HealthCheck> {
  const kinds = plannedKinds(plan).filter((kind) => kindNeverRestored(kind) === undefined);
  const lacking = await checkRights(needs(plan, kinds, ["create", "patch"]), asking);
  if (lacking.length === 0)
    return { check: "right to restore", state: "ok", detail: scopeOf(plan, kinds), help: [] };
  return {
    check: "right to restore",
    state: "warning",
    detail: `you may not ${told(lacking)}`,
    help: ["kubectl backup rbac restore prints the rights that are needed"],
  };
}

function plannedKinds({ kinds }: BackupPlan): readonly ItemKind[] {
  return kinds.map(({ versions: [kind] }) => kind);
}

function needs(
  { namespaces }: BackupPlan,
  kinds: readonly ItemKind[],
  verbs: readonly NeededRight["verb"][],
): readonly NeededRight[] {
  const names = new Set(namespaces.map(({ name }) => name));
  const none = new Set<string>();
  return kinds.flatMap((kind) =>
    verbs.map((verb) => ({ verb, kind, namespaces: kind.namespaced ? names : none, steps: none })),
  );
}

function scopeOf({ namespaces }: BackupPlan, kinds: readonly ItemKind[]): string {
  const [first] = namespaces;
  const where =
    namespaces.length === 1 && first !== undefined
      ? `in namespace ${first.name}`
      : `in ${namespaces.length} namespaces`;
  return `all ${kinds.length} kinds ${where}`;
}

/** `create or patch secrets, pods in shop; list nodes`: each kind once. */
function told(lacking: readonly LackingRight[]): string {
  const byKind = Map.groupBy(lacking, (right) => `${groupResource(right)}\n${right.namespaces.join(", ")}`);
  const kinds = [...byKind.values()].flatMap((rights) => {
    const [first] = rights;
    return first === undefined ? [] : [{ ...first, verbs: rights.map(({ verb }) => verb).join(" or ") }];
  });
  const alike = Map.groupBy(kinds, ({ verbs, namespaces }) => `${verbs}\n${namespaces.join(", ")}`);
  return [...alike.values()]
    .map((rights) => {
      const [{ verbs, namespaces } = { verbs: "", namespaces: [] }] = rights;
      const where = namespaces.length === 0 ? "" : ` in ${nameSome(namespaces)}`;
      return `${verbs} ${nameSome(rights.map(groupResource))}${where}`;
    })
    .join("; ");
}
