import type { CatalogReader } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { ClusterIds } from "#core/model/cluster-identity.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { HealthCheck } from "#core/model/health-check.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { BackupIndex } from "./backup-index.ts";
import { askClock, type ClockReading } from "./check-clocks.ts";
import { type PublishedLocations, readPublishedLocations } from "./published-locations.ts";

export interface LocationsRequest {
  readonly cluster: Cluster;
  readonly clusterIds: ClusterIds;
  /** A published location's backups, with the caller's credentials. */
  readonly open: (name: string, url: string) => Promise<CatalogReader>;
  /** Read the archives of each namespace's newest whole backup too, as the guard does in the background. */
  readonly isDeep: boolean;
  /** Milliseconds that only grow. */
  readonly monotonicMs: () => number;
}

/** What the guard's locations hold, as far as the caller can read them. */
export interface ReadLocations {
  readonly checks: readonly HealthCheck[];
  /** Each has been read. */
  readonly indexes: readonly BackupIndex[];
  /** Why others, or all of them, were not. */
  readonly troubles: readonly string[];
  readonly clocks: readonly ClockReading[];
}

export async function readLocations(request: LocationsRequest, context: RunContext): Promise<ReadLocations> {
  const published = await readPublished(request.cluster, context.signal);
  if (published instanceof Failure) {
    const isForbidden = isFailure(published, "cluster-forbidden");
    const { message, hint } = published;
    const check: HealthCheck = {
      check: "locations",
      state: isForbidden ? "unknown" : "failed",
      detail: message,
      help: [hint],
    };
    return { checks: [check], indexes: [], troubles: [message], clocks: [] };
  }
  const all = Object.entries(published.locations);
  const read = await Promise.all(all.map(([name, url]) => readLocation({ name, url }, request, context)));
  return {
    checks: read.map(({ check }) => check),
    indexes: read.flatMap(({ index }) => index ?? []),
    troubles: read.flatMap(({ trouble }) => trouble ?? []),
    clocks: read.flatMap(({ clock }) => clock ?? []),
  };
}

async function readPublished(cluster: Cluster, signal: AbortSignal): Promise<PublishedLocations | Failure> {
  try {
    return await readPublishedLocations(cluster, signal);
  } catch (error) {
    const isAnswer =
      isFailure(error, "cluster-forbidden") ||
      isFailure(error, "object-not-found") ||
      isFailure(error, "cluster-error");
    if (isAnswer) return error;
    throw error;
  }
}

interface ReadLocation {
  readonly check: HealthCheck;
  readonly index?: BackupIndex;
  readonly trouble?: string;
  readonly clock?: ClockReading;
}

async function readLocation(
  { name, url }: { readonly name: string; readonly url: string },
  { open, clusterIds, isDeep, monotonicMs }: LocationsRequest,
  context: RunContext,
): Promise<ReadLocation> {
  const check = `location ${name}`;
  try {
    const catalog = await open(name, url);
    const index = new BackupIndex({ url, open: async () => catalog }, { cluster: clusterIds, monotonicMs });
    const clock = await askClock(name, () => catalog.serverTime(context), context.now);
    await index.refresh(context);
    if (isDeep) await index.checkArchives(() => undefined, context);
    return { check: { check, state: "ok", detail: `can be read: ${url}`, help: [] }, index, clock };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    const { message, hint } = failure;
    // Whether the guard can, with credentials of its own, its answer tells.
    const detail = `cannot be read with your credentials: ${url}: ${message}`;
    return { check: { check, state: "unknown", detail, help: [hint] }, trouble: `${url}: ${message}` };
  }
}

/** A reading that stood still ends with what an AbortSignal would say. */
function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
  return isTimeout ? new Failure("location-unreachable", error.message, { cause: error }) : undefined;
}
