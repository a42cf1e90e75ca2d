import type { ClaimRecord, Notice } from "#core/model/backup.ts";
import type { ItemHeader } from "#core/model/item.ts";
import { valueAt } from "#core/objects/drop-path.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { NamespaceTally } from "./tally.ts";

const NOT_CAPTURED = "volume data is not captured: this backup holds the claim alone";

/** A bound claim with the fate of its data; undefined for claims that no volume stands behind yet. */
export function claimRecord(header: ItemHeader, claim: ExactObject): ClaimRecord | undefined {
  const volume = valueAt(claim, "spec", "volumeName");
  if (valueAt(claim, "status", "phase") !== "Bound" && typeof volume !== "string") return undefined;
  return {
    name: header.name,
    uid: header.uid,
    ...(typeof volume === "string" && { volumeName: volume }),
    captured: "none",
    reason: NOT_CAPTURED,
  };
}

/** One warning per namespace whose claims hold data that is not in the backup. */
export function claimWarnings(namespaces: ReadonlyMap<string, NamespaceTally>): readonly Notice[] {
  return [...namespaces].flatMap(([namespace, { claims }]) => {
    const lost = claims.filter(({ captured }) => captured === "none").map(({ name }) => name);
    if (lost.length === 0) return [];
    return [{ message: `the data of these bound claims is not in the backup: ${nameSome(lost)}`, namespace }];
  });
}

const SHOWN = 10;

/** `a, b, c and 7 more`. */
export function nameSome(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(", ");
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}
