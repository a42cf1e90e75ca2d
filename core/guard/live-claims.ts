import { createLimit } from "#core/flow/limit.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { CLAIMS, VOLUMES } from "#core/model/known-kinds.ts";
import type { LiveClaim } from "#core/protection/judge-backup.ts";

interface ClaimObject {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec?: { readonly volumeName?: string };
}
interface VolumeObject {
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
  const bound: { readonly name: string; readonly uid: string; readonly volume: string }[] = [];
  for await (const batch of cluster.list({ resource: CLAIMS, namespace, signal })) {
    for (const { metadata, spec } of batch.map((bytes) => parse<ClaimObject>(bytes))) {
      const volume = spec?.volumeName ?? "";
      if (volume !== "") bound.push({ name: metadata.name, uid: metadata.uid, volume });
    }
  }
  const limit = createLimit(AT_ONCE);
  return Promise.all(
    bound.map(async ({ name, uid, volume }) => ({
      name,
      uid,
      isRetained: await limit.run(() => isRetained(cluster, volume, signal), signal),
    })),
  );
}

/** A volume that is gone retains nothing. */
async function isRetained(
  cluster: Pick<Cluster, "get">,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await cluster.get({ resource: VOLUMES, namespace: "", name }, signal);
  if (found === undefined) return false;
  return parse<VolumeObject>(found).spec?.persistentVolumeReclaimPolicy === "Retain";
}

function parse<T>(bytes: Uint8Array): T {
  // The API server's own objects of built-in kinds; every field that may be absent is read as such.
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as T;
}
