import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeVeleroBackup } from "#core/format/velero-metadata.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import { makeCatalog, makeFacts, makeFolders, makeRun, overwrite, writeBackup } from "./backup-fixtures.ts";
import { watchStore } from "./watched-store.ts";

const signal = new AbortController().signal;

let folders: Awaited<ReturnType<typeof makeFolders>>;
let store: ObjectStore;
beforeEach(async () => {
  folders = await makeFolders();
  store = createMemoryStore();
});
afterEach(() => folders.remove());

/** A catalog that counts what it asks of the store. */
function countingCatalog() {
  const counts = { list: 0, get: 0, others: 0 };
  const watched = watchStore(store, ({ method }, happen) => {
    counts[method === "list" || method === "get" ? method : "others"] += 1;
    return happen();
  });
  return { catalog: makeCatalog({ store: watched, folders }), counts };
}

async function putCommits(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const name = `b${String(n).padStart(4, "0")}`;
    const finished = new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();
    const facts = makeFacts(name, { finished: { server: finished, maker: finished } });
    const body = encodeVeleroBackup(facts, { manifestSha256: "0".repeat(64) });
    await store.put(`backups/${name}/velero-backup.json`, body, signal);
  }
}

test("1,000 backups cost one listing and 1,000 reads the first time, no read the second", async () => {
  await putCommits(1000);
  const first = countingCatalog();
  const listed = await first.catalog.list(makeRun().context);
  expect(listed).toHaveLength(1000);
  expect(listed.slice(0, 2).map((backup) => backup.name)).toEqual(["b0999", "b0998"]);
  expect(first.counts).toEqual({ list: 1, get: 1000, others: 0 });
  const second = countingCatalog();
  expect(await second.catalog.list(makeRun().context)).toEqual(listed);
  expect(second.counts).toEqual({ list: 1, get: 0, others: 0 });
});

describe("the cache", () => {
  test("is left alone where a commit object is another than it was", async () => {
    await putCommits(2);
    await countingCatalog().catalog.list(makeRun().context);
    const body = encodeVeleroBackup(makeFacts("b0001", { itemCount: 99 }), {
      manifestSha256: "0".repeat(64),
    });
    await overwrite(store, "backups/b0001/velero-backup.json", body);
    const { catalog, counts } = countingCatalog();
    const listed = await catalog.list(makeRun().context);
    expect(listed.find((backup) => backup.name === "b0001")?.itemCount).toBe(99);
    expect(counts.get).toBe(1);
    await catalog.list(makeRun().context);
    expect(counts.get).toBe(1);
  });

  test.for([
    ...["", "{", "[]", "null", '{"version":1}', '{"version":1,"url":"memory://store","commits":[3]}'],
    '{"version":1,"url":"memory://store","commits":{"backups/b0000/velero-backup.json":{"etag":"\\"1-2\\"","commit":null}}}',
  ])("that holds %j is read as empty", async (content) => {
    await putCommits(2);
    const before = await countingCatalog().catalog.list(makeRun().context);
    await writeFile(await cacheFile(), content);
    const { catalog, counts } = countingCatalog();
    expect(await catalog.list(makeRun().context)).toEqual(before);
    expect(counts.get).toBe(2);
  });

  test("is nobody else's to read and leaves no other file", async () => {
    await putCommits(1);
    await countingCatalog().catalog.list(makeRun().context);
    expect(await readdir(folders.cacheFolder)).toHaveLength(1);
    expect((await stat(await cacheFile())).mode & 0o777).toBe(0o600);
  });

  test("forgets backups that are gone", async () => {
    await putCommits(2);
    await countingCatalog().catalog.list(makeRun().context);
    await store.remove(["backups/b0000/velero-backup.json"], signal);
    await countingCatalog().catalog.list(makeRun().context);
    expect(await readFile(await cacheFile(), "utf8")).not.toContain("b0000");
  });

  test("that cannot be written costs nothing but reads", async () => {
    await putCommits(1);
    await writeFile(folders.cacheFolder, "a file where the folder should be");
    expect(await countingCatalog().catalog.list(makeRun().context)).toHaveLength(1);
  });

  async function cacheFile(): Promise<string> {
    const [file = ""] = await readdir(folders.cacheFolder);
    return join(folders.cacheFolder, file);
  }
});

describe("what is listed", () => {
  test("are committed backups only: neither claims nor files without a commit", async () => {
    const { catalog } = countingCatalog();
    await writeBackup(catalog, makeFacts("web"));
    const writer = await catalog.begin("under-way", makeRun().context);
    await store.put("backups/left/left.tar.gz", Buffer.from("x"), signal);
    await store.put("backups/deep/er/velero-backup.json", Buffer.from("x"), signal);
    expect((await catalog.list(makeRun().context)).map((backup) => backup.name)).toEqual(["web"]);
    await writer.abort();
  });

  test("says of ours what it needs without reading a manifest", async () => {
    const { catalog } = countingCatalog();
    await writeBackup(catalog, makeFacts("web", { expiresAt: "2026-06-01T00:00:00Z" }));
    expect(await catalog.list(makeRun().context)).toEqual([
      {
        name: "web",
        origin: "kubectl-backup",
        phase: "Completed",
        startedAt: new Date("2026-05-01T10:00:00Z"),
        finishedAt: new Date("2026-05-01T10:00:09Z"),
        expiresAt: new Date("2026-06-01T00:00:00Z"),
        itemCount: 4,
        errorCount: 0,
        warningCount: 0,
        labels: { team: "shop" },
        includedNamespaces: ["*"],
        clusterName: "prod-cluster",
        clusterIds: { kubeSystemUid: "kube-system-uid", caSha256: "ca-digest" },
      },
    ]);
  });

  test.for([
    ["not JSON", "{"],
    ["another kind", '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"odd"}}'],
    ["another name", '{"apiVersion":"velero.io/v1","kind":"Backup","metadata":{"name":"else"}}'],
    ["far too large", `"${"x".repeat(2 * 1024 * 1024)}"`],
  ] as const)("names a commit object that is %s as damaged and goes on", async ([, content]) => {
    await putCommits(1);
    await store.put("backups/odd/velero-backup.json", Buffer.from(content), signal);
    const listed = await countingCatalog().catalog.list(makeRun().context);
    expect(listed.map(({ name, phase }) => ({ name, phase }))).toContainEqual({
      name: "odd",
      phase: "damaged",
    });
    expect(listed.find(({ name }) => name === "odd")?.trouble).toBeTruthy();
    expect(listed).toHaveLength(2);
    await expect(countingCatalog().catalog.find("odd", makeRun().context)).rejects.toMatchObject({
      code: "backup-damaged",
    });
  });
});
