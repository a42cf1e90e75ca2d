import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runBackup } from "#core/backup/run.ts";
import type { Catalog, OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import { openCatalog } from "#core/catalog/open-catalog.ts";
import { openAccess } from "#core/kube/access/access.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { openCluster } from "#core/kube/open-cluster.ts";
import { type BackupFacts, backupRequest } from "#core/model/backup.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { selection } from "#core/model/selection.ts";
import { openDirectoryStore } from "#core/storage/directory/directory-store.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";

/** The parts of the product that make and read a backup, put together over a folder of their own. */
export const context: RunContext = {
  signal: new AbortController().signal,
  now: () => new Date(),
  onProgress: () => undefined,
};

export async function connect(kubeconfig: string): Promise<Cluster> {
  const access = await openAccess({ kubeconfig, env: process.env, interactive: false });
  return openCluster(access, {
    userAgent: "test",
    requestTimeoutSeconds: undefined,
    onNote: () => undefined,
  });
}

export interface Location {
  readonly catalog: Catalog;
  remove(): Promise<void>;
}

export async function newLocation(): Promise<Location> {
  const scratch = await scratchDirectory("location");
  const folder = join(scratch.path, "backups");
  const { store } = await openDirectoryStore(pathToFileURL(folder).href, folder);
  const catalog = openCatalog(store, { cacheFolder: join(scratch.path, "cache"), tempFolder: scratch.path });
  const remove = async () => {
    catalog.close();
    await scratch.remove();
  };
  return { catalog, remove };
}

export interface Wish {
  readonly kubeconfig: string;
  readonly chosen?: Parameters<typeof selection.parse>[0];
  readonly pageSize?: number;
  readonly name?: string;
  readonly catalog: Catalog;
}

export interface Made {
  readonly facts: BackupFacts;
  readonly opened: OpenBackup;
  /** `resource.group namespace/name` → the text that was stored. */
  readonly items: ReadonlyMap<string, string>;
}

/** Backs up, then reads back all that was stored, by the catalog's own reader. */
export async function makeBackup(wish: Wish): Promise<Made> {
  const cluster = await connect(wish.kubeconfig);
  const name = wish.name ?? `b-${crypto.randomUUID().slice(0, 8)}`;
  const request = backupRequest.parse({
    name,
    selection: selection.parse(wish.chosen ?? {}),
    pageSize: wish.pageSize,
  });
  try {
    const { facts } = await runBackup(
      { cluster, catalog: wish.catalog, request, toolVersion: "0.0.0" },
      context,
    );
    const opened = await wish.catalog.open(name, context);
    return { facts, opened, items: await readItems(opened) };
  } finally {
    cluster.close();
  }
}

async function readItems(opened: OpenBackup): Promise<ReadonlyMap<string, string>> {
  const items = new Map<string, string>();
  for (const kind of opened.kinds) {
    for await (const read of opened.read(await storedItems(opened, kind), context.signal)) {
      if (!read.ok) throw new Error(read.message);
      items.set(
        `${groupResource(kind)} ${read.item.namespace}/${read.item.name}`,
        new TextDecoder().decode(read.bytes),
      );
    }
  }
  return items;
}

export async function storedItems(opened: OpenBackup, kind: ItemKind): Promise<readonly StoredItem[]> {
  const items: StoredItem[] = [];
  for await (const batch of opened.items(kind)) items.push(...batch);
  return items;
}

export function kindOf(
  facts: BackupFacts,
  resource: string,
  group = "",
): BackupFacts["kinds"][number] | undefined {
  return facts.kinds.find((kind) => kind.resource === resource && kind.group === group);
}
