import type { Cluster, Discovery } from "#core/kube/cluster.ts";
import { groupResource, type ItemKind, kindOf } from "#core/model/item.ts";
import { keptData } from "#core/restore/data-keepers.ts";
import { type Existing, isThere, type LiveMark, readExisting } from "#core/restore/existing.ts";
import type { CreatedObject } from "./open-undo.ts";

/** What an undo does with an object that the restore created. */
export interface Removal {
  readonly kind: ItemKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly action: "delete" | "keep" | "gone";
  readonly reason: string;
  /** Why it is kept. */
  readonly message: string;
}

export interface RemovalsRequest {
  readonly created: readonly CreatedObject[];
  readonly discovery: Discovery;
  readonly liveNamespaces: ReadonlyMap<string, LiveMark>;
  readonly dataOwners: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** Last created, first deleted; namespaces at the end, when it is known what is left in them. */
export async function planRemovals(cluster: Cluster, request: RemovalsRequest): Promise<readonly Removal[]> {
  const { created, discovery, liveNamespaces, signal } = request;
  const served = new Map(discovery.resources.toReversed().map((one) => [groupResource(one), kindOf(one)]));
  const kinds = [...new Set(created.map(groupResource))].flatMap((key) => served.get(key) ?? []);
  const namespaces = [...new Set(created.map(({ namespace }) => namespace))].filter(
    (name) => name !== "" && isThere(liveNamespaces.get(name)),
  );
  const existing = await readExisting(cluster, { kinds, namespaces, liveNamespaces, signal });
  const removals = created.toReversed().flatMap((object) => {
    const kind = served.get(groupResource(object));
    return kind === undefined ? [] : [removalOf(object, kind, { existing, ...request })];
  });
  const rank = ({ kind }: Removal) => Number(groupResource(kind) === "namespaces");
  return removals.toSorted((left, right) => rank(left) - rank(right));
}

function removalOf(
  object: CreatedObject,
  kind: ItemKind,
  { existing, dataOwners }: { readonly existing: Existing; readonly dataOwners: ReadonlySet<string> },
): Removal {
  const { namespace, name, uid } = object;
  const place = { kind, namespace, name, uid };
  const live = existing.find(kind, namespace, name);
  if (!isThere(live)) return { ...place, action: "gone", reason: "gone", message: "" };
  if (live.uid !== uid)
    return { ...place, action: "keep", reason: "replaced", message: "another object has taken its name" };
  const loss = groupResource(kind) === "namespaces" ? undefined : keptData(kind, uid, dataOwners);
  if (loss === undefined) return { ...place, action: "delete", reason: "", message: "" };
  const message = `it was created by the restore and is kept: deleting it would destroy ${loss}`;
  return { ...place, action: "keep", reason: "holds-data", message };
}
