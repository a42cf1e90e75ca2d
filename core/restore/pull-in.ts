import type { OpenBackup } from "#core/catalog/catalog.ts";
import type { Discovery } from "#core/kube/cluster.ts";
import { groupResource } from "#core/model/item.ts";
import { VOLUMES } from "#core/model/known-kinds.ts";
import type { CompiledSelection } from "#core/selection/compile-selection.ts";
import { returningVolumes } from "./claims.ts";
import type { ClaimFate } from "./rule.ts";
import { filtered, type ItemTest, pullIn, type Selected, type SelectedKind } from "./select.ts";
import type { Survey } from "./survey.ts";

const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";

export interface PullInFacts {
  readonly selected: Selected;
  readonly survey: Survey;
  readonly discovery: Discovery;
  readonly selection: Pick<CompiledSelection, "clusterScope" | "excludesObject">;
  /** As in the backup: what lies in them is selected and the target has them not. */
  readonly missingNamespaces: readonly string[];
}

export interface PulledIn {
  readonly kinds: readonly SelectedKind[];
  /** `resource.group` of every kind whose definition will be restored. */
  readonly definitions: ReadonlySet<string>;
  /** As in the backup: missing namespaces whose object is not in the backup. */
  readonly bareNamespaces: readonly string[];
}

/** What nobody selected, but without which what is selected could not be. */
export async function pullInRelated(backup: OpenBackup, facts: PullInFacts): Promise<PulledIn> {
  const namespaces = await pullInNamespaces(backup, facts);
  const wantsRelated = facts.selection.clusterScope === "related";
  const wanted = new Map(wantsRelated ? facts.survey.related : []);
  if (facts.selection.clusterScope !== "none") wanted.set(DEFINITIONS, unservedKinds(facts));
  const kinds: SelectedKind[] = [...namespaces.kinds];
  for (const [kind, names] of wanted) {
    const absent = names.difference(await namesOf(facts.selected.kinds, kind));
    const because = kind === DEFINITIONS ? "defines a kind that is restored" : "referred to";
    if (absent.size > 0)
      kinds.push(
        ...(await pullIn(backup, { groupResource: kind, names: notExcluded(kind, absent, facts), because })),
      );
  }
  const definitions = await namesOf([...facts.selected.kinds, ...kinds], DEFINITIONS);
  return { kinds, definitions, bareNamespaces: namespaces.bare };
}

function notExcluded(
  key: string,
  names: ReadonlySet<string>,
  { selection }: PullInFacts,
): ReadonlySet<string> {
  const [resource = "", ...group] = key.split(".");
  const kind = { resource, group: group.join(".") };
  return new Set([...names].filter((name) => !selection.excludesObject(kind, name)));
}

function unservedKinds({ selected, discovery }: PullInFacts): ReadonlySet<string> {
  const served = new Set(discovery.resources.map(groupResource));
  return new Set(selected.kinds.map(({ kind }) => groupResource(kind)).filter((name) => !served.has(name)));
}

async function pullInNamespaces(
  backup: OpenBackup,
  { selected, missingNamespaces }: PullInFacts,
): Promise<{ readonly kinds: readonly SelectedKind[]; readonly bare: readonly string[] }> {
  const meant = await namesOf(selected.kinds, "namespaces");
  const names = new Set(missingNamespaces.filter((name) => !meant.has(name)));
  if (names.size === 0) return { kinds: [], bare: [] };
  const kinds = await pullIn(backup, {
    groupResource: "namespaces",
    names,
    because: "what is restored lies in it",
  });
  const found = await namesOf(kinds, "namespaces");
  return { kinds, bare: [...names].filter((name) => !found.has(name)) };
}

export async function namesOf(kinds: readonly SelectedKind[], wanted: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const selected of kinds.filter(({ kind }) => groupResource(kind) === wanted)) {
    for await (const batch of selected.batches()) for (const { name } of batch) names.add(name);
  }
  return names;
}

/** The volumes of a backup that may return: read with the claims that may lie on them, whether selected or not. */
export function volumeKinds(
  backup: OpenBackup,
  { kinds }: Selected,
  selection: PullInFacts["selection"],
): readonly SelectedKind[] {
  const hasClaims = kinds.some(({ kind }) => groupResource(kind) === "persistentvolumeclaims");
  if (!hasClaims || selection.clusterScope === "none") return [];
  const isMeant: ItemTest = ({ name }) => !selection.excludesObject(VOLUMES, name);
  return backup.kinds
    .filter((kind) => groupResource(kind) === "persistentvolumes")
    .map((kind) => ({
      kind,
      count: kind.count,
      pulledIn: true,
      batches: () => filtered(backup.items(kind), isMeant),
    }));
}

/** Volumes that claims return with, where the selection does not bring them: without its volume a claim hangs. */
export async function pullInVolumes(
  backup: OpenBackup,
  selected: ReadonlySet<string>,
  claims: ReadonlyMap<string, ClaimFate>,
): Promise<readonly SelectedKind[]> {
  const names = returningVolumes(claims).difference(selected);
  if (names.size === 0) return [];
  return pullIn(backup, { groupResource: "persistentvolumes", names, because: "a claim returns with it" });
}
