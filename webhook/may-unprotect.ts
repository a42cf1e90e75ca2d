import { createLimit } from "#core/flow/limit.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import type { ItemKind } from "#core/model/item.ts";
import type { Requester } from "./review.ts";

const REVIEWS: ItemKind = {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "subjectaccessreviews",
  kind: "SubjectAccessReview",
  namespaced: false,
};
/** Whoever floods the guard with reviews must not flood the API server through it. */
const AT_ONCE = 4;

export type MayUnprotect = (requester: Requester, namespace: string, signal: AbortSignal) => Promise<boolean>;

/** Asks the API server whether somebody has the verb `unprotect` on a namespace. Failure when it does not say. */
export function openMayUnprotect(cluster: Pick<Cluster, "create">): MayUnprotect {
  const limit = createLimit(AT_ONCE);
  return (requester, namespace, signal) =>
    limit.run(async () => {
      const ref = { resource: REVIEWS, namespace: "", name: "" };
      const reply = await cluster.create(ref, accessReview(requester, namespace), { signal });
      if (!reply.ok)
        throw new Failure("cluster-error", `asking for the right to unprotect: ${reply.message}`);
      // A SubjectAccessReview that was answered.
      const { status } = JSON.parse(Buffer.from(reply.body).toString("utf8")) as {
        readonly status?: { readonly allowed?: boolean; readonly denied?: boolean };
      };
      return status?.allowed === true && status.denied !== true;
    }, signal);
}

function accessReview({ username, uid, groups, extra }: Requester, namespace: string): Uint8Array {
  const resourceAttributes = {
    group: "",
    resource: "namespaces",
    verb: GUARD.unprotectVerb,
    name: namespace,
    namespace,
  };
  const spec = { user: username, uid, groups: groups ?? [], extra: extra ?? {}, resourceAttributes };
  return Buffer.from(
    JSON.stringify({ apiVersion: "authorization.k8s.io/v1", kind: REVIEWS.kind, metadata: {}, spec }),
  );
}
