import type { KindInventory, OpenBackup } from "#core/catalog/catalog.ts";
import type { Discovery } from "#core/kube/cluster.ts";
import type { ClusterRelation } from "#core/model/cluster-identity.ts";
import { Failure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { formerGroupOf } from "#core/objects/versions/extensions-group.ts";
import { type CompiledSelection, compileSelection } from "#core/selection/compile-selection.ts";
import { type NamedKind, resolveResource } from "#core/selection/resource-names.ts";
import { bringAlong } from "./bring-along.ts";
import type { Contents } from "./contents.ts";
import type { LiveMark } from "./existing.ts";
import type { PlanRequest } from "./plan.ts";
import { isNamespace, itemTest, type Selected, selectItems } from "./select.ts";
import {
  lookUpNamespaces,
  namespacesLeftOut,
  readLiveNamespaces,
  relateToTarget,
  storedNamespaces,
} from "./target-cluster.ts";

/** What is meant and where it goes, before any object has been read. */
export interface Outlook {
  readonly discovery: Discovery;
  readonly relation: ClusterRelation;
  readonly selection: CompiledSelection;
  readonly selected: Selected;
  readonly leftOut: readonly string[];
  /** Named by the request, unknown to the backup. */
  readonly absentNamespaces: readonly string[];
  readonly mapNamespace: (namespace: string) => string;
  /** As in the backup → in the target, of all namespaced items that are meant. */
  readonly namespaces: ReadonlyMap<string, string>;
  readonly live: ReadonlyMap<string, LiveMark>;
  /** `resource.group` of the kinds whose status is restored too. */
  readonly statusKinds: ReadonlySet<string>;
}

export async function takeOutlook(
  ask: PlanRequest,
  contents: Contents,
  signal: AbortSignal,
): Promise<Outlook> {
  const { cluster, backup, request } = ask;
  const [discovery, listed] = await Promise.all([
    cluster.discover(signal),
    readLiveNamespaces(cluster, signal),
  ]);
  const relation = relateToTarget(backup, cluster, listed);
  const kinds = namedKinds(backup.kinds, discovery);
  const selection = compileSelection(request.selection, kinds);
  const statusKinds = new Set(
    request.includeStatus.map((word) => resolveResource(word, kinds).groupResource),
  );
  const leftOut = namespacesLeftOut(backup, relation, request.selection.includeNamespaces);
  const absentNamespaces = findAbsentNamespaces(backup, selection);
  const isMeant = itemTest(selection, new Set(leftOut));
  const { includesNamespace } = selection;
  const chosen = await selectItems(backup, { mayHold: mayHold(selection), includesNamespace, isMeant });
  if (request.undo === undefined) refuseEmpty(backup, chosen);
  const parts = { backup, contents, selected: chosen, selection, isMeant, leftOut, request, signal };
  const selected = await bringAlong(parts);
  const mapping = new Map(Object.entries(request.namespaceMapping));
  const mapNamespace = (namespace: string): string => mapping.get(namespace) ?? namespace;
  const namespaces = new Map([...selected.namespaces].map((from) => [from, mapNamespace(from)]));
  refuseMeeting(namespaces);
  const created = (ask.undo?.created ?? []).map(({ namespace }) => namespace).filter((name) => name !== "");
  const live =
    listed ?? (await lookUpNamespaces(cluster, new Set([...namespaces.values(), ...created]), signal));
  return {
    discovery,
    relation,
    selection,
    selected,
    leftOut,
    absentNamespaces,
    mapNamespace,
    namespaces,
    live,
    statusKinds,
  };
}

/** The backup's kinds, with the short names that the cluster knows for them and the group they came from. */
function namedKinds(kinds: readonly ItemKind[], discovery: Discovery): readonly NamedKind[] {
  const served = new Map(discovery.resources.map((resource) => [groupResource(resource), resource]));
  return kinds.map((kind) => {
    const known = served.get(groupResource(kind));
    const formerGroup = formerGroupOf(kind);
    return { ...kind, singular: known?.singular, shortNames: known?.shortNames, formerGroup };
  });
}

/** From the inventory alone, so that the index lines of other kinds and namespaces are not even read. */
function mayHold(selection: CompiledSelection): (kind: KindInventory) => boolean {
  return (kind) => {
    if (selection.kindShare(kind).take === "none") return false;
    if (kind.namespaced)
      return Object.keys(kind.namespaces).some((name) => selection.includesNamespace(name));
    return isNamespace(kind) || selection.clusterScope === "all" || selection.isNamedKind(kind);
  };
}

function findAbsentNamespaces(backup: OpenBackup, selection: CompiledSelection): readonly string[] {
  const stored = storedNamespaces(backup);
  const absent = selection.literalNamespaces.filter((name) => !stored.has(name));
  if (
    absent.length > 0 &&
    absent.length === selection.literalNamespaces.length &&
    !selection.hasNamespaceGlobs
  ) {
    throw new Failure(
      "namespace-not-found",
      `backup ${backup.summary.name} has no namespace ${absent.join(", ")}`,
      {
        hint: `kubectl backup describe ${backup.summary.name} lists what is inside`,
      },
    );
  }
  return absent;
}

function refuseEmpty(backup: OpenBackup, selected: Selected): void {
  if (selected.kinds.length > 0 || selected.neverRestored.length > 0) return;
  throw new Failure("object-not-found", `nothing in backup ${backup.summary.name} matches the selection`, {
    hint: `kubectl backup describe ${backup.summary.name} lists what is inside`,
  });
}

/** Objects of one name would be taken for each other. */
function refuseMeeting(namespaces: ReadonlyMap<string, string>): void {
  const taken = new Map<string, string>();
  for (const [from, to] of namespaces) {
    const other = taken.get(to);
    if (other !== undefined) {
      throw new Failure("usage", `--namespace-mapping: ${other} and ${from} would both become ${to}`, {
        hint: "restore them one after the other, or leave one out: --exclude-namespaces",
      });
    }
    taken.set(to, from);
  }
}
