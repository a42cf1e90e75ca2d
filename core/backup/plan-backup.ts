import type { CatalogReader } from "#core/catalog/catalog.ts";
import type { Cluster, Discovery } from "#core/kube/cluster.ts";
import { relateClusters } from "#core/model/cluster-identity.ts";
import { isFailure } from "#core/model/errors.ts";
import type { ItemKind } from "#core/model/item.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { Selection } from "#core/model/selection.ts";
import { compileSelection } from "#core/selection/compile-selection.ts";
import { type NamespaceFacts, readNamespaces } from "./namespace-facts.ts";
import { type BackupPlan, makePlan, namespacesKind } from "./plan.ts";

export interface Planning {
  readonly cluster: Cluster;
  /** Asked only when an API is down: what did the newest backup of this cluster hold of it? */
  readonly catalog: Pick<CatalogReader, "list" | "open">;
  readonly selection: Selection;
}

export interface PlannedBackup {
  readonly plan: BackupPlan;
  readonly namespaceFacts: NamespaceFacts;
}

/** Reads discovery and namespaces and decides what a backup would hold; `create --dry-run` ends here. */
export async function planBackup(
  planning: Planning,
  context: RunContext,
  discovered?: Promise<Discovery>,
): Promise<PlannedBackup> {
  const discovery = await (discovered ?? planning.cluster.discover(context.signal));
  const selection = compileSelection(planning.selection, discovery.resources);
  const namespaceFacts = await readNamespaces(selection, {
    cluster: planning.cluster,
    namespaces: namespacesKind(discovery),
    signal: context.signal,
  });
  const mute = discovery.down.some(({ resources }) => resources.length === 0);
  const knownKinds = mute ? await kindsOfNewestBackup(planning, namespaceFacts, context) : [];
  const request = planning.selection;
  const plan = makePlan({ request, selection, discovery, namespaces: namespaceFacts, knownKinds });
  return { plan, namespaceFacts };
}

async function kindsOfNewestBackup(
  { cluster, catalog }: Planning,
  { kubeSystemUid }: NamespaceFacts,
  context: RunContext,
): Promise<readonly ItemKind[]> {
  const ids = { kubeSystemUid, caSha256: cluster.info.caSha256 };
  for (const { name, origin, clusterIds } of await catalog.list(context)) {
    if (origin !== "kubectl-backup" || relateClusters(ids, clusterIds) !== "same") continue;
    const kinds = await kindsOf(catalog, name, context);
    if (kinds !== undefined) return kinds;
  }
  return [];
}

/** Undefined where that backup cannot be read: an older one will do. */
async function kindsOf(
  catalog: Planning["catalog"],
  name: string,
  context: RunContext,
): Promise<readonly ItemKind[] | undefined> {
  try {
    const backup = await catalog.open(name, context);
    await backup.close();
    return backup.manifest?.kinds;
  } catch (error) {
    const unreadable = isFailure(error, "backup-damaged") || isFailure(error, "backup-unsupported");
    if (unreadable || isFailure(error, "backup-not-found")) return undefined;
    throw error;
  }
}
