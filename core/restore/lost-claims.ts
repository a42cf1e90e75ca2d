import type { StoredItem } from "#core/catalog/catalog.ts";
import { groupResource } from "#core/model/item.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import { type Decision, itemKey } from "./decide.ts";
import { isThere } from "./existing.ts";
import type { RestoreRun } from "./restore-run.ts";

/** Notes a claim that was to return with its data and did not. */
export function noteLostClaim(run: RestoreRun, item: StoredItem, { result }: ItemOutcome): void {
  if (result !== "failed" || groupResource(item) !== "persistentvolumeclaims") return;
  const fate = run.prepared.facts.rules.claims.get(`${item.namespace}/${item.name}`)?.fate;
  if (fate === "rebind" || fate === "static") run.lostClaims.push(item);
}

/** What mounts such a claim would wait for it for good, or, as a StatefulSet, make itself an empty one. */
export function withoutLostClaims(run: RestoreRun, item: StoredItem, decision: Decision): Decision {
  if (run.lostClaims.length === 0 || decision.do !== "write" || isThere(decision.live)) return decision;
  const mounts = run.prepared.mounts.get(itemKey(item));
  if (mounts === undefined) return decision;
  const lost = run.lostClaims.filter(({ namespace, name }) => namespace === item.namespace && mounts(name));
  if (lost.length === 0) return decision;
  const names = lost.map(({ name }) => name).join(", ");
  const message = `mounts ${names}, which could not be restored: it would start without that data`;
  return { do: "fail", reason: "mounts-failed-claim", message };
}
