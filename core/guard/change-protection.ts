import type { Cluster, ObjectRef, WriteReply } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { GUARD, UNGUARDED_NAMESPACES } from "#core/model/guard.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { hintIfForbidden } from "./hint-if-forbidden.ts";
import { guardsRefusal, isSilence } from "./self-test.ts";

type Keys = Readonly<Record<string, string | null>>;

/** null takes a key off. */
export interface ProtectionChange {
  readonly labels?: Keys;
  readonly annotations?: Keys;
}

export interface ProtectionRequest {
  readonly namespaces: readonly string[];
  readonly changeOf: (namespace: string) => ProtectionChange;
  readonly dryRun: boolean;
}

export interface ChangedNamespace {
  readonly namespace: string;
  readonly changed: boolean;
}

const RIGHTS = "this needs the rights to get and patch namespaces";

/** All are looked up before the first is changed. */
export async function changeProtection(
  { namespaces, changeOf, dryRun }: ProtectionRequest,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<readonly ChangedNamespace[]> {
  const live = await Promise.all(
    namespaces.map(async (name) => ({
      name,
      body: await hintIfForbidden(RIGHTS, () => cluster.get(refOf(name), signal)),
    })),
  );
  const missing = live.filter(({ body }) => body === undefined).map(({ name }) => name);
  if (missing.length > 0) {
    throw new Failure("namespace-not-found", `no namespace ${missing.join(", ")}; nothing was changed`);
  }
  const changed: ChangedNamespace[] = [];
  for (const { name, body = new Uint8Array() } of live) {
    const { uid, resourceVersion } = readItemHeader(body);
    const patch = Buffer.from(JSON.stringify({ metadata: { ...changeOf(name), uid } }));
    const reply = await cluster.patch(refOf(name), { type: "merge", body: patch }, { dryRun, signal });
    if (!reply.ok) throw refusal(name, reply);
    changed.push({
      namespace: name,
      changed: readItemHeader(reply.body).resourceVersion !== resourceVersion,
    });
  }
  return changed;
}

/** Their deletion is never brought to the guard: a label on them would promise what nobody keeps. */
export function refuseUnguarded(namespaces: readonly string[]): void {
  const never = namespaces.filter((name) => UNGUARDED_NAMESPACES.includes(name));
  if (never.length === 0) return;
  throw new Failure(
    "refused",
    `${never.join(", ")}: the guard never reviews its own namespace and the system's`,
  );
}

function refOf(name: string): ObjectRef {
  return { resource: NAMESPACES, namespace: "", name };
}

function refusal(namespace: string, reply: WriteReply & { ok: false }): Failure {
  const said = guardsRefusal(reply);
  const facts = { reply: { status: reply.status, reason: reply.reason } };
  if (said !== undefined) {
    return new Failure("refused", said, {
      ...facts,
      hint: `whoever may: kubectl create clusterrolebinding NAME --clusterrole=kubectl-backup-${GUARD.unprotectVerb} --user=USER`,
    });
  }
  if (isSilence(reply)) {
    return new Failure("refused", `namespace ${namespace}: the guard does not answer: ${reply.message}`, {
      ...facts,
      hint: "kubectl backup guard status tells why",
    });
  }
  const forbidden = reply.status === 403;
  return new Failure(
    forbidden ? "cluster-forbidden" : "cluster-error",
    `namespace ${namespace} cannot be changed: ${reply.message}`,
    forbidden ? { ...facts, hint: RIGHTS } : facts,
  );
}
