import { ownerFate, skipWithOwner } from "#core/restore/owner-fate.ts";
import type { Rule } from "#core/restore/rule.ts";

/** Old ReplicaSets are a Deployment's history: created before it, and adopted by it by their labels. */
export const replicaSets: Rule = {
  does: [
    "Restored before their Deployment, which adopts them as its history; left out where the Deployment exists or stays away.",
  ],
  descent: 1,
  adopted: true,
  decide(item, facts) {
    switch (ownerFate(item, facts)) {
      case undefined:
      case "created":
        return undefined;
      case "exists":
        return { reason: "owner-exists", message: "its Deployment is in the cluster and has its own" };
      case "left-out":
        return skipWithOwner(item, facts);
    }
  },
};
