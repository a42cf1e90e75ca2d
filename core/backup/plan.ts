/**
 * backup: a cluster's objects → a committed backup. plan (what will be read, how, and what not) → collect (read it) →
 * facts (what was read, and what that proves) → commit. Its one rule: nothing is left out in silence. It must not know
 * keys, members or sockets: it sees a Cluster and a Catalog.
 */

import type { ApiResource, Discovery } from "#core/kube/cluster.ts";
import type { Notice } from "#core/model/backup.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import type { Selection } from "#core/model/selection.ts";
import { readInsteadAs } from "#core/objects/cohabiting.ts";
import { kindNotStored, objectsNotStored, type PublishedRule } from "#core/objects/not-stored.ts";
import type { CompiledSelection } from "#core/selection/compile-selection.ts";
import { judgeDownApis, type UnreadableKind } from "./down-apis.ts";
import { kindOrder } from "./kind-order.ts";
import type { NamespaceFact, NamespaceFacts } from "./namespace-facts.ts";

export interface KindPlan {
  /** The version to read first, then those to try when it fails. */
  readonly versions: readonly [ApiResource, ...ApiResource[]];
  /** cluster: one list; namespaces: one list for each; objects: single gets. */
  readonly reads: "cluster" | "namespaces" | "objects";
  /** Single objects only. */
  readonly names: ReadonlySet<string> | undefined;
}

export interface BackupPlan {
  readonly selection: CompiledSelection;
  readonly request: Selection;
  /** In the order of reading. */
  readonly kinds: readonly KindPlan[];
  readonly namespacesKind: ApiResource;
  readonly namespaces: readonly NamespaceFact[];
  /** Cluster-scoped kinds of which only what selected objects refer to is read. */
  readonly relatedKinds: readonly ApiResource[];
  /** Served kinds of which nothing, or not every object, is stored, and why. */
  readonly notStored: readonly PublishedRule[];
  /** Namespaced kinds that cannot be read at all, since their API is down. */
  readonly unreadable: readonly UnreadableKind[];
  readonly warnings: readonly Notice[];
  readonly errors: readonly Notice[];
}

export interface PlanFacts {
  readonly request: Selection;
  readonly selection: CompiledSelection;
  readonly discovery: Discovery;
  readonly namespaces: NamespaceFacts;
  /** Kinds that the newest backup of this cluster holds; asked only when an API is down. */
  readonly knownKinds: readonly ItemKind[];
}

/** Pure: the same facts give the same plan. */
export function makePlan(facts: PlanFacts): BackupPlan {
  const served = groupVersions(facts.discovery);
  const down = judgeDownApis(facts.discovery.down, facts.knownKinds, isMissed(facts, served));
  const kinds = [...served.values()].flatMap((versions) => planKind(versions, facts, served));
  return {
    selection: facts.selection,
    request: facts.request,
    kinds: kinds.sort((left, right) => kindOrder(left.versions[0]) - kindOrder(right.versions[0])),
    namespacesKind: namespacesKind(facts.discovery),
    namespaces: facts.namespaces.selected,
    relatedKinds: relatedKinds(served, facts),
    notStored: [...served.values()].flatMap((versions) => notStored(versions, served)),
    unreadable: down.unreadable,
    warnings: down.warnings,
    errors: [...down.errors, ...namespaceErrors(facts.namespaces)],
  };
}

/** Selected, and served in no other version that answers. */
function isMissed({ selection }: PlanFacts, served: Served): (kind: ItemKind) => boolean {
  return (kind) => selection.kindShare(kind).take !== "none" && !served.has(groupResource(kind));
}

const SERVED_NAMESPACES: ApiResource = {
  ...NAMESPACES,
  singular: "namespace",
  shortNames: ["ns"],
  categories: [],
  verbs: ["get", "list", "watch", "create"],
  hasStatus: true,
};

/** Every cluster serves it; the constant bridges a discovery that is partly down. */
export function namespacesKind(discovery: Discovery): ApiResource {
  return discovery.resources.find((kind) => groupResource(kind) === "namespaces") ?? SERVED_NAMESPACES;
}

