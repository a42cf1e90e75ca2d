import { forEachLimited } from "#core/flow/for-each-limited.ts";
import { isOfAnother } from "#core/kube/changed-identity.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { Notice } from "#core/model/backup.ts";
import { type BackupReference, referenceAnnotations } from "#core/model/backup-reference.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import { apiVersion, groupResource, type ItemKind } from "#core/model/item.ts";

/** One object that is told of a backup. */
export interface Referrer {
  readonly kind: ItemKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Given: only in that very state. */
  readonly resourceVersion?: string | undefined;
  readonly reference: BackupReference;
}

export type ReferenceOutcome =
  | { readonly result: "written" }
  /** It is gone, another has its name, or it is no longer in the state that was named: nothing to annotate. */
  | { readonly result: "outdated" }
  | { readonly result: "failed"; readonly message: string };

/**
 * Server-side apply of three annotations and nothing else: other fields stay whose they are, and the same values again
 * change nothing. The uid keeps an object that was deleted meanwhile from coming back as a ghost.
 */
export async function writeReference(
  cluster: Pick<Cluster, "patch">,
  { kind, namespace, name, uid, resourceVersion, reference }: Referrer,
  signal: AbortSignal,
): Promise<ReferenceOutcome> {
  const metadata = {
    name,
    ...(namespace !== "" && { namespace }),
    uid,
    resourceVersion,
    annotations: referenceAnnotations(reference),
  };
  const body = Buffer.from(JSON.stringify({ apiVersion: apiVersion(kind), kind: kind.kind, metadata }));
  try {
    const reply = await cluster.patch(
      { resource: kind, namespace, name },
      { type: "apply", body },
      { signal },
    );
    if (reply.ok) return { result: "written" };
    const isOutdated = reply.status === 404 || reply.status === 409 || isOfAnother(reply);
    return isOutdated ? { result: "outdated" } : { result: "failed", message: reply.message };
  } catch (error) {
    signal.throwIfAborted();
    if (!isFailure(error)) throw error;
    return { result: "failed", message: describeError(error) };
  }
}

export interface ReferenceWork {
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onDone: () => void;
}

/** All of them, one notice for each kind of which some could not be annotated. */
export async function writeReferences(
  cluster: Pick<Cluster, "patch">,
  referrers: AsyncIterable<Referrer>,
  { onDone, ...limits }: ReferenceWork,
): Promise<readonly Notice[]> {
  const trouble = new Map<string, { count: number; message: string }>();
  await forEachLimited(referrers, limits, async (referrer, signal) => {
    const outcome = await writeReference(cluster, referrer, signal);
    if (outcome.result === "failed") {
      const key = groupResource(referrer.kind);
      trouble.set(key, { count: (trouble.get(key)?.count ?? 0) + 1, message: outcome.message });
    }
    onDone();
  });
  return [...trouble].map(([kind, { count, message }]) => ({
    message: `${count} of ${kind} could not be annotated: ${message}`,
  }));
}
