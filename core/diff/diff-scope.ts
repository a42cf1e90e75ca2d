import type { OpenBackup } from "#core/catalog/catalog.ts";
import type { ApiResource, Discovery } from "#core/kube/cluster.ts";
import type { KindRecord } from "#core/model/backup.ts";
import { Failure } from "#core/model/errors.ts";
import { groupResource, type ItemHeader, type ItemKind } from "#core/model/item.ts";
import { type Selection, selection } from "#core/model/selection.ts";
import { kindNeverRestored } from "#core/objects/never-restored.ts";
import { isObjectNotStored } from "#core/objects/not-stored.ts";
import { formerGroupOf, movedKind } from "#core/objects/versions/extensions-group.ts";
import { sayingTheSame } from "#core/objects/versions/older-versions.ts";
import { type CompiledSelection, compileSelection } from "#core/selection/compile-selection.ts";
import { isExcluded } from "#core/selection/is-excluded.ts";
import type { NamedKind } from "#core/selection/resource-names.ts";

/** What of the cluster a backup speaks of, and of that what the user asked about. */
export interface DiffScope {
  readonly kinds: readonly ScopedKind[];
  /** Of those in the backup. */
  readonly namespaces: ReadonlySet<string>;
  readonly wholeCluster: boolean;
  /** The backup would hold this namespace too, had it been there then; undefined: it speaks of certain ones alone. */
  readonly wouldHold: ((namespace: string) => boolean) | undefined;
  /** Asked for by name, and not in the backup. */
  readonly absentNamespaces: readonly string[];
  asksFor(kind: ItemKind): boolean;
  includes(kind: ItemKind, object: Candidate): boolean;
  /** The backup would hold this live object, had it been there then. */
  wouldBeStored(kind: ItemKind, header: ItemHeader): boolean;
}

export interface ScopedKind {
  readonly kind: ItemKind;
  /** In the stored version, or in one that says the same. */
  readonly served: ApiResource | undefined;
  /** The cluster has the kind, be it in a version that cannot be compared. */
  readonly isServed: boolean;
  /** The backup holds all of it, so that what is only in the cluster is new. */
  readonly readWhole: boolean;
}

export type Candidate = Pick<ItemHeader, "namespace" | "name" | "labels"> & { readonly owned: boolean };

/** Failure namespace-not-found where none that was asked for by name is in the backup. */
export function diffScope(backup: OpenBackup, request: Selection, discovery: Discovery): DiffScope {
  const known = knownKinds(backup, discovery);
  const asked = compileSelection(request, known);
  const made = compileSelection(backup.manifest?.request.selection ?? selection.parse({}), known);
  const stored = backedUpNamespaces(backup);
  const namespaces = stored.filter((name) => asked.includesNamespace(name));
  const absentNamespaces = asked.literalNamespaces.filter((name) => !stored.includes(name));
  if (absentNamespaces.length > 0 && namespaces.length === 0) throw absent(backup, absentNamespaces);
  const asksFor = (kind: ItemKind) => isAsked(asked, kind) && isInScope(kind, { asked, made });
  return {
    kinds: scopedKinds(backup, discovery).filter(({ kind }) => asksFor(kind)),
    absentNamespaces,
    asksFor,
    namespaces: new Set(namespaces),
    wholeCluster: made.takesAllNamespaces && asked.takesAllNamespaces,
    wouldHold:
      isOpenEnded(made) && isOpenEnded(asked)
        ? (name) => made.includesNamespace(name) && asked.includesNamespace(name)
        : undefined,
    includes: (kind, object) => isIncluded(asked, kind, object),
    wouldBeStored: (kind, header) =>
      !isExcluded(header) &&
      !isObjectNotStored(kind, header) &&
      made.includesName(kind, header.name) &&
      made.matchesLabels(header.labels) &&
      (kind.resource !== "namespaces" || made.includesNamespace(header.name)),
  };
}

