import type { Cluster, Discovery } from "#core/kube/cluster.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import { apiVersion, groupResource, type ItemKind, kindOf } from "#core/model/item.ts";
import { visitLiveObjects } from "#core/restore/live-objects.ts";
import { keepTogether } from "./kept-together.ts";
import { type LookFacts, lookAt, type Removal, unread } from "./look-at-created.ts";
import type { CreatedObject } from "./open-undo.ts";

export interface RemovalsRequest extends LookFacts {
  readonly created: readonly CreatedObject[];
  readonly discovery: Discovery;
  readonly signal: AbortSignal;
}

/** Last created, first deleted; namespaces at the end, when it is known what is left in them. */
export async function planRemovals(cluster: Cluster, request: RemovalsRequest): Promise<readonly Removal[]> {
  const kinds = servedKinds(request.discovery);
  const found = new Map<CreatedObject, Removal>();
  for (const [kind, created] of Map.groupBy(request.created, kinds)) {
    const looked =
      kind === undefined
        ? unserved(created, request.discovery)
        : await lookAtKind(cluster, { ...request, kind, created });
    for (const removal of looked) found.set(removal.object, removal);
  }
  const removals = request.created.toReversed().flatMap((object) => found.get(object) ?? []);
  const rank = ({ kind }: Removal) => Number(groupResource(kind) === "namespaces");
  return keepTogether(removals.toSorted((left, right) => rank(left) - rank(right)));
}

/** In the version in which an object was written, or, where that is not known or not served, in the preferred one. */
function servedKinds({ resources }: Discovery): (object: CreatedObject) => ItemKind | undefined {
  const known = new Map<string, ItemKind>();
  for (const one of resources.toReversed()) {
    const kind = kindOf(one);
    known.set(groupResource(one), kind);
    known.set(`${groupResource(one)} ${one.version}`, kind);
  }
  return (object) =>
    known.get(`${groupResource(object)} ${object.made?.version ?? ""}`) ?? known.get(groupResource(object));
}

/** Where its API answers at all, a kind that is not served has gone with all its objects. */
function unserved(created: readonly CreatedObject[], { down }: Discovery): readonly Removal[] {
  return created.flatMap((object) => {
    const { group, resource, kind, namespace, made } = object;
    const api = down.find((one) => one.group === group);
    if (api === undefined) return [];
    const version = made?.version ?? api.version;
    const unknown = { group, version, resource, kind, namespaced: namespace !== "" };
    return [unread({ object, kind: unknown }, `${apiVersion(api)} does not answer: ${api.message}`)];
  });
}

interface KindRequest extends RemovalsRequest {
  readonly kind: ItemKind;
}

async function lookAtKind(
  cluster: Cluster,
  { kind, created, signal, ...facts }: KindRequest,
): Promise<readonly Removal[]> {
  const objects = new Map(created.map((object) => [`${object.namespace}/${object.name}`, object]));
  const seen = new Map<CreatedObject, Removal>();
  try {
    await visitLiveObjects(cluster, { kind, names: created, signal }, (live, key) => {
      const object = objects.get(key);
      if (object !== undefined) seen.set(object, lookAt({ object, kind, live }, facts));
    });
  } catch (error) {
    if (!isFailure(error) || error.reply === undefined) throw error;
    const why = describeError(error);
    return created.map((object) => unread({ object, kind }, why));
  }
  return created.map((object) => seen.get(object) ?? lookAt({ object, kind, live: undefined }, facts));
}
