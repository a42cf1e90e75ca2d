import { groupResource, type ItemKind } from "#core/model/item.ts";
import { programName } from "./hooks/hook-annotations.ts";
import type { PlannedHook } from "./hooks/planned-hooks.ts";
import type { Mention } from "./mapping/old-mentions.ts";
import type { Reach } from "./outside/reaches.ts";
import type { HeldItem, MissingKind, PlannedClaim, PlannedNamespace, RestorePlan } from "./plan.ts";
import type { ServerAnswers } from "./preview/ask-server.ts";
import type { ActionCounts, Preview, PreviewedObject } from "./preview/preview-restore.ts";
import { DIFFERS } from "./settle-existing.ts";
import type { Removal } from "./undo/look-at-created.ts";

/**
 * The plan as machines read it (`-o json`). The same cluster and backup give the same bytes: lists are sorted, keys
 * only ever join. Counts are of what the rules will do.
 */
export interface PlanDocument {
  readonly restore: string;
  readonly backup: string;
  readonly target: RestorePlan["target"];
  readonly counts: ActionCounts;
  readonly namespaces: readonly PlannedNamespace[];
  readonly kinds: readonly DocumentedKind[];
  /** The first thousand of each action; `unchanged` is only counted. */
  readonly objects: readonly PreviewedObject[];
  /** What an undo deletes or keeps of what the restore created; empty in a restore. */
  readonly removals: readonly PlannedRemoval[];
  readonly claims: readonly PlannedClaim[];
  readonly held: readonly HeldItem[];
  readonly missing: readonly MissingKind[];
  /** What reaches outside the cluster; the first thousand. */
  readonly reaches: readonly Reach[];
  /** What would still speak of a namespace by the name it has in the backup; the first thousand. */
  readonly mentions: readonly Mention[];
  /** Velero's restore hooks of what is created. */
  readonly hooks: readonly DocumentedHook[];
  /** What the caller may not do of it. */
  readonly rights: Preview["rights"];
  /** Quotas of the target that the creations would exceed. */
  readonly quota: Preview["quota"];
  readonly uncheckable: Preview["uncheckable"];
  /** null: the server was not asked (`--dry-run=server`). */
  readonly server: ServerAnswers | null;
  readonly leftOut: readonly string[];
  readonly neverRestored: readonly {
    readonly resource: string;
    readonly count: number;
    readonly reason: string;
  }[];
  readonly absentNamespaces: readonly string[];
  /** What lies in the backup and cannot be read; the first thousand. */
  readonly unreadable: readonly string[];
  readonly tiers: RestorePlan["tiers"];
  readonly pulledIn: RestorePlan["pulledIn"];
  readonly unmet: RestorePlan["unmet"];
  readonly warnings: readonly string[];
}

