import { createLimit } from "#core/flow/limit.ts";
import type { Cluster, ItemBatch } from "#core/kube/cluster.ts";
import type { ItemKind } from "#core/model/item.ts";
import { CLAIMS, VOLUMES } from "#core/model/known-kinds.ts";
import type { LiveClaim } from "#core/protection/judge-backup.ts";

interface ClaimObject {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly spec?: { readonly volumeName?: string };
}
interface VolumeObject {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly persistentVolumeReclaimPolicy?: string };
}

/** One after the other, a namespace with a hundred claims would use up the time that an answer has. */
const AT_ONCE = 8;

/** The claims of a namespace that are bound to a volume now, and whether the volume would outlive them. */
export async function readLiveClaims(
  cluster: Pick<Cluster, "list" | "get">,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly LiveClaim[]> {
  const bound: BoundClaim[] = [];
  for await (const batch of cluster.list({ resource: CLAIMS, namespace, signal }))
    bound.push(...boundIn(batch));
  const limit = createLimit(AT_ONCE);
  return Promise.all(
    bound.map(async ({ name, uid, volume }) => ({
      name,
      uid,
      isRetained: await limit.run(() => isRetained(cluster, volume, signal), signal),
    })),
  );
}

/** One page, so that what it holds is of one moment. */
export const MOST_TOGETHER = 500;

export type ClaimsTogether =
  | { readonly claims: ReadonlyMap<string, readonly LiveClaim[]>; readonly count: number }
  /** There are more than were to be read: so many were seen. */
  | { readonly claims: undefined; readonly count: number };

/**
 * The same of several namespaces by one list of all claims that there are, and one of all volumes where any of theirs
 * is bound; given up where there are more than `most`, at most MOST_TOGETHER, of either.
 */
export async function readClaimsTogether(
  cluster: Pick<Cluster, "list">,
  namespaces: ReadonlySet<string>,
  { most, signal }: { readonly most: number; readonly signal: AbortSignal },
): Promise<ClaimsTogether> {
  const all = await listFew<ClaimObject>(cluster, CLAIMS, { most, signal });
  if (all.objects === undefined) return { claims: undefined, count: all.count };
  const bound = all.objects
    .flatMap((claim) => toBound(claim))
    .filter(({ namespace }) => namespaces.has(namespace));
  const retained = await retainedVolumes(cluster, bound, { most, signal });
  if (retained.names === undefined) return { claims: undefined, count: retained.count };
  const claims = new Map<string, LiveClaim[]>([...namespaces].map((name) => [name, []]));
  for (const { namespace, name, uid, volume } of bound) {
    claims.get(namespace)?.push({ name, uid, isRetained: retained.names.has(volume) });
  }
  return { claims, count: Math.max(all.count, retained.count) };
}

async function retainedVolumes(
  cluster: Pick<Cluster, "list">,
  bound: readonly BoundClaim[],
  few: Few,
): Promise<{ readonly names: ReadonlySet<string> | undefined; readonly count: number }> {
  if (bound.length === 0) return { names: new Set(), count: 0 };
  const { objects, count } = await listFew<VolumeObject>(cluster, VOLUMES, few);
  return { names: objects && new Set(objects.filter(retains).map(({ metadata }) => metadata.name)), count };
}

interface Few {
  readonly most: number;
  readonly signal: AbortSignal;
}

async function listFew<T>(
  cluster: Pick<Cluster, "list">,
  resource: ItemKind,
  { most, signal }: Few,
): Promise<{ readonly objects: readonly T[] | undefined; readonly count: number }> {
  const objects: T[] = [];
  for await (const batch of cluster.list({ resource, pageSize: MOST_TOGETHER, signal })) {
    const count = objects.length + batch.length;
    if (count > most) return { objects: undefined, count };
    for (const bytes of batch) objects.push(parse<T>(bytes));
  }
  return { objects, count: objects.length };
}

interface BoundClaim {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly volume: string;
}

function boundIn(batch: ItemBatch): readonly BoundClaim[] {
  return batch.flatMap((bytes) => toBound(parse<ClaimObject>(bytes)));
}

function toBound({ metadata, spec }: ClaimObject): readonly BoundClaim[] {
  const volume = spec?.volumeName ?? "";
  return volume === ""
    ? []
    : [{ namespace: metadata.namespace, name: metadata.name, uid: metadata.uid, volume }];
}

/** A volume that is gone retains nothing. */
async function isRetained(
  cluster: Pick<Cluster, "get">,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await cluster.get({ resource: VOLUMES, namespace: "", name }, signal);
  if (found === undefined) return false;
  return retains(parse<VolumeObject>(found));
}

function retains({ spec }: VolumeObject): boolean {
  return spec?.persistentVolumeReclaimPolicy === "Retain";
}

function parse<T>(bytes: Uint8Array): T {
  // The API server's own objects of built-in kinds; every field that may be absent is read as such.
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as T;
}
