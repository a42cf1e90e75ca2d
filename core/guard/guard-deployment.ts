import * as z from "zod";
import type { GuardObject, GuardOptions } from "./render-guard.ts";

const Container = z.looseObject({
  env: z.array(z.looseObject({ name: z.string() })),
  ports: z.array(z.looseObject({ containerPort: z.number() })),
});

const Deployment = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    replicas: z.number(),
    template: z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()) }),
      spec: z.looseObject({ containers: z.tuple([Container]) }),
    }),
  }),
});

/** On a change of which the pods start anew: they read their locations once. */
const CONFIG_DIGEST = "kubectl-backup.io/config-sha256";

/** The shipped Deployment with what was asked for. */
export function deploymentWith(
  shipped: GuardObject,
  options: GuardOptions,
  configSha256: string,
): GuardObject {
  const { spec, ...rest } = Deployment.parse(shipped);
  const { template } = spec;
  const [container] = template.spec.containers;
  const { imagePullSecret } = options;
  return {
    ...rest,
    spec: {
      ...spec,
      replicas: options.replicas ?? spec.replicas,
      // On the node's network a port is taken once: the new pod has to wait for the old one's end.
      ...(options.hostNetwork && {
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      }),
      template: {
        ...template,
        metadata: {
          ...template.metadata,
          annotations: { ...template.metadata.annotations, [CONFIG_DIGEST]: configSha256 },
        },
        spec: {
          ...template.spec,
          ...(options.hostNetwork && { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }),
          ...(imagePullSecret !== undefined && { imagePullSecrets: [{ name: imagePullSecret }] }),
          containers: [containerWith(container, options)],
        },
      },
    },
  };
}

function containerWith(
  container: z.infer<typeof Container>,
  { image, port, credentials }: GuardOptions,
): z.infer<typeof Container> {
  return {
    ...container,
    image,
    ...(credentials.from === "secret" && { envFrom: [{ secretRef: { name: credentials.name } }] }),
    env: container.env.map((entry) =>
      entry.name === "GUARD_PORT" ? { name: entry.name, value: String(port) } : entry,
    ),
    ports: container.ports.map((entry) => ({ ...entry, containerPort: port })),
  };
}