export interface PlannedRemoval {
  readonly action: Removal["action"];
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

export interface DocumentedHook {
  readonly hook: "init" | "exec";
  /** The pod, or what makes its pods; in the target. */
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  /** Without its arguments, which may be secret; "" for an image's own. */
  readonly program: string;
  readonly runs: boolean;
  /** Why it does not run. */
  readonly message?: string | undefined;
  /** It does not run, and nothing is lost by that. */
  readonly isIdle: boolean;
}

export interface DocumentedKind extends ActionCounts {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly pulledIn: boolean;
  readonly reasons: Readonly<Record<string, number>>;
}

const SHOWN = 1_000;

export function planDocument(plan: RestorePlan, preview: Preview): PlanDocument {
  const { restore, backup, target, claims, held, missing, leftOut, absentNamespaces, warnings } = plan;
  return {
    restore,
    backup,
    target,
    counts: preview.counts,
    namespaces: sorted(plan.namespaces, ({ from }) => from),
    kinds: sorted(
      preview.kinds.map(documentedKind),
      (kind) => `${groupResource(kind)} ${kind.version} ${kind.pulledIn}`,
    ),
    removals: plan.removals.map(plannedRemoval),
    objects: sorted(preview.objects, (one) => `${one.action} ${titleOf(one)}`),
    claims,
    held,
    missing: sorted(missing, versionedName),
    mentions: sorted(preview.mentions, (one) => `${titleOf(one)} ${one.mentions}`),
    reaches: sorted(preview.reaches, (one) => `${one.reach} ${titleOf(one)} ${one.message}`),
    hooks: sorted(preview.hooks.map(documentedHook), (one) => `${titleOf(one)} ${one.hook}`),
    rights: preview.rights,
    quota: sorted(preview.quota, (one) => `${one.namespace} ${one.quota} ${one.resource}`),
    uncheckable: preview.uncheckable,
    server: preview.server ?? null,
    leftOut: leftOut.toSorted(),
    neverRestored: sorted(plan.neverRestored, ({ kind }) => versionedName(kind)).map(
      ({ kind, count, reason }) => ({ resource: groupResource(kind), count, reason }),
    ),
    absentNamespaces: absentNamespaces.toSorted(),
    unreadable: plan.unreadable.slice(0, SHOWN),
    tiers: plan.tiers,
    pulledIn: sorted(plan.pulledIn, titleOf),
    unmet: sorted(plan.unmet, ({ kind, namespace, name }) => `${kind} ${namespace}/${name}`),
    warnings: [...warnings, ...preview.warnings].toSorted(),
  };
}

/** Nothing that is meant would stay away; what exists and differs counts only where the request is strict (report.ts). */
export function isComplete(document: PlanDocument, { strict }: { readonly strict: boolean }): boolean {
  const { counts, missing, absentNamespaces, unreadable, hooks, rights, quota, server, kinds } = document;
  const losses = [
    counts.hold,
    counts.fail,
    missing.length,
    absentNamespaces.length,
    unreadable.length,
    hooks.filter(({ runs, isIdle }) => !runs && !isIdle).length,
    rights.length,
    quota.length,
    server?.refused.length ?? 0,
    document.removals.filter(({ action }) => action === "refuse").length,
    ...(strict ? kinds.map(({ reasons }) => reasons[DIFFERS.reason] ?? 0) : []),
  ];
  return losses.every((count) => count === 0);
}

function plannedRemoval({ action, kind, namespace, name, reason, message }: Removal): PlannedRemoval {
  const { group, resource } = kind;
  return {
    action,
    group,
    resource,
    namespace,
    name,
    ...((action === "keep" || action === "refuse") && { reason, message }),
  };
}

function documentedHook({ kind, namespace, name, hook, why, isIdle }: PlannedHook): DocumentedHook {
  return {
    hook: hook.type,
    group: kind.group,
    resource: kind.resource,
    namespace,
    name,
    container: hook.container,
    program: hook.command.length === 0 ? "" : programName(hook.command),
    runs: why === undefined,
    ...(why !== undefined && { message: why }),
    isIdle,
  };
}

function documentedKind({ group, version, resource, pulledIn, counts, reasons }: Preview["kinds"][number]) {
  return { group, version, resource, pulledIn, ...counts, reasons: sortedRecord(reasons) };
}

function titleOf(object: Pick<PreviewedObject, "group" | "resource" | "namespace" | "name">): string {
  return `${groupResource(object)} ${object.namespace}/${object.name}`;
}

function versionedName(kind: ItemKind): string {
  return `${groupResource(kind)} ${kind.version}`;
}

/** By code units: the same on every machine. */
function sorted<T>(list: readonly T[], keyOf: (entry: T) => string): readonly T[] {
  return list
    .map((entry) => ({ entry, key: keyOf(entry) }))
    .toSorted((left, right) => (left.key < right.key ? -1 : Number(left.key > right.key)))
    .map(({ entry }) => entry);
}

function sortedRecord(record: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(sorted(Object.entries(record), ([key]) => key));
}
