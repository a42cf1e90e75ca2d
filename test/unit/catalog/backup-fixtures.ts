import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackupWriter, Catalog, ReadItem } from "#core/catalog/catalog.ts";
import type { Clock } from "#core/catalog/clock.ts";
import { openCatalog } from "#core/catalog/open-catalog.ts";
import type { ProcessIdentity, ProcessTable } from "#core/catalog/process-identity.ts";
import type { BackupFacts } from "#core/model/backup.ts";
import type { ItemHeader, ItemKind } from "#core/model/item.ts";
import { backupName } from "#core/model/names.ts";
import type { ProgressEvent } from "#core/model/progress.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";

export const CONFIG_MAPS: ItemKind = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};
const DEPLOYMENTS: ItemKind = {
  group: "apps",
  version: "v1",
  resource: "deployments",
  kind: "Deployment",
  namespaced: true,
};
const NAMESPACES: ItemKind = {
  group: "",
  version: "v1",
  resource: "namespaces",
  kind: "Namespace",
  namespaced: false,
};

export interface Item {
  readonly kind: ItemKind;
  readonly header: ItemHeader;
  readonly bytes: Uint8Array;
}

export function makeItem(kind: ItemKind, title: string, padding = ""): Item {
  const [name = "", namespace = ""] = title.split("/").reverse();
  const uid = `uid-${kind.resource}-${namespace}-${name}`;
  const metadata = { name, ...(namespace !== "" && { namespace }), uid, resourceVersion: "7" };
  const version = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  const object = { apiVersion: version, kind: kind.kind, metadata, data: { padding } };
  const header = { namespace, name, uid, resourceVersion: "7", labels: {}, annotations: {}, owners: [] };
  return { kind, header, bytes: Buffer.from(JSON.stringify(object)) };
}

export const SOME_ITEMS: readonly Item[] = [
  makeItem(NAMESPACES, "shop"),
  makeItem(CONFIG_MAPS, "shop/settings", "x".repeat(400)),
  makeItem(CONFIG_MAPS, "shop/texts", "y".repeat(4000)),
  makeItem(DEPLOYMENTS, "shop/web"),
];

export function makeFacts(name: string, changes: Partial<BackupFacts> = {}): BackupFacts {
  return {
    name: backupName.parse(name),
    toolVersion: "1.2.3",
    createdBy: { user: "ann" },
    cluster: {
      kubeSystemUid: "kube-system-uid",
      caSha256: "ca-digest",
      contextName: "prod",
      clusterName: "prod-cluster",
      server: "https://10.0.0.1:6443",
      serverVersion: "v1.33.1",
      serverMajor: "1",
      serverMinor: "33",
    },
    request: {
      name: backupName.parse(name),
      selection: {
        includeNamespaces: [],
        excludeNamespaces: [],
        includeResources: [],
        excludeResources: [],
        orSelectors: [],
        includeClusterResources: "auto",
      },
      labels: { team: "shop" },
      veleroExpiry: false,
      strict: false,
    },
    started: { server: "2026-05-01T10:00:00.000Z", maker: "2026-05-01T10:00:01.000Z" },
    finished: { server: "2026-05-01T10:00:09.000Z", maker: "2026-05-01T10:00:10.000Z" },
    phase: "Completed",
    kinds: [],
    namespaces: [],
    itemCount: SOME_ITEMS.length,
    itemBytes: 0,
    secretCount: 0,
    errors: [],
    warnings: [],
    ...changes,
  };
}

/** A clock that stands until somebody moves it; who sleeps wakes when the time has come. */
export class ManualClock implements Clock {
  #ms = Date.parse("2026-05-01T10:00:00Z");
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  wall(): number {
    return this.#ms;
  }

  monotonic(): number {
    return this.#ms;
  }

