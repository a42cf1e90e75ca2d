import * as z from "zod";
import type { Cluster } from "#core/kube/cluster.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import { GUARD, GUARD_SERVER_MINOR } from "#core/model/guard.ts";
import { SECRETS } from "#core/model/known-kinds.ts";
import { authorityTrouble } from "./authority-trouble.ts";
import type { GuardOptions } from "./render-guard.ts";

const Secret = z.looseObject({ data: z.record(z.string(), z.string()).nullish() });

/** Throws where the guard cannot work, before anything is applied; gives what is doubtful. */
export async function refuseUnfit(
  { credentials, imagePullSecret, locationCa }: GuardOptions,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { gitVersion, minor } = await cluster.version(signal);
  if (Number.parseInt(minor, 10) < GUARD_SERVER_MINOR) {
    throw new Failure(
      "refused",
      `the guard needs Kubernetes 1.${GUARD_SERVER_MINOR}, and this is ${gitVersion}`,
      {
        hint: "backups and restores work without it",
      },
    );
  }
  const pull = imagePullSecret === undefined ? [] : [imagePullSecret];
  const read = credentials.from === "secret" ? [credentials.name] : [];
  return [
    ...(await Promise.all(pull.map((name) => secretTrouble(cluster, { name, signal })))).flat(),
    ...(await Promise.all(read.map((name) => secretTrouble(cluster, { name, keys: KEYS, signal })))).flat(),
    ...(locationCa === undefined ? [] : await authorityTrouble(cluster, locationCa, signal)),
  ];
}

const KEYS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

interface Asked {
  readonly name: string;
  readonly keys?: readonly string[];
  readonly signal: AbortSignal;
}

/** Its values are looked at by nobody. */
async function secretTrouble(
  cluster: Cluster,
  { name, keys = [], signal }: Asked,
): Promise<readonly string[]> {
  const title = `the Secret ${GUARD.namespace}/${name}`;
  try {
    const body = await cluster.get({ resource: SECRETS, namespace: GUARD.namespace, name }, signal);
    if (body === undefined) throw missing(title, name);
    const { data } = Secret.parse(JSON.parse(Buffer.from(body).toString("utf8")));
    const lacking = keys.filter((key) => !(key in (data ?? {})));
    return lacking.length === 0 ? [] : [`${title} has no ${lacking.join(" and no ")}`];
  } catch (error) {
    if (isFailure(error, "cluster-forbidden")) return [`${title} could not be looked at: ${error.message}`];
    throw error;
  }
}

function missing(title: string, name: string): Failure {
  return new Failure("object-not-found", `${title} does not exist; nothing was applied`, {
    hint: [
      `kubectl create namespace ${GUARD.namespace}   # unless it is there`,
      `kubectl -n ${GUARD.namespace} create secret generic ${name} --from-env-file=FILE   # lines NAME=value: ${KEYS.join(", ")}`,
    ].join("\n"),
  });
}
