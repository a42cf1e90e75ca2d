import type { OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import type { BackupReference } from "#core/model/backup-reference.ts";
import { groupResource, kindOf } from "#core/model/item.ts";
import type { Referrer } from "./write-references.ts";

/** Beyond namespaces: what runs in them, or all that was stored of them. */
export type ReferrerScope = "workloads" | "all";

const WORKLOADS: ReadonlySet<string> = new Set([
  "cronjobs.batch",
  "daemonsets.apps",
  "deployments.apps",
  "jobs.batch",
  "pods",
  "replicasets.apps",
  "statefulsets.apps",
]);

/**
 * From the backup's index, of those namespaces alone. What has an owner is made by a controller, which its owner's
 * annotation stands for.
 */
export async function* storedReferrers(
  backup: Pick<OpenBackup, "kinds" | "items">,
  references: ReadonlyMap<string, BackupReference>,
  scope: ReferrerScope,
): AsyncGenerator<Referrer> {
  const kinds = backup.kinds.filter((kind) => scope === "all" || WORKLOADS.has(groupResource(kind)));
  for (const kind of kinds) {
    for (const namespace of Object.keys(kind.namespaces)) {
      const reference = references.get(namespace);
      if (reference === undefined) continue;
      for await (const batch of backup.items(kind, namespace)) {
        yield* batch.filter(isOnItsOwn).map((item) => referrerOf(item, reference));
      }
    }
  }
}

function isOnItsOwn({ ownerUids, terminating }: StoredItem): boolean {
  return ownerUids.length === 0 && !terminating;
}

function referrerOf(item: StoredItem, reference: BackupReference): Referrer {
  const { namespace, name, uid } = item;
  return { kind: kindOf(item), namespace, name, uid, reference };
}
