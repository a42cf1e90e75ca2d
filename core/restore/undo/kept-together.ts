import { groupResource } from "#core/model/item.ts";
import type { Removal } from "./look-at-created.ts";

/**
 * What is kept is kept whole: its owners and its namespace, with which it would go, and what it controls, which is its
 * work. Pure.
 */
export function keepTogether(removals: readonly Removal[]): readonly Removal[] {
  const ends = new Map(removals.map((removal) => [removal.uid, removal]));
  const controlled = Map.groupBy(removals, ({ controller }) => controller);
  const namespaces = new Map(removals.filter(isNamespace).map((removal) => [removal.name, removal.uid]));
  const open = removals.filter(({ action }) => action === "keep" || action === "refuse");
  const keep = (uid: string | undefined, why: Pick<Removal, "reason" | "message">): void => {
    const removal = ends.get(uid ?? "");
    if (removal?.action !== "delete") return;
    const kept: Removal = { ...removal, action: "keep", ...why };
    ends.set(removal.uid, kept);
    open.push(kept);
  };
  for (const kept of open) {
    for (const owner of kept.owners) keep(owner, OWNS_KEPT);
    keep(namespaces.get(kept.namespace), HOLDS_KEPT);
    if (kept.reason === "replaced") continue;
    for (const { uid } of controlled.get(kept.uid) ?? []) keep(uid, OWNER_KEPT);
  }
  return removals.map((removal) => ends.get(removal.uid) ?? removal);
}

export const OWNS_KEPT = {
  reason: "owns-kept",
  message: "it was created by the restore and is kept: what it owns, and would take with it, is kept",
} as const;
const HOLDS_KEPT = {
  reason: "namespace-not-empty",
  message: "it was created by the restore and is kept: in it lies what is kept",
} as const;
const OWNER_KEPT = {
  reason: "owner-kept",
  message: "it was created by the restore and is kept with the object that controls it",
} as const;

export function isNamespace({ kind }: Pick<Removal, "kind">): boolean {
  return groupResource(kind) === "namespaces";
}

/**
 * In the order of their deletion: what others own before its owners, and namespaces last, so that of what is refused at
 * that moment the owners are still there. Pure.
 */
export function deletionRounds(removals: readonly Removal[]): readonly (readonly Removal[])[] {
  const byUid = new Map(removals.map((removal) => [removal.uid, removal]));
  const depths = new Map<string, number>();
  const depthOf = ({ uid, owners }: Removal): number => {
    const known = depths.get(uid);
    if (known !== undefined) return known;
    // Owners in a circle have some depth.
    depths.set(uid, 0);
    const above = owners.flatMap((owner) => byUid.get(owner) ?? []).map((owner) => depthOf(owner) + 1);
    const depth = Math.max(0, ...above);
    depths.set(uid, depth);
    return depth;
  };
  const rounds = Map.groupBy(removals, (removal) => (isNamespace(removal) ? -1 : depthOf(removal)));
  return [...rounds.keys()].sort((left, right) => right - left).map((depth) => rounds.get(depth) ?? []);
}