type Versions = readonly [ApiResource, ...ApiResource[]];
type Served = ReadonlyMap<string, Versions>;

function groupVersions(discovery: Discovery): Served {
  const served = new Map<string, Versions>();
  for (const kind of discovery.resources) {
    const key = groupResource(kind);
    const before = served.get(key);
    served.set(key, before === undefined ? [kind] : [...before, kind]);
  }
  return served;
}

/** Versions that can be listed come first, in the server's order; the others are left out where there is a choice. */
function readable(versions: Versions, wanted: string | undefined): Versions {
  const listed = versions.filter(({ verbs }) => verbs.includes("list") && verbs.includes("get"));
  const [first, ...rest] = listed.sort(
    (left, right) => Number(right.version === wanted) - Number(left.version === wanted),
  );
  return first === undefined ? versions : [first, ...rest];
}

function whyNotStored(versions: Versions, served: Served): string | undefined {
  const [kind] = readable(versions, undefined);
  const instead = readInsteadAs(kind, new Set(served.keys()));
  return kindNotStored(kind) ?? (instead && `the same objects as ${instead}`);
}

function notStored(versions: Versions, served: Served): readonly PublishedRule[] {
  const reason = whyNotStored(versions, served);
  if (reason !== undefined) return [{ what: groupResource(versions[0]), reason }];
  const some = objectsNotStored(versions[0]);
  return some === undefined ? [] : [some];
}

function planKind(versions: Versions, facts: PlanFacts, served: Served): readonly KindPlan[] {
  const [kind] = versions;
  const share = facts.selection.kindShare(kind);
  if (share.take === "none" || groupResource(kind) === "namespaces") return [];
  if (whyNotStored(versions, served) !== undefined || !isInScope(kind, facts)) return [];
  const names = share.take === "named" ? share.names : undefined;
  return [
    {
      versions: readable(versions, facts.selection.wantedVersion(kind)),
      reads: howToRead(kind, names, facts),
      names,
    },
  ];
}

function isInScope(kind: ApiResource, { selection, namespaces }: PlanFacts): boolean {
  if (kind.namespaced) return namespaces.selected.length > 0;
  if (selection.clusterScope === "related") return selection.isNamedKind(kind);
  return selection.clusterScope === "all";
}

/** Beyond this many single requests a list is cheaper. */
const MOST_GETS = 32;
/** Beyond this many lists per kind one list of everything is cheaper, unless it would be mostly for nothing. */
const MOST_LISTS = 8;

function howToRead(
  kind: ApiResource,
  names: ReadonlySet<string> | undefined,
  facts: PlanFacts,
): KindPlan["reads"] {
  const { selected, total } = facts.namespaces;
  const places = kind.namespaced ? selected.length : 1;
  if (names !== undefined && names.size * places <= MOST_GETS) return "objects";
  if (!kind.namespaced || facts.selection.takesAllNamespaces) return "cluster";
  const mostlyForNothing = total !== undefined && selected.length * MOST_LISTS < total;
  return selected.length <= MOST_LISTS || mostlyForNothing ? "namespaces" : "cluster";
}

/** A label filter hides what the chosen objects stand on as well as a choice of namespaces does. */
function relatedKinds(served: Served, facts: PlanFacts): readonly ApiResource[] {
  const { selection } = facts;
  const narrowed = selection.clusterScope === "related" || selection.narrowsLabels;
  if (selection.clusterScope === "none" || !narrowed) return [];
  return [...served.values()]
    .map((versions) => readable(versions, undefined)[0])
    .filter(
      (kind) =>
        !kind.namespaced && selection.kindShare(kind).take === "all" && kindNotStored(kind) === undefined,
    );
}

function namespaceErrors({ missing, selected }: NamespaceFacts): readonly Notice[] {
  return [
    ...missing.map((name) => ({ message: `the cluster has no namespace "${name}"`, namespace: name })),
    ...selected.flatMap(({ name, bytes }) =>
      bytes === undefined
        ? [
            {
              message: `the Namespace object "${name}" may not be read: it needs the right to get it`,
              namespace: name,
            },
          ]
        : [],
    ),
  ];
}