  now = (): Date => new Date(this.#ms);

  advance(ms: number): void {
    this.#ms += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.until > this.#ms) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) reject(signal.reason);
      const sleeper = { until: this.#ms + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }

  sleepUnheld(ms: number, signal: AbortSignal): Promise<void> {
    return this.sleep(ms, signal);
  }
}

/** Time passes in sleeps only, at once: for runs that wait for each other. */
export class LeapingClock extends ManualClock {
  override async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Renewals never come due: nothing here takes two minutes. */
  override sleepUnheld(_ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }
}

/** Processes of one machine, by number. */
export class ProcessList implements ProcessTable {
  readonly #self: ProcessIdentity;
  readonly #gone: ReadonlySet<number>;

  constructor(pid: number, gone: readonly number[] = []) {
    this.#self = { machine: "one", pid, processStart: "1" };
    this.#gone = new Set(gone);
  }

  async self(): Promise<ProcessIdentity> {
    return this.#self;
  }

  async isGone(other: ProcessIdentity): Promise<boolean> {
    return other.machine === this.#self.machine && this.#gone.has(other.pid);
  }
}

export interface TestRun {
  readonly context: RunContext;
  readonly events: ProgressEvent[];
  interrupt(): void;
}

export function makeRun(now: () => Date = () => new Date()): TestRun {
  const controller = new AbortController();
  const events: ProgressEvent[] = [];
  const onProgress = (event: ProgressEvent) => void events.push(event);
  return {
    context: { signal: controller.signal, now, onProgress },
    events,
    interrupt: () => controller.abort(new Error("interrupted")),
  };
}

export function warnings(run: TestRun): string[] {
  return run.events.flatMap((event) => (event.type === "warned" ? [event.message] : []));
}

/** Folders of a test, removed by `remove`. */
export async function makeFolders() {
  const root = await mkdtemp(join(tmpdir(), "catalog-test-"));
  const [cacheFolder, tempFolder] = [join(root, "cache"), join(root, "temp")];
  const leftInTemp = async () => readdir(tempFolder).catch(() => []);
  return {
    root,
    cacheFolder,
    tempFolder,
    leftInTemp,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

export interface CatalogParts {
  readonly store: ObjectStore;
  readonly folders: { readonly cacheFolder: string; readonly tempFolder: string };
  readonly processes?: ProcessTable;
  readonly clock?: Clock;
}

export function makeCatalog({ store, folders, processes, clock }: CatalogParts): Catalog {
  return openCatalog(store, {
    ...folders,
    processes: processes ?? new ProcessList(1),
    clock: clock ?? new LeapingClock(),
  });
}

export async function addAll(writer: BackupWriter, items: readonly Item[]): Promise<void> {
  for (const { kind, header, bytes } of items) await writer.add(kind, header, bytes);
}

/** As a verb does it: whatever goes wrong, what was written is taken away. */
export async function writeBackup(catalog: Catalog, facts: BackupFacts, run: TestRun = makeRun()) {
  const writer = await catalog.begin(facts.name, run.context);
  try {
    writer.log("info", "reading the cluster");
    await addAll(writer, SOME_ITEMS);
    return await writer.commit(facts, run.context);
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Every item of a backup, read in full. */
export async function readBackup(catalog: Catalog, name: string): Promise<ReadItem[]> {
  const run = makeRun();
  const backup = await catalog.open(name, run.context);
  try {
    const found: ReadItem[] = [];
    for (const kind of backup.kinds) {
      for await (const items of backup.items(kind)) {
        for await (const result of backup.read(items, run.context.signal)) found.push(result);
      }
    }
    return found;
  } finally {
    await backup.close();
  }
}

export async function keysIn(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.list("", { signal: AbortSignal.timeout(10_000) })) {
    keys.push(...page.objects.map((object) => object.key));
  }
  return keys;
}

export async function bytesOf(store: ObjectStore, key: string): Promise<Buffer> {
  return Buffer.concat(await collect(store.get(key, { signal: AbortSignal.timeout(10_000) })));
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

/** Puts other bytes under a key, as a failing disk or a stranger would. */
export async function overwrite(store: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  await store.remove([key], signal);
  await store.put(key, bytes, signal);
}
