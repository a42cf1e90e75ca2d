import type { KindRecord } from "#core/model/backup.ts";
import type { UnreadableKind } from "./down-apis.ts";
import type { KindFailure, KindOutcome } from "./read-kind.ts";

/** The manifest's line; closes the watches, which is why it is made when the last kind has been read. */
export function kindRecord(
  outcome: KindOutcome,
  times: { readonly from: string; readonly to: string },
): KindRecord {
  const { kind, lists, failures } = outcome;
  const changes = lists.map(({ meanwhile }) => meanwhile?.close());
  const counted = changes.filter((count) => count !== undefined);
  const [only] = lists;
  return {
    group: kind.group,
    version: kind.version,
    resource: kind.resource,
    kind: kind.kind,
    namespaced: kind.namespaced,
    method: methodOf(outcome),
    ...(lists.length === 1 && only !== undefined && { resourceVersion: only.resourceVersion }),
    startedAt: lists.map(({ startedAt }) => startedAt).sort()[0] ?? times.from,
    finishedAt:
      lists
        .map(({ finishedAt }) => finishedAt)
        .sort()
        .at(-1) ?? times.to,
    count: outcome.count,
    consistent: isOneMoment(outcome),
    ...(counted.length > 0 && counted.length === lists.length && { changesMeanwhile: sum(counted) }),
    ...(failures.length > 0 && { error: errorOf(failures) }),
  };
}

function isOneMoment({ lists, gets, failures }: KindOutcome): boolean {
  return failures.length === 0 && lists.length + gets <= 1 && lists.every(({ consistent }) => consistent);
}

function methodOf({ lists, gets }: KindOutcome): KindRecord["method"] {
  if (lists.length === 0) return gets > 0 ? "get" : "none";
  return lists.every(({ method }) => method === "watch-list") ? "watch-list" : "pages";
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function errorOf(failures: readonly KindFailure[]): KindRecord["error"] {
  const [first] = failures;
  if (first === undefined) return undefined;
  const namespaces = failures.flatMap(({ namespace }) => (namespace === undefined ? [] : [namespace]));
  const where = namespaces.length > 0 ? { namespaces } : {};
  return { code: first.failure.code, message: first.failure.message, ...where };
}

/** A kind that is known to exist and whose API does not answer. */
export function unreadRecord(
  { message, ...kind }: UnreadableKind,
  times: { readonly from: string; readonly to: string },
): KindRecord {
  const error = { code: "cluster-unreachable", message };
  return {
    ...kind,
    method: "none",
    startedAt: times.from,
    finishedAt: times.to,
    count: 0,
    consistent: false,
    error,
  };
}