function isOpenEnded({ takesAllNamespaces, hasNamespaceGlobs }: CompiledSelection): boolean {
  return takesAllNamespaces || hasNamespaceGlobs;
}

function absent({ summary: { name } }: OpenBackup, namespaces: readonly string[]): Failure {
  return new Failure("namespace-not-found", `backup ${name} has no namespace ${namespaces.join(", ")}`, {
    hint: `kubectl backup describe ${name} lists what is inside`,
  });
}

/** Words of the command line may name kinds of the backup as well as kinds of the cluster. */
function knownKinds(backup: OpenBackup, discovery: Discovery): readonly NamedKind[] {
  const known = [...discovery.resources, ...backup.kinds, ...recordedKinds(backup.manifest)];
  return known.map((kind) => ({ ...kind, formerGroup: formerGroupOf(kind) }));
}

/** What the backup says of the reading of each kind, by the names that its kinds have today. */
export function recordedKinds(manifest: OpenBackup["manifest"]): readonly KindRecord[] {
  return (manifest?.kinds ?? []).map((kind) => ({ ...kind, ...movedKind(kind) }));
}

function backedUpNamespaces({ manifest, kinds }: OpenBackup): readonly string[] {
  if (manifest !== undefined) return manifest.namespaces.map(({ name }) => name);
  const found = kinds.flatMap((kind) => Object.keys(kind.namespaces));
  return [...new Set(found)].filter((name) => name !== "");
}

/** Kinds that no restore writes (nodes) are of the machine, not of the user. */
function isAsked(asked: CompiledSelection, kind: ItemKind): boolean {
  return asked.kindShare(kind).take !== "none" && kindNeverRestored(kind) === undefined;
}

/**
 * Who asks about namespaces asks of cluster-scoped kinds about no more than these refer to. That is what a backup of
 * namespaces holds of them; of a backup of everything nothing tells which these are.
 */
function isInScope(
  kind: ItemKind,
  { asked, made }: Readonly<Record<"asked" | "made", CompiledSelection>>,
): boolean {
  if (kind.namespaced || kind.resource === "namespaces") return true;
  if (asked.clusterScope !== "related") return asked.clusterScope === "all";
  return made.clusterScope === "related" || asked.isNamedKind(kind);
}

function scopedKinds(backup: OpenBackup, discovery: Discovery): readonly ScopedKind[] {
  const listed = recordedKinds(backup.manifest).filter(({ method }) => method !== "none" && method !== "get");
  const whole = new Set(listed.filter(({ error }) => error === undefined).map(groupResource));
  const byName = new Map<string, ItemKind>(
    [...listed, ...backup.kinds].map((kind) => [groupResource(kind), kind]),
  );
  return [...byName.values()].map((kind) => ({
    kind,
    ...servedAs(kind, discovery),
    readWhole: whole.has(groupResource(kind)),
  }));
}

function servedAs(kind: ItemKind, { resources }: Discovery): Pick<ScopedKind, "served" | "isServed"> {
  const versions = resources.filter((served) => groupResource(served) === groupResource(kind));
  return { served: sayingTheSame(kind, versions), isServed: versions.length > 0 };
}

/** Pods of a ReplicaSet, ReplicaSets of a Deployment, Jobs of a CronJob come and go under other names. */
const MADE_BY_OWNERS: ReadonlySet<string> = new Set([
  "pods",
  "replicasets.apps",
  "jobs.batch",
  "controllerrevisions.apps",
]);

function isIncluded(asked: CompiledSelection, kind: ItemKind, object: Candidate): boolean {
  if (object.owned && MADE_BY_OWNERS.has(groupResource(kind))) return false;
  const place = kind.resource === "namespaces" && kind.group === "" ? object.name : object.namespace;
  if (place !== "" && !asked.includesNamespace(place)) return false;
  return asked.includesName(kind, object.name) && asked.matchesLabels(object.labels);
}
