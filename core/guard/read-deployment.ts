import * as z from "zod";
import type { Cluster } from "#core/kube/cluster.ts";
import { GUARD } from "#core/model/guard.ts";
import { DEPLOYMENTS } from "#core/model/known-kinds.ts";

export interface RunningDeployment {
  readonly wantedReplicas: number;
  readonly readyReplicas: number;
  /** Of its container, as far as the values stand in the Deployment itself. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of variables whose values are taken from elsewhere. */
  readonly setElsewhere: readonly string[];
}

const EnvEntry = z.looseObject({ name: z.string(), value: z.string().optional() });
const Deployment = z.looseObject({
  spec: z.looseObject({
    replicas: z.number().default(1),
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.array(z.looseObject({ env: z.array(EnvEntry).default([]) })),
      }),
    }),
  }),
  status: z.looseObject({ readyReplicas: z.number().default(0) }).default({ readyReplicas: 0 }),
});

export async function readDeployment(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<RunningDeployment | undefined> {
  const ref = { resource: DEPLOYMENTS, namespace: GUARD.namespace, name: GUARD.name };
  const body = await cluster.get(ref, signal);
  if (body === undefined) return undefined;
  const { spec, status } = Deployment.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  const entries = spec.template.spec.containers.flatMap(({ env }) => env);
  return {
    wantedReplicas: spec.replicas,
    readyReplicas: status.readyReplicas,
    env: Object.fromEntries(
      entries.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
    ),
    setElsewhere: entries.flatMap(({ name, value }) => (value === undefined ? [name] : [])),
  };
}
