import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import { openCatalog } from "#core/catalog/open-catalog.ts";
import type { Cluster, ItemBatch, ListSummary } from "#core/kube/cluster.ts";
import { backupRequest } from "#core/model/backup.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import { memoryCluster } from "#test/doubles/memory-cluster.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { watchStore } from "#test/unit/catalog/watched-store.ts";

const MIB = 1 << 20;
/** What is on its way from a list to the store, whatever its shape; a fraction of what there is to read. */
const MOST_UNDER_WAY = 16 * MIB;
const TOTAL = 24 * MIB;

const context = { signal: new AbortController().signal, now: () => new Date(), onProgress: () => undefined };
let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
beforeAll(async () => {
  scratch = await scratchDirectory("back-pressure");
});
afterAll(() => scratch.remove());

/** Nothing that would compress. */
function secret(index: number, bytes: number): Uint8Array {
  const metadata = { namespace: "shop", name: `s${index}`, uid: `u${index}`, resourceVersion: "1" };
  const data = { value: randomBytes((bytes * 3) / 4).toString("base64") };
  return Buffer.from(JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata, data }));
}

/** As fast as they are asked for, and counted. */
function clusterOfSecrets(bytesEach: number) {
  const plain = memoryCluster();
  plain.put("namespaces", { metadata: { name: "shop" } });
  const read = { count: 0, bytes: 0 };
  async function* list(): AsyncGenerator<ItemBatch, ListSummary, void> {
    while (read.bytes < TOTAL) {
      const batch = Array.from({ length: Math.ceil((64 * 1024) / bytesEach) }, () =>
        secret(read.count++, bytesEach),
      );
      read.bytes += batch.reduce((sum, { length }) => sum + length, 0);
      yield batch;
    }
    return {
      method: "pages",
      resourceVersion: "1",
      consistent: true,
      count: read.count,
      startedAt: "2026-01-01T00:00:00.000Z",
      finishedAt: "2026-01-01T00:00:01.000Z",
      requests: 1,
      meanwhile: undefined,
    };
  }
  const cluster: Cluster = {
    ...plain,
    list: (request) => (request.resource.resource === "secrets" ? list() : plain.list(request)),
  };
  return { cluster, read };
}

describe("a fast list against a store that takes nothing", () => {
  test.each([
    ["small", 1024],
    ["large", 900 * 1024],
  ])(
    "waits: of %s objects few are held, and all are stored when the store goes on (case 17)",
    {
      timeout: 60_000,
    },
    async (size, bytesEach) => {
      const opened = Promise.withResolvers<void>();
      const store = watchStore(createMemoryStore(), async ({ method }, happen) => {
        if (method === "write") await opened.promise;
        return happen();
      });
      const catalog = openCatalog(store, { cacheFolder: scratch.path, tempFolder: scratch.path });
      const { cluster, read } = clusterOfSecrets(bytesEach);
      const request = backupRequest.parse({ name: size, selection: { includeResources: ["secrets"] } });
      const running = runBackup({ cluster, catalog, request, toolVersion: "test" }, context);
      let before = -1;
      while (read.bytes === 0 || read.bytes !== before) {
        before = read.bytes;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      expect(read.bytes).toBeLessThan(MOST_UNDER_WAY);

      opened.resolve();
      const { facts } = await running;
      expect(facts.errors).toEqual([]);
      expect(facts.kinds.find(({ resource }) => resource === "secrets")?.count).toBe(read.count);
      expect(read.bytes).toBeGreaterThanOrEqual(TOTAL);
    },
  );
});
