import type { ObjectRef } from "#core/kube/cluster.ts";
import type { ItemKind } from "#core/model/item.ts";
import type { PendingOwners } from "./owners.ts";
import type { LaterStep } from "./rule.ts";
import type { TierEnd } from "./run-wait.ts";

/** Steps of one created object that come when everything else is there. */
export interface PendingSteps {
  readonly ref: ObjectRef;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly steps: readonly LaterStep[];
}

/** What remains to be done after everything has been created. */
export interface FinishBook {
  readonly owners: PendingOwners[];
  readonly steps: PendingSteps[];
  /** New uids of objects whose later steps have ended, well or not. */
  readonly finished: Set<string>;
  /** Whose readiness is waited for, by `group-resource`. */
  readonly awaited: Map<string, { readonly kind: ItemKind; readonly keys: Set<string> }>;
  /** Services for which an answer was waited for, by `namespace/name`: why there is none, or undefined. */
  readonly services: Map<string, Promise<string | undefined>>;
  /** By `resource.group`: why objects of a kind cannot be created, although its definition was. */
  readonly unestablished: Map<string, string>;
  /** The tiers that have ended, but for the last. */
  readonly tiers: TierEnd[];
  /** Later steps that failed. */
  readonly troubles: string[];
  /** For the report: what was left out on the way. */
  readonly notes: string[];
}

/** `troubles` that are known before anything is done. */
export function openFinishBook(troubles: readonly string[] = []): FinishBook {
  return {
    owners: [],
    steps: [],
    finished: new Set(),
    awaited: new Map(),
    services: new Map(),
    unestablished: new Map(),
    tiers: [],
    troubles: [...troubles],
    notes: [],
  };
}
