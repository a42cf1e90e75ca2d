import { groupResource } from "#core/model/item.ts";
import type { ItemResult } from "#core/model/restore.ts";
import type { HookEnd } from "./hooks/hook-book.ts";
import type { Mention } from "./mapping/old-mentions.ts";
import type { Reach } from "./outside/reaches.ts";
import type { HeldItem, MissingKind, PlannedClaim, RestorePlan } from "./plan.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { OutcomeCounts } from "./results.ts";
import { type UnfinishedKind, unfinishedKinds, unfinishedTroubles } from "./unfinished.ts";
import type { WaitEnd } from "./wait.ts";

/** What a restore did; stored beside the backup and printed. */
export interface RestoreReport {
  readonly restore: string;
  readonly id: string;
  readonly backup: string;
  readonly target: RestorePlan["target"];
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Nothing failed, was held back or is missing, and everything waited for is ready. */
  readonly complete: boolean;
  readonly counts: OutcomeCounts;
  /** How many items ended so, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Claims whose data nothing can bring back, then what mounts them. */
  readonly held: readonly HeldItem[];
  /** What was planned for each selected claim. */
  readonly claims: readonly PlannedClaim[];
  /** The first thousand each; all are in the stored items file. */
  readonly failed: readonly ItemResult[];
  readonly differing: readonly ItemResult[];
  readonly warned: readonly ItemResult[];
  /** What reaches outside the cluster, of all that was written or withheld; the first thousand. */
  readonly reaches: readonly Reach[];
  /** What was written and still speaks of a namespace by the name it has in the backup; the first thousand. */
  readonly mentions: readonly Mention[];
  readonly missing: readonly MissingKind[];
  readonly leftOut: readonly string[];
  /** Stored for information and selected, but never written: by kind. Takes nothing from `complete`. */
  readonly neverRestored: readonly {
    readonly resource: string;
    readonly count: number;
    readonly reason: string;
  }[];
  readonly notReady: readonly {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly why: string;
  }[];
  /** What became of restore hooks, in each pod that had one. */
  readonly hooks: readonly HookEnd[];
  /** Why nothing was waited for, where nothing was. */
  readonly notWaited?: string | undefined;
  /** Why it broke off, where it did. */
  readonly interrupted?: string | undefined;
  /** Where it broke off: by kind, how many items have no known end. */
  readonly unfinished?: readonly UnfinishedKind[] | undefined;
  /** Steps after the creation that failed. */
  readonly troubles: readonly string[];
  readonly pulledIn: RestorePlan["pulledIn"];
  readonly unmet: RestorePlan["unmet"];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
  /** URL of the folder in which the report lies, or its path where the location takes none. */
  readonly storedAt: string;
}

export interface ReportFacts {
  readonly run: RestoreRun;
  readonly waited: WaitEnd;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly seconds: Readonly<Record<string, number>>;
  readonly brokeOff?: string | undefined;
}

export function makeReport(facts: ReportFacts): Omit<RestoreReport, "storedAt"> {
  const { run, waited, brokeOff } = facts;
  const { plan } = run.prepared;
  const { results, finish } = run;
  return {
    restore: plan.restore,
    id: run.id,
    backup: plan.backup,
    target: plan.target,
    startedAt: facts.startedAt.toISOString(),
    finishedAt: facts.finishedAt.toISOString(),
    complete: isComplete(facts),
    counts: results.counts,
    reasons: results.reasons,
    held: plan.held,
    claims: plan.claims,
    failed: results.failed,
    differing: results.differing,
    warned: results.warned,
    reaches: run.reaches.reaches,
    mentions: run.mentions.mentions,
    missing: plan.missing,
    leftOut: plan.leftOut,
    neverRestored: plan.neverRestored.map(({ kind, count, reason }) => ({
      resource: groupResource(kind),
      count,
      reason,
    })),
    notReady: waited.unready.map(({ kind, namespace, name, why }) => ({
      kind: kind.kind,
      namespace,
      name,
      why,
    })),
    hooks: run.hooks.ends,
    notWaited: waited.notWaited,
    ...(brokeOff !== undefined && { interrupted: brokeOff, unfinished: unfinishedKinds(run) }),
    troubles: [...(brokeOff === undefined ? [] : unfinishedTroubles(run, brokeOff)), ...finish.troubles],
    pulledIn: plan.pulledIn,
    unmet: plan.unmet,
    warnings: [
      ...plan.absentNamespaces.map((name) => `the backup has no namespace ${name}`),
      ...plan.unreadable.map((what) => `in the backup ${what}`),
      ...plan.warnings,
    ],
    notes: finish.notes,
    seconds: facts.seconds,
  };
}

function isComplete({ run, waited, brokeOff }: ReportFacts): boolean {
  if (brokeOff !== undefined) return false;
  const { plan } = run.prepared;
  const { results, finish, request } = run;
  const losses = [
    results.counts.failed,
    plan.held.length,
    plan.missing.length,
    plan.absentNamespaces.length,
    plan.unreadable.length,
    waited.unready.length,
    finish.troubles.length,
    run.hooks.losses,
    request.strict ? (results.reasons["differs"] ?? 0) : 0,
  ];
  return losses.every((count) => count === 0);
}
