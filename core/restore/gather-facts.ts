import type { Discovery } from "#core/kube/cluster.ts";
import { groupResource } from "#core/model/item.ts";
import { CLAIMS } from "#core/model/known-kinds.ts";
import { decideDisks, holdPodMakers } from "./claim-fates.ts";
import { mayBeEmpty } from "./claims.ts";
import type { Contents } from "./contents.ts";
import type { DecisionFacts } from "./decide.ts";
import { type Existing, isThere, readExisting } from "./existing.ts";
import type { LeftClaim } from "./left-claims.ts";
import { compileModifiers } from "./modifiers/compile-modifiers.ts";
import type { Outlook } from "./outlook.ts";
import { type Categories, readDeclaredCategories } from "./outside/declared-categories.ts";
import { externalKind } from "./outside/external-kinds.ts";
import type { PlanRequest } from "./plan.ts";
import type { PulledIn } from "./pull-in.ts";
import { restoreMark } from "./restore-mark.ts";
import type { OwnerFate } from "./rule.ts";
import type { SelectedKind } from "./select.ts";
import { servedOwners } from "./served-owners.ts";
import { decideSnapshots } from "./snapshot-fates.ts";
import type { Survey } from "./survey.ts";
import { servedKinds, targetKinds } from "./target-kinds.ts";

/** What a plan has found out before it can decide anything. */
export interface Findings {
  readonly outlook: Outlook;
  readonly survey: Survey;
  readonly contents: Contents;
  readonly left: readonly LeftClaim[];
  readonly pulled: PulledIn;
  readonly kinds: readonly SelectedKind[];
  readonly selectedVolumes: ReadonlySet<string>;
  readonly owners: ReadonlyMap<string, OwnerFate>;
  readonly signal: AbortSignal;
}

export async function gatherFacts(
  { cluster, backup, request }: PlanRequest,
  findings: Findings,
): Promise<DecisionFacts> {
  const { outlook, survey, contents, left, pulled, kinds, owners, signal } = findings;
  const { discovery, mapNamespace, live, statusKinds } = outlook;
  const mark = restoreMark(backup.summary.name, request.name);
  const targetKind = targetKinds(discovery, pulled.definitions);
  const existing = await readExisting(cluster, {
    kinds: servedKinds([...kinds.map(({ kind }) => kind), ...(left.length > 0 ? [CLAIMS] : [])], targetKind),
    namespaces: [...new Set(outlook.namespaces.values())].filter((name) => isThere(live.get(name))),
    liveNamespaces: live,
    mark,
    signal,
  });
  const { claims, refusedVolumes } = await disksOf({ cluster, backup, request }, findings, existing);
  const snapshots = { kinds, contents, existing, targetKind, mapNamespace, signal };
  // What a restore has changed is put back in its own place.
  const snapshotContents = request.undo === undefined ? await decideSnapshots(cluster, snapshots) : new Map();
  const declared = await readDeclaredCategories(backup, { kinds, contents, discovery, signal });
  const isAbsent = (claim: LeftClaim) =>
    !hasClaim(existing, mapNamespace(claim.namespace), claim.name) &&
    !mayBeEmpty(claim, request.emptyVolumes);
  const { selectingServices } = survey;
  const otherCluster = outlook.relation !== "same";
  return {
    rules: {
      request,
      modifiers: request.modifiers === undefined ? [] : await compileModifiers(request.modifiers),
      mapNamespace,
      otherCluster,
      claims,
      refusedVolumes,
      snapshotContents,
      owners,
      selectingServices,
      statusKinds,
      defaultClasses: existing.defaultClasses,
      apiGroups: apiGroups(discovery, pulled.definitions),
      itemVersions: new Map(kinds.map(({ kind }) => [groupResource(kind), kind.version])),
      targetVersion: (kind) => {
        const target = targetKind(kind);
        return "kind" in target ? target.kind.version : kind.version;
      },
      servedOwner: servedOwners(discovery),
      externalKind: externalKinds(discovery, declared),
    },
    existing,
    targetKind,
    held: holdPodMakers(survey, claims, left.filter(isAbsent)),
  };
}

function disksOf(
  { cluster, backup, request }: PlanRequest,
  { outlook, survey, selectedVolumes, signal }: Findings,
  existing: Existing,
): ReturnType<typeof decideDisks> {
  return decideDisks(cluster, survey, {
    emptyVolumes: request.emptyVolumes,
    keptElsewhere: new Map(
      backup.foreignVolumes.map(({ namespace, claim, keptIn }) => [`${namespace}/${claim}`, keptIn]),
    ),
    mark: restoreMark(backup.summary.name, request.name),
    sameCluster: outlook.relation === "same",
    mapNamespace: outlook.mapNamespace,
    exists: (namespace, name) => hasClaim(existing, namespace, name),
    selectedVolumes,
    signal,
  });
}

function apiGroups({ resources }: Discovery, definitions: ReadonlySet<string>): ReadonlySet<string> {
  const coming = [...definitions].map((name) => name.slice(name.indexOf(".") + 1));
  return new Set([...resources.map(({ group }) => group), ...coming]);
}

function hasClaim(existing: Existing, namespace: string, name: string): boolean {
  return isThere(existing.find(CLAIMS, namespace, name));
}

function externalKinds(
  { resources }: Discovery,
  declared: Categories,
): DecisionFacts["rules"]["externalKind"] {
  const categories = new Map([
    ...declared,
    ...resources.map((kind) => [groupResource(kind), kind.categories] as const),
  ]);
  return (kind) => externalKind(kind, categories.get(groupResource(kind)) ?? []);
}
