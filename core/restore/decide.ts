import type { StoredItem } from "#core/catalog/catalog.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { isCopy } from "./copies.ts";
import { type Existing, isThere, type LiveMark } from "./existing.ts";
import type { RuleFacts } from "./rule.ts";
import { ruleFor } from "./rules.ts";
import type { TargetKind } from "./target-kinds.ts";
import { targetName } from "./target-name.ts";

/** What a plan says of one item, from its index line and the facts. */
export type Decision =
  | {
      readonly do: "write";
      readonly kind: ItemKind;
      readonly namespace: string;
      readonly name: string;
      readonly live: LiveMark | undefined;
      /** Nobody selected it: one that is there is left alone, whatever the policy. */
      readonly pulledIn?: boolean | undefined;
    }
  | { readonly do: "skip" | "fail" | "hold"; readonly reason: string; readonly message: string };

export interface DecisionFacts {
  readonly rules: RuleFacts;
  readonly existing: Existing;
  readonly targetKind: (kind: ItemKind) => TargetKind;
  /** By `itemKey`: workloads that mount a held claim, and why. */
  readonly held: ReadonlyMap<string, string>;
}

export function itemKey(item: Pick<StoredItem, "group" | "resource" | "namespace" | "name">): string {
  return `${groupResource(item)} ${item.namespace}/${item.name}`;
}

export function decideItem(item: StoredItem, facts: DecisionFacts): Decision {
  if (item.terminating) {
    return { do: "skip", reason: "terminating", message: "it was being deleted when it was backed up" };
  }
  const skip = ruleFor(item).decide?.(item, facts.rules);
  if (skip !== undefined) return { do: "skip", ...skip };
  const outside = withheldOutside(item, facts.rules);
  if (outside !== undefined) return { do: "skip", reason: REACHES_OUTSIDE, message: outside };
  const target = facts.targetKind(item);
  if (!target.served && !target.coming) return { do: "fail", reason: target.reason, message: target.message };
  return decideWrite(item, target.kind, facts);
}

/** Of an object that is not written, since as a copy it would be a second master of what its kind owns outside. */
export const REACHES_OUTSIDE = "reaches-outside";

function withheldOutside(item: StoredItem, rules: RuleFacts): string | undefined {
  if (rules.request.includeExternal) return undefined;
  const why = rules.externalKind(item);
  return why !== undefined && isCopy(item, rules)
    ? `${why}, and the original may live on; --include-external restores it`
    : undefined;
}

function decideWrite(item: StoredItem, kind: ItemKind, facts: DecisionFacts): Decision {
  const { mapNamespace } = facts.rules;
  const namespace = item.namespaced ? mapNamespace(item.namespace) : "";
  const name = targetName(item, facts.rules);
  const live = facts.existing.find(kind, namespace, name);
  const because = isThere(live) ? undefined : heldBecause(item, facts);
  if (because !== undefined) return { do: "hold", ...because };
  return { do: "write", kind, namespace, name, live };
}

function heldBecause(
  item: StoredItem,
  facts: DecisionFacts,
): { readonly reason: string; readonly message: string } | undefined {
  if (groupResource(item) === "persistentvolumeclaims") {
    const fate = facts.rules.claims.get(`${item.namespace}/${item.name}`);
    return fate?.fate === "held" ? { reason: "claim-without-data", message: fate.message } : undefined;
  }
  const message = facts.held.get(itemKey(item));
  return message === undefined ? undefined : { reason: "mounts-held-claim", message };
}
