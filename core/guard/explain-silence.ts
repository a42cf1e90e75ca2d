import * as z from "zod";
import type { Cluster } from "#core/kube/cluster.ts";
import { drainList } from "#core/kube/drain-list.ts";
import { isFailure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import { PODS } from "#core/model/known-kinds.ts";
import { type ConfigurationCheck, checkConfiguration } from "./check-configuration.ts";
import type { GuardObject } from "./render-guard.ts";
import type { SelfTest } from "./self-test.ts";

const Pod = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  status: z.looseObject({
    phase: z.string().optional(),
    conditions: z
      .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().optional() }))
      .optional(),
    containerStatuses: z
      .array(
        z.looseObject({
          ready: z.boolean(),
          state: z
            .looseObject({
              waiting: z
                .looseObject({ reason: z.string().optional(), message: z.string().optional() })
                .optional(),
              terminated: z.looseObject({ reason: z.string().optional(), exitCode: z.number() }).optional(),
            })
            .optional(),
        }),
      )
      .optional(),
  }),
});
type Pod = z.infer<typeof Pod>;

/** The usual reasons why the API server gets no answer, by what it says (Go's words) → what helps. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/no endpoints available|connection refused/, "no pod of the guard is ready"],
  [
    /deadline exceeded|i\/o timeout|Client\.Timeout/,
    `the control plane does not reach the pods: allow its firewall TCP ${GUARD.port} to the nodes (private clusters), or, where pods have an overlay network that it does not know (Calico or Cilium on EKS), install with --host-network`,
  ],
  [
    /x509|certificate/,
    "the certificate and the caBundle do not fit: the guard writes the bundle when it starts; its log says what keeps it from that",
  ],
  [/no such host|lookup /, "the API server cannot resolve the Service's name"],
];

/** What keeps the guard from answering, one reason a line, the likeliest first. */
export async function explainSilence(
  test: SelfTest,
  configuration: GuardObject | undefined,
  { cluster, signal }: { readonly cluster: Cluster; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const checked = configuration === undefined ? [] : await checkConfiguration(configuration, cluster, signal);
  return [
    ...(await podTroubles(cluster, signal)),
    ...checked.map(({ problem }: ConfigurationCheck) => problem),
    ...silenceReasons("message" in test ? test.message : ""),
  ];
}

export function silenceReasons(said: string): readonly string[] {
  return REASONS.filter(([pattern]) => pattern.test(said)).map(([, help]) => help);
}

/** Why pods of the guard are not ready, a line each; nothing where that may not be read. */
export async function podTroubles(cluster: Cluster, signal: AbortSignal): Promise<readonly string[]> {
  const labelSelector = `app.kubernetes.io/name=${GUARD.name}`;
  try {
    const request = { resource: PODS, namespace: GUARD.namespace, labelSelector, signal };
    const troubles: string[] = [];
    await drainList(cluster, request, (batch) => {
      const pods = batch.map((body) => Pod.parse(JSON.parse(Buffer.from(body).toString("utf8"))));
      troubles.push(...pods.flatMap(podTrouble));
      return undefined;
    });
    return troubles;
  } catch (error) {
    if (isFailure(error, "cluster-forbidden")) return [];
    throw error;
  }
}

function podTrouble({ metadata: { name }, status }: Pod): readonly string[] {
  const containers = status.containerStatuses ?? [];
  if (containers.length > 0 && containers.every(({ ready }) => ready)) return [];
  const why =
    containers.map(containerTrouble).find((text) => text !== undefined) ??
    status.conditions?.find(({ type, status: is }) => type === "PodScheduled" && is === "False")?.message ??
    status.phase ??
    "Pending";
  return [`pod ${name} is not ready: ${why}`];
}

type ContainerStatus = NonNullable<Pod["status"]["containerStatuses"]>[number];

function containerTrouble({ state }: ContainerStatus): string | undefined {
  const { waiting, terminated } = state ?? {};
  if (waiting?.reason !== undefined) return [waiting.reason, waiting.message].filter(Boolean).join(": ");
  return terminated && `it ended with ${terminated.exitCode}; its log says why`;
}
