import * as z from "zod";
import { GUARD } from "#core/model/guard.ts";
import type { GuardObject, GuardOptions } from "./render-guard.ts";

const Container = z.looseObject({
  env: z.array(z.looseObject({ name: z.string() })),
  ports: z.array(z.looseObject({ containerPort: z.number() })),
  volumeMounts: z.array(z.looseObject({ mountPath: z.string() })),
});

const Deployment = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    replicas: z.number(),
    template: z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        containers: z.tuple([Container]),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});

/** On a change of which the pods start anew: they read their locations once. */
const CONFIG_DIGEST = "kubectl-backup.io/config-sha256";

/** Where the authority of the locations' certificates is mounted. */
const AUTHORITY_VOLUME = "location-ca";
const AUTHORITY_FOLDER = "/etc/kubectl-backup-ca";

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
          volumes: [...template.spec.volumes, ...authorityVolumes(options)],
        },
      },
    },
  };
}

function authorityVolumes({ locationCa }: GuardOptions) {
  if (locationCa === undefined) return [];
  const { from, name } = locationCa;
  // By its key: a pod without it does not start, and says why.
  const items = [{ key: GUARD.authorityKey, path: GUARD.authorityKey }];
  const source = from === "secret" ? { secret: { secretName: name, items } } : { configMap: { name, items } };
  return [{ name: AUTHORITY_VOLUME, ...source }];
}

function containerWith(
  container: z.infer<typeof Container>,
  { image, port, credentials, locationCa }: GuardOptions,
): z.infer<typeof Container> {
  const env = container.env.map((entry) =>
    entry.name === "GUARD_PORT" ? { name: entry.name, value: String(port) } : entry,
  );
  const authority = { name: "NODE_EXTRA_CA_CERTS", value: `${AUTHORITY_FOLDER}/${GUARD.authorityKey}` };
  const mount = { name: AUTHORITY_VOLUME, mountPath: AUTHORITY_FOLDER, readOnly: true };
  return {
    ...container,
    image,
    ...(credentials.from === "secret" && { envFrom: [{ secretRef: { name: credentials.name } }] }),
    // Not in the locations' URLs: those are published, and the file is the pods' alone.
    env: locationCa === undefined ? env : [...env, authority],
    volumeMounts: [...container.volumeMounts, ...(locationCa === undefined ? [] : [mount])],
    ports: container.ports.map((entry) => ({ ...entry, containerPort: port })),
  };
}
