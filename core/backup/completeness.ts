import type { NamespaceRecord } from "#core/model/backup.ts";
import { groupResource } from "#core/model/item.ts";
import { narrowsContent } from "#core/model/selection.ts";
import { isExcluded } from "#core/selection/is-excluded.ts";
import type { NamespaceFact } from "./namespace-facts.ts";
import type { BackupPlan } from "./plan.ts";
import type { NamespaceTally } from "./tally.ts";

/**
 * A namespace is complete when its Namespace object and every namespaced kind that users create were read without
 * error and no kind, label or name filter narrowed what is in it. Objects left out by their own label are counted
 * beside it.
 */
export function namespaceRecord(
  fact: NamespaceFact,
  tally: NamespaceTally,
  { plan, startedAt }: { readonly plan: BackupPlan; readonly startedAt: string },
): NamespaceRecord {
  const kindsNotRead = [...new Set([...tally.kindsNotRead, ...plan.unreadable.map(groupResource)])].sort();
  const reason = whyIncomplete(fact, plan, kindsNotRead);
  return {
    name: fact.name,
    ...(fact.header !== undefined && { uid: fact.header.uid }),
    firstListAt: tally.firstListAt ?? startedAt,
    itemCount: tally.itemCount,
    excludedByLabel: tally.excludedByLabel + (isExcluded(fact.header) ? 1 : 0),
    kindsNotRead,
    claims: tally.claims.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    complete: reason === undefined,
    ...(reason !== undefined && { incompleteReason: reason }),
  };
}

function whyIncomplete(
  fact: NamespaceFact,
  plan: BackupPlan,
  notRead: readonly string[],
): string | undefined {
  if (fact.bytes === undefined) return "its Namespace object could not be read";
  if (isExcluded(fact.header)) return "left out by its label";
  if (narrowsContent(plan.request)) return "the selection narrows what is in it";
  if (notRead.length > 0) return `not read: ${notRead.join(", ")}`;
  return undefined;
}
