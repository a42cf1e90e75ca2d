import * as z from "zod";
import type { Cluster, Discovery } from "#core/kube/cluster.ts";
import { drainList } from "#core/kube/drain-list.ts";
import { type HealthCheck, healthCheck, healthy } from "#core/model/health-check.ts";
import { groupResource } from "#core/model/item.ts";

const KIND = "volumesnapshotclasses.snapshot.storage.k8s.io";
const DEFAULT_MARK = "snapshot.storage.kubernetes.io/is-default-class";

const SnapshotClass = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  driver: z.string(),
});
type SnapshotClass = z.infer<typeof SnapshotClass>;

/** By which drivers disks could be snapshotted. */
export function checkSnapshotClasses(
  cluster: Cluster,
  { resources }: Discovery,
  signal: AbortSignal,
): Promise<HealthCheck> {
  return healthCheck("snapshot classes", `this needs the right to list ${KIND}`, async () => {
    const kind = resources.find((one) => groupResource(one) === KIND);
    if (kind === undefined) return healthy("this cluster has no CSI snapshots");
    const classes: SnapshotClass[] = [];
    await drainList(cluster, { resource: kind, signal }, (batch) => {
      classes.push(
        ...batch.map((body) => SnapshotClass.parse(JSON.parse(Buffer.from(body).toString("utf8")))),
      );
      return undefined;
    });
    if (classes.length === 0) return healthy("none: no disk can be snapshotted");
    const detail = classes.map(({ metadata, driver }) => `${metadata.name} (${driver})`).join(", ");
    const torn = driverOfTwoDefaults(classes);
    if (torn === undefined) return healthy(detail);
    const help = [`leave the annotation ${DEFAULT_MARK} on one of them`];
    return { state: "warning", detail: `${detail}: driver ${torn} has more than one default`, help };
  });
}

/** The snapshot controller then takes none of them. */
function driverOfTwoDefaults(classes: readonly SnapshotClass[]): string | undefined {
  const defaults = classes.filter(({ metadata }) => metadata.annotations?.[DEFAULT_MARK] === "true");
  const byDriver = Map.groupBy(defaults, ({ driver }) => driver);
  return [...byDriver].find(([, same]) => same.length > 1)?.[0];
}
