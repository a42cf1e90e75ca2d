import type { DownApi } from "#core/kube/cluster.ts";
import type { Notice } from "#core/model/backup.ts";
import { groupResource, type ItemKind, kindOf } from "#core/model/item.ts";

/** Kept in the manifest, so that the next backup knows as much although this one could not read it. */
export interface UnreadableKind extends ItemKind {
  readonly message: string;
}

export interface DownJudgement {
  readonly unreadable: readonly UnreadableKind[];
  readonly errors: readonly Notice[];
  readonly warnings: readonly Notice[];
}

/**
 * An aggregated API that does not answer is a loss when it is known to hold namespaced objects that users create: by
 * its last good discovery, or by what an earlier backup of the cluster holds. Else it is a warning: most such APIs are
 * computed (metrics).
 */
export function judgeDownApis(
  down: readonly DownApi[],
  knownKinds: readonly ItemKind[],
  isMissed: (kind: ItemKind) => boolean,
): DownJudgement {
  const judged = down.map((api) => ({ api, lost: lostKinds(api, knownKinds).filter(isMissed) }));
  const notices = (isLoss: boolean): readonly Notice[] =>
    judged
      .filter(({ lost }) => lost.length > 0 === isLoss)
      .map(({ api, lost }) => ({ message: describe(api, lost) }));
  return {
    unreadable: judged.flatMap(({ api, lost }) => lost.map((kind) => ({ ...kind, message: api.message }))),
    errors: notices(true),
    warnings: notices(false),
  };
}

function lostKinds(api: DownApi, knownKinds: readonly ItemKind[]): readonly ItemKind[] {
  const shown = api.resources.filter(({ namespaced, verbs }) => namespaced && verbs.includes("create"));
  const known = knownKinds.filter(({ namespaced, group }) => namespaced && group === api.group);
  const byName = new Map([...known, ...shown].map((kind) => [groupResource(kind), kindOf(kind)]));
  return [...byName.values()];
}

function describe(api: DownApi, lost: readonly ItemKind[]): string {
  const what =
    lost.length === 0
      ? "nothing of it is in the backup"
      : `${lost.map(groupResource).join(", ")} could not be read`;
  return `the API ${api.group}/${api.version} does not answer (${api.message}): ${what}`;
}
