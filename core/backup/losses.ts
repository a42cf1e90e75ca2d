import type { ApiResource } from "#core/kube/cluster.ts";
import type { Notice } from "#core/model/backup.ts";
import { isFailure } from "#core/model/errors.ts";
import { groupResource } from "#core/model/item.ts";
import { nameSome } from "./claims.ts";
import type { KindOutcome } from "./read-kind.ts";
import type { Tally } from "./tally.ts";

export interface Losses {
  readonly errors: readonly Notice[];
  readonly warnings: readonly Notice[];
}

/** Failures of the selected kinds as notices; what counts against a namespace's completeness goes into the tally. */
export function judgeOutcomes(outcomes: readonly KindOutcome[], tally: Tally): Losses {
  const errors: Notice[] = [];
  const warnings: Notice[] = [];
  for (const outcome of outcomes) {
    const isVirtual = mayBeVirtual(outcome.kind);
    (isVirtual ? warnings : errors).push(...describeLosses(outcome));
    if (!isVirtual && outcome.kind.namespaced) noteIncomplete(outcome, tally);
  }
  return { errors, warnings };
}

/** Without create or watch nothing that a user wrote can be lost with it. */
function mayBeVirtual({ verbs }: ApiResource): boolean {
  return !verbs.includes("create") || !verbs.includes("watch");
}

function noteIncomplete({ kind, failures }: KindOutcome, tally: Tally): void {
  for (const { namespace } of failures) {
    tally.noteNotRead(kind, namespace === undefined ? tally.namespaces.keys() : [namespace]);
  }
}

function describeLosses({ kind, failures, absent }: KindOutcome): readonly Notice[] {
  const name = groupResource(kind);
  const missing = absent.map((object) => ({
    message: `${name}/${object} does not exist in what was selected`,
  }));
  const [first] = failures;
  if (first === undefined) return missing;
  const namespaces = failures.flatMap(({ namespace }) => (namespace === undefined ? [] : [namespace]));
  const where = namespaces.length === 0 ? "" : ` in ${nameSome(namespaces)}`;
  const isRefused = isFailure(first.failure, "cluster-forbidden");
  const cure = isRefused ? `; ${neededRule(kind)}` : "";
  const message = `${name} could not be read${where}: ${first.failure.message}${cure}`;
  const [only] = namespaces;
  const place = namespaces.length === 1 && only !== undefined && { namespace: only };
  return [...missing, { message, ...place, ...(isRefused && { refusedKind: name }) }];
}

/** In the words of a Role, ready to be pasted into one. */
function neededRule({ group, resource }: ApiResource): string {
  return `needed: {apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["get", "list", "watch"]}`;
}
