import * as z from "zod";
import type { Cluster } from "#core/kube/cluster.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import { CONFIG_MAPS, SECRETS } from "#core/model/known-kinds.ts";
import { holdsCertificates } from "./ca-bundle.ts";
import type { LocationAuthority } from "./render-guard.ts";

const Holder = z.looseObject({ data: z.record(z.string(), z.string()).nullish() });

/**
 * Throws where the guard would find no authority of its locations' certificates: without it pods do not start, or trust
 * nobody. Gives what is doubtful.
 */
export async function authorityTrouble(
  cluster: Cluster,
  authority: LocationAuthority,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { title, hint } = wordsFor(authority);
  try {
    const pem = await readPem(cluster, authority, signal);
    if (pem === undefined) {
      throw new Failure("object-not-found", `${title} does not exist; nothing was applied`, { hint });
    }
    if (holdsCertificates(pem)) return [];
    const why = `${title} holds no certificates under ${GUARD.authorityKey}; nothing was applied`;
    throw new Failure("refused", why, { hint });
  } catch (error) {
    if (isFailure(error, "cluster-forbidden")) return [`${title} could not be looked at: ${error.message}`];
    throw error;
  }
}

function wordsFor({ from, name }: LocationAuthority) {
  const [kind, creatable] = from === "secret" ? ["Secret", "secret generic"] : ["ConfigMap", "configmap"];
  return {
    title: `the ${kind} ${GUARD.namespace}/${name}`,
    hint: `kubectl -n ${GUARD.namespace} create ${creatable} ${name} --from-file=${GUARD.authorityKey}=FILE`,
  };
}

/** undefined: there is no such object. */
async function readPem(
  cluster: Cluster,
  { from, name }: LocationAuthority,
  signal: AbortSignal,
): Promise<string | undefined> {
  const resource = from === "secret" ? SECRETS : CONFIG_MAPS;
  const body = await cluster.get({ resource, namespace: GUARD.namespace, name }, signal);
  if (body === undefined) return undefined;
  const { data } = Holder.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  const stored = data?.[GUARD.authorityKey] ?? "";
  return from === "secret" ? Buffer.from(stored, "base64").toString("utf8") : stored;
}
