/**
 * diff: how a cluster differs from a backup, in what users wrote. Objects are compared in their comparable form, by
 * lists and never one by one. Its one rule: what could not be compared is named, never passed over. It cannot write,
 * neither to the cluster nor to the location.
 */
import type { OpenBackup } from "#core/catalog/catalog.ts";
import { withKindsMoved } from "#core/catalog/moved-backup.ts";
import { forEachLimited } from "#core/flow/for-each-limited.ts";
import type { Cluster, Discovery } from "#core/kube/cluster.ts";
import { drainList } from "#core/kube/drain-list.ts";
import { isFailure } from "#core/model/errors.ts";
import { groupResource } from "#core/model/item.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { Selection } from "#core/model/selection.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { isExcluded } from "#core/selection/is-excluded.ts";
import { diffKind, type KindComparison } from "./diff-kind.ts";
import { type DiffScope, diffScope, recordedKinds, type ScopedKind } from "./diff-scope.ts";
import { type DiffReport, Findings } from "./findings.ts";

export interface DiffRequest {
  readonly backup: OpenBackup;
  readonly cluster: Cluster;
  readonly selection: Selection;
}

const KINDS_IN_FLIGHT = 3;

/** Failure kind-unknown, usage or namespace-not-found when the selection cannot be understood or met; trouble with a kind is in the report. */
export async function diffBackup(request: DiffRequest, context: RunContext): Promise<DiffReport> {
  const { cluster } = request;
  const backup = await withKindsMoved(request.backup);
  const findings = new Findings();
  const discovery = await cluster.discover(context.signal);
  const stored = diffScope(backup, request.selection, discovery);
  const scope = await withLiveNamespaces(stored, { cluster, discovery, findings, signal: context.signal });
  context.onProgress({ type: "phase-started", phase: "compare" });
  const flow = { concurrency: KINDS_IN_FLIGHT, signal: context.signal };
  await forEachLimited(scope.kinds, flow, async (scoped, signal) => {
    await compareKind(scoped, { backup, cluster, scope, findings, signal });
    context.onProgress({ type: "phase-advanced", phase: "compare", done: findings.count });
  });
  context.onProgress({ type: "phase-ended", phase: "compare", done: findings.count });
  noteUnread(backup, scope, findings);
  return findings.report();
}

interface Place {
  readonly cluster: Cluster;
  readonly discovery: Discovery;
  readonly findings: Findings;
  readonly signal: AbortSignal;
}

/** What lies in a namespace that came after the backup is as new as the namespace, but for what a label keeps out. */
async function withLiveNamespaces(
  scope: DiffScope,
  { cluster, discovery, findings, signal }: Place,
): Promise<DiffScope> {
  const { wouldHold } = scope;
  const resource = discovery.resources.find((kind) => groupResource(kind) === "namespaces");
  if (wouldHold === undefined || resource === undefined) return scope;
  const namespaces = new Set(scope.namespaces);
  const excluded = new Set<string>();
  try {
    await drainList(cluster, { resource, metadataOnly: true, signal }, (batch) => {
      for (const bytes of batch) {
        const header = readItemHeader(bytes);
        if (isExcluded(header)) excluded.add(header.name);
        else if (header.deletionTimestamp === undefined && wouldHold(header.name))
          namespaces.add(header.name);
      }
    });
  } catch (error) {
    if (!isFailure(error) || error.reply === undefined || error.reply.status === 401) throw error;
    findings.trouble(`whether there are new namespaces is not known: ${error.message}`);
  }
  return {
    ...scope,
    namespaces,
    wouldBeStored: (kind, header) => !excluded.has(header.namespace) && scope.wouldBeStored(kind, header),
  };
}

/** What no version says that the cluster serves cannot be held against anything. */
async function compareKind(scoped: ScopedKind, comparison: KindComparison): Promise<void> {
  const { kind, served, isServed } = scoped;
  const name = groupResource(kind);
  if (served === undefined && isServed) {
    comparison.findings.trouble(
      `${name} is stored as ${kind.version}, which the cluster does not serve any more`,
    );
    return;
  }
  try {
    await diffKind(scoped, comparison);
  } catch (error) {
    if (!isFailure(error) || error.reply === undefined || error.reply.status === 401) throw error;
    comparison.findings.trouble(`${name} could not be read from the cluster: ${error.message}`);
  }
}

function noteUnread(
  { manifest, notices }: Pick<OpenBackup, "manifest" | "notices">,
  scope: DiffScope,
  findings: Findings,
): void {
  for (const { message } of notices) findings.trouble(message);
  for (const name of scope.absentNamespaces) findings.trouble(`the backup has no namespace ${name}`);
  for (const kind of recordedKinds(manifest)) {
    if (kind.error === undefined || !scope.asksFor(kind)) continue;
    findings.trouble(`${groupResource(kind)} is not whole in the backup: ${kind.error.message}`);
  }
}
