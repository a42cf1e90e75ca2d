import { withKindsMoved } from "#core/catalog/moved-backup.ts";
import type { Discovery } from "#core/kube/cluster.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { narrowsContent } from "#core/model/selection.ts";
import type { Autoscaled } from "./autoscalers.ts";
import { type Contents, openContents } from "./contents.ts";
import { type DecisionFacts, itemKey } from "./decide.ts";
import { isThere } from "./existing.ts";
import { gatherFacts } from "./gather-facts.ts";
import { readGuards } from "./guards.ts";
import { readLeftClaims } from "./left-claims.ts";
import { openMappingUse } from "./mapping/mapping-use.ts";
import { findIdleModifiers } from "./modifiers/idle-modifiers.ts";
import { type Outlook, takeOutlook } from "./outlook.ts";
import { readTakenHosts, type TakenHosts } from "./outside/taken-hosts.ts";
import type { PlannedNamespace, PlanRequest, RestorePlan } from "./plan.ts";
import { plannedClaims } from "./planned-claims.ts";
import { namesOf, pullInRelated, pullInVolumes, volumeKinds } from "./pull-in.ts";
import { listPulledIn } from "./pulled-in.ts";
import type { OwnerFate } from "./rule.ts";
import type { SelectedKind } from "./select.ts";
import { type Need, type Survey, surveyContents } from "./survey.ts";
import { tallyPlan } from "./tally.ts";
import { servedKinds } from "./target-kinds.ts";
import type { Undo } from "./undo/open-undo.ts";
import { removalsOf } from "./undo/removals-of.ts";
import { findUnmet } from "./unmet.ts";
import { planWaves, type Waves } from "./waves.ts";

/** A plan with all that carrying it out needs. */
export interface Prepared {
  readonly plan: RestorePlan;
  readonly kinds: readonly SelectedKind[];
  /** The same in the order of their tiers. */
  readonly waves: Waves["waves"];
  readonly facts: DecisionFacts;
  readonly contents: Contents;
  readonly hosts: TakenHosts;
  readonly discovery: Discovery;
  /** Target namespaces that exist and stay. */
  readonly liveNamespaces: ReadonlySet<string>;
  /** In the target, of namespaces whose object is not in the backup. */
  readonly bareNamespaces: readonly string[];
  /** Uids in the backup that selected items name as owners. */
  readonly ownerUids: ReadonlySet<string>;
  /** Owners that exist: uid in the backup → uid in the target. */
  readonly liveOwners: ReadonlyMap<string, string>;
  /** By `configmaps/namespace/name` and the like, as in the backup: what restored objects refer to. */
  readonly needs: Survey["needs"];
  /** Mappings that meet nothing of what is to be restored: misspelt, as a rule. */
  readonly idleMappings: readonly string[];
  /** What is taken back, where this is no restore of a backup. */
  readonly undo: Undo | undefined;
  /** What autoscalers of the target scale; empty where nobody minds. */
  readonly autoscaled: Autoscaled;
  /** Uids of live objects that must not be deleted for what they own; empty where nothing is deleted. */
  readonly dataOwners: ReadonlySet<string>;
  /** By item key: whether the pods that an object makes mount a claim of its namespace. */
  readonly mounts: ReadonlyMap<string, (claim: string) => boolean>;
}

