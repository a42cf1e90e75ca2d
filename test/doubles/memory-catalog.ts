import type {
  BackupSummary,
  BackupWriter,
  Catalog,
  OpenBackup,
  RestoreWriter,
  StoredItem,
} from "#core/catalog/catalog.ts";
import type { BackupFacts, Manifest } from "#core/model/backup.ts";
import { Failure } from "#core/model/errors.ts";
import { groupResource, type ItemHeader, type ItemKind } from "#core/model/item.ts";

/** A catalog in memory: names are claimed once, a backup lists when it is committed, what was aborted is gone. */
export interface MemoryCatalog extends Catalog {
  readonly log: string[];
  /** What a committed backup holds: `resource.group namespace/name` → its text. */
  contents(name: string): ReadonlyMap<string, string>;
  /** Called before each item is added. */
  onAdd: () => void;
}

interface Stored {
  readonly item: StoredItem;
  readonly bytes: Uint8Array;
}

interface Folder {
  readonly items: Stored[];
  manifest: Manifest | undefined;
}

/** What a restore says of itself goes nowhere. */
const restoreWriter: RestoreWriter = {
  url: "memory:",
  runId: "run",
  append: async () => undefined,
  writeFile: async () => undefined,
  keepBefore: async () => undefined,
  assertHeld: () => undefined,
  withdraw: async () => undefined,
  close: async () => undefined,
};

export function memoryCatalog(): MemoryCatalog {
  const folders = new Map<string, Folder>();
  const log: string[] = [];

  function committed(name: string): Required<Folder> & { manifest: Manifest } {
    const folder = folders.get(name);
    if (folder?.manifest === undefined) throw new Failure("backup-not-found", `no backup "${name}"`);
    return { items: folder.items, manifest: folder.manifest };
  }

  const catalog: MemoryCatalog = {
    url: "memory:",
    log,
    onAdd: () => undefined,
    contents: (name) => {
      const title = ({ item }: Stored) => `${groupResource(item)} ${item.namespace}/${item.name}`;
      return new Map(
        committed(name).items.map((stored) => [title(stored), new TextDecoder().decode(stored.bytes)]),
      );
    },
    begin: async (name) => {
      if (folders.has(name)) throw new Failure("name-taken", `"${name}" exists`);
      log.push(`begin ${name}`);
      const folder: Folder = { items: [], manifest: undefined };
      folders.set(name, folder);
      return writer(name, folder);
    },
    serverTime: async () => new Date(),
    list: async () =>
      [...folders.keys()]
        .filter((name) => folders.get(name)?.manifest)
        .map(summaryOf)
        .reverse(),
    names: async () => [...folders.keys()].filter((name) => folders.get(name)?.manifest),
    find: async (name) => summaryOf(name),
    open: async (name) => openFolder(summaryOf(name), committed(name)),
    // Nothing lies in files here.
    folders: async function* () {},
    folder: async () => undefined,
    folderNames: async () => [],
    checkArchive: async () => undefined,
    prove: async ({ name }) => {
      throw new Failure("backup-unsupported", `backup "${name}" lies in no files`);
    },
    logs: async function* () {},
    openBefore: async (restore) => {
      throw new Failure("restore-not-found", `no restore "${restore}"`);
    },
    restoreLogs: async function* () {},
    remove: async (name) => void folders.delete(name),
    writeRestoreFile: async () => undefined,
    restores: async () => [],
    restoreNames: async () => [],
    openRestores: async () => [],
    findRestore: async (name) => {
      throw new Failure("restore-not-found", `no restore "${name}"`);
    },
    journal: async function* () {},
    beginRestore: async () => restoreWriter,
    resumeRestore: async () => restoreWriter,
    close: () => undefined,
  };

  function summaryOf(name: string): BackupSummary {
    const { manifest, items } = committed(name);
    return {
      name,
      origin: "kubectl-backup",
      phase: manifest.phase,
      startedAt: new Date(manifest.started.server),
      finishedAt: new Date(manifest.finished.server),
      expiresAt: undefined,
      itemCount: items.length,
      errorCount: manifest.errors.length,
      warningCount: manifest.warnings.length,
      labels: {},
      includedNamespaces: [],
      clusterName: manifest.cluster.clusterName,
      clusterIds: manifest.cluster,
    };
  }

  function writer(name: string, folder: Folder): BackupWriter {
    const { items } = folder;
    return {
      runId: "run",
      add: (kind, header, bytes) => {
        catalog.onAdd();
        items.push({ item: storedItem(kind, header, bytes.length), bytes: bytes.slice() });
        return undefined;
      },
      commit: async (facts: BackupFacts) => {
        const manifest: Manifest = { ...facts, schemaVersion: "1.0", runId: "run", files: {} };
        folder.manifest = manifest;
        log.push(`commit ${name}`);
        return { name: facts.name, url: "memory:", archiveBytes: 0, manifest };
      },
      abort: async () => {
        log.push(`abort ${name}`);
        folders.delete(name);
      },
      log: (level, message) => void log.push(`${level} ${message}`),
      get itemCount() {
        return items.length;
      },
      get itemBytes() {
        return items.reduce((sum, { bytes }) => sum + bytes.length, 0);
      },
    };
  }
  return catalog;
}

function storedItem(kind: ItemKind, header: ItemHeader, sizeBytes: number): StoredItem {
  const { group, version, resource, namespaced } = kind;
  const { namespace, name, uid, resourceVersion, generation, labels } = header;
  const identity = {
    group,
    version,
    resource,
    kind: kind.kind,
    namespaced,
    namespace,
    name,
    uid,
    resourceVersion,
  };
  const ownerUids = header.owners.map((owner) => owner.uid);
  return {
    ...identity,
    generation,
    labels,
    ownerUids,
    terminating: header.deletionTimestamp !== undefined,
    sizeBytes,
  };
}

function openFolder(
  summary: BackupSummary,
  { items, manifest }: { items: Stored[]; manifest: Manifest },
): OpenBackup {
  const key = ({ namespace, name }: StoredItem): string => `${namespace}\0${name}`;
  const byKind = Map.groupBy(items, ({ item }) => groupResource(item));
  return {
    summary,
    manifest,
    notices: [],
    foreignVolumes: [],
    kinds: [...byKind.values()].flatMap((stored) => {
      const [first] = stored;
      if (first === undefined) return [];
      const grouped = Map.groupBy(stored, ({ item }) => item.namespace);
      const namespaces = Object.fromEntries([...grouped].map(([name, list]) => [name, list.length]));
      const { group, version, resource, kind, namespaced } = first.item;
      return [{ group, version, resource, kind, namespaced, count: stored.length, namespaces }];
    }),
    items: async function* (kind, namespace) {
      const ofKind = (byKind.get(groupResource(kind)) ?? []).map(({ item }) => item);
      const found = ofKind.filter((item) => namespace === undefined || item.namespace === namespace);
      yield found.sort((left, right) => (key(left) < key(right) ? -1 : 1));
    },
    read: async function* (wanted) {
      for (const item of wanted) {
        const stored = items.find((entry) => entry.item === item);
        if (stored !== undefined) yield { ok: true, item, bytes: stored.bytes };
      }
    },
    close: async () => undefined,
  };
}
