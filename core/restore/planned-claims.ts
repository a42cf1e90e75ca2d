import type { PlannedClaim } from "./plan.ts";
import type { ClaimFate } from "./rule.ts";

/** What the plan says of each claim: those held back first, then by name. Pure. */
export function plannedClaims(claims: ReadonlyMap<string, ClaimFate>): readonly PlannedClaim[] {
  return [...claims]
    .toSorted(([left, a], [right, b]) => rank(a) - rank(b) || (left < right ? -1 : 1))
    .map(([key, fate]) => plannedClaim(key, fate));
}

function rank({ fate }: ClaimFate): number {
  return fate === "held" ? 0 : 1;
}

function plannedClaim(key: string, fate: ClaimFate): PlannedClaim {
  const [namespace = "", name = ""] = key.split("/");
  return {
    namespace,
    name,
    fate: fate.fate === "held" ? "empty" : fate.fate,
    held: fate.fate === "held",
    ...("volume" in fate && { volume: fate.volume }),
    ...("message" in fate && { why: fate.message }),
  };
}