/** Looks at the backup's index, at few of its objects and, by lists, at the cluster; writes nothing. */
export async function prepareRestore(asked: PlanRequest, context: RunContext): Promise<Prepared> {
  const { signal } = context;
  const ask = { ...asked, backup: await withKindsMoved(asked.backup) };
  const contents = openContents(ask.backup);
  const outlook = await takeOutlook(ask, contents, signal);
  const mappingUse = openMappingUse(ask.request);
  const survey = await surveyContents(contents, {
    kinds: outlook.selected.kinds,
    volumes: volumeKinds(ask.backup, outlook.selected, outlook.selection),
    isPart: outlook.selection.clusterScope === "related" || narrowsContent(ask.request.selection),
    mappingUse,
    signal,
  });
  const pulled = await pullInRelated(ask.backup, pullInFacts(outlook, survey));
  const meant = [...outlook.selected.kinds, ...pulled.kinds];
  const owners = new Map<string, OwnerFate>();
  const left = await readLeftClaims(ask.backup, contents, { survey, signal });
  const selectedVolumes = await namesOf(meant, "persistentvolumes");
  const findings = { outlook, survey, contents, left, pulled, kinds: meant, selectedVolumes, owners, signal };
  const facts = await gatherFacts(ask, findings);
  const kinds = [...meant, ...(await pullInVolumes(ask.backup, selectedVolumes, facts.rules.claims))];
  const { ownerUids } = outlook.selected;
  const unmet = new Map(survey.needs);
  const { liveOwners, ...tally } = await tallyPlan(kinds, facts, { ownerUids, owners, unmet });
  const more = await lookAround(ask, { outlook, survey, contents, kinds, facts, unmet, signal });
  return {
    plan: {
      ...planHead(ask, outlook),
      ...tally,
      claims: plannedClaims(facts.rules.claims),
      removals: await removalsOf(ask, { outlook, guards: more.guards, signal }),
      ...more.planned,
    },
    kinds,
    waves: more.waves,
    facts,
    contents,
    hosts: more.hosts,
    discovery: outlook.discovery,
    liveNamespaces: new Set([...outlook.live.keys()].filter((name) => isThere(outlook.live.get(name)))),
    bareNamespaces: pulled.bareNamespaces.map(outlook.mapNamespace),
    ownerUids,
    liveOwners,
    undo: ask.undo,
    autoscaled: more.guards.autoscaled,
    dataOwners: more.guards.dataOwners,
    idleMappings: mappingUse.idle(),
    needs: survey.needs,
    mounts: new Map(survey.podMakers.map(({ item, mountsClaim }) => [itemKey(item), mountsClaim])),
  };
}

interface Surroundings {
  readonly outlook: Outlook;
  readonly survey: Survey;
  readonly contents: Contents;
  readonly kinds: readonly SelectedKind[];
  readonly facts: DecisionFacts;
  readonly unmet: ReadonlyMap<string, Need>;
  readonly signal: AbortSignal;
}

/** What the plan says beyond the decisions, once it is known what will be restored. */
async function lookAround(ask: PlanRequest, around: Surroundings) {
  const { outlook, survey, contents, kinds, facts, signal } = around;
  const hosts = await readTakenHosts(ask.cluster, servedKinds(kinds.map(kindIn), facts.targetKind), signal);
  const { waves, tiers, warnings } = await planWaves({
    ...{ backup: ask.backup, contents, kinds, signal },
    selected: outlook.selected,
    orders: survey.orders,
  });
  const missed = await findUnmet(ask, around);
  const guards = await readGuards(ask, outlook, signal);
  const idle = await findIdleModifiers(facts.rules.modifiers, kinds);
  const found = [facts.existing, guards, missed, hosts, idle].flatMap((part) => part.warnings);
  const noStatus = idleStatusKinds(outlook.statusKinds, kinds);
  return {
    planned: {
      tiers,
      pulledIn: await listPulledIn(kinds),
      unmet: missed.unmet,
      warnings: [...found, ...noStatus, ...warnings],
    },
    waves,
    hosts,
    guards,
  };
}

/** As warnings: kinds whose status was asked for, and of which nothing is to be restored. */
function idleStatusKinds(asked: ReadonlySet<string>, kinds: readonly SelectedKind[]): readonly string[] {
  const idle = asked.difference(new Set(kinds.map(({ kind }) => groupResource(kind))));
  return [...idle].map((name) => `--include-status: nothing of ${name} is to be restored by this selection`);
}

function planHead({ cluster, backup, request }: PlanRequest, outlook: Outlook) {
  const { contextName, clusterName, server } = cluster.info;
  return {
    restore: request.name,
    backup: backup.summary.name,
    target: { contextName, clusterName, server, relation: outlook.relation },
    namespaces: plannedNamespaces(outlook),
    leftOut: outlook.leftOut,
    neverRestored: outlook.selected.neverRestored,
    absentNamespaces: outlook.absentNamespaces,
    unreadable: backup.notices.map(({ message }) => message),
  };
}

function kindIn({ kind }: SelectedKind): ItemKind {
  return kind;
}

function pullInFacts(outlook: Outlook, survey: Survey) {
  return {
    selected: outlook.selected,
    survey,
    discovery: outlook.discovery,
    selection: outlook.selection,
    missingNamespaces: [...outlook.namespaces]
      .filter(([, to]) => !isThere(outlook.live.get(to)))
      .map(([from]) => from),
  };
}

function plannedNamespaces({ namespaces, live }: Outlook): readonly PlannedNamespace[] {
  return [...namespaces].map(([from, to]) => ({
    from,
    to,
    exists: live.has(to),
    terminating: live.get(to)?.terminating ?? false,
  }));
}
