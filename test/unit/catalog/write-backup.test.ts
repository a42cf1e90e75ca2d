import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "#core/storage/memory.ts";
import {
  addAll,
  bytesOf,
  collect,
  keysIn,
  makeCatalog,
  makeFacts,
  makeRun,
  readBackup,
  SOME_ITEMS,
  writeBackup,
} from "./backup-fixtures.ts";
import { useFolders } from "./use-folders.ts";
import { watchStore } from "./watched-store.ts";

const folders = useFolders();

describe("a backup that was committed", () => {
  test("lies in Velero's layout with our files beside it, and without claims", async () => {
    const store = createMemoryStore();
    await writeBackup(makeCatalog({ store, folders }), makeFacts("web"));
    expect(await keysIn(store)).toEqual([
      "backups/web/kubectl-backup-index.gz",
      "backups/web/kubectl-backup.json",
      "backups/web/velero-backup.json",
      "backups/web/web-logs.gz",
      "backups/web/web-resource-list.json.gz",
      "backups/web/web-results.gz",
      "backups/web/web-volumeinfo.json.gz",
      "backups/web/web.tar.gz",
    ]);
  });

  test("gives back the very bytes of every item", async () => {
    const store = createMemoryStore();
    const catalog = makeCatalog({ store, folders });
    await writeBackup(catalog, makeFacts("web"));
    const found = await readBackup(catalog, "web");
    const texts = found.map((result) => (result.ok ? Buffer.from(result.bytes).toString() : result.message));
    expect(texts.sort()).toEqual(SOME_ITEMS.map((item) => Buffer.from(item.bytes).toString()).sort());
  });

  test("is linked by digests from the commit object to every file", async () => {
    const store = createMemoryStore();
    const { manifest } = await writeBackup(makeCatalog({ store, folders }), makeFacts("web"));
    const commit = JSON.parse((await bytesOf(store, "backups/web/velero-backup.json")).toString());
    const manifestBytes = await bytesOf(store, "backups/web/kubectl-backup.json");
    expect(commit.metadata.annotations["kubectl-backup.io/manifest-sha256"]).toBe(sha256(manifestBytes));
    expect(JSON.parse(manifestBytes.toString())).toEqual(JSON.parse(JSON.stringify(manifest)));
    for (const [file, record] of Object.entries(manifest.files)) {
      expect(record.sha256).toBe(sha256(await bytesOf(store, `backups/web/${file}`)));
    }
    expect(Object.keys(manifest.files)).toHaveLength(6);
  });

  test("keeps the lines that were logged", async () => {
    const store = createMemoryStore();
    const catalog = makeCatalog({ store, folders });
    await writeBackup(
      catalog,
      makeFacts("web"),
      makeRun(() => new Date("2026-05-01T10:00:03Z")),
    );
    const pieces = await collect(catalog.logs("web", makeRun().context));
    expect(Buffer.concat(pieces).toString()).toBe(
      'time="2026-05-01T10:00:03Z" level=info msg="reading the cluster"\n',
    );
  });

  test("names its items in the list that Velero's describe reads", async () => {
    const store = createMemoryStore();
    await writeBackup(makeCatalog({ store, folders }), makeFacts("web"));
    const list = gunzipSync(await bytesOf(store, "backups/web/web-resource-list.json.gz"));
    expect(JSON.parse(list.toString())).toEqual({
      "v1/ConfigMap": ["shop/settings", "shop/texts"],
      "v1/Namespace": ["shop"],
      "apps/v1/Deployment": ["shop/web"],
    });
  });

  test("is not taken away by a late abort", async () => {
    const store = createMemoryStore();
    const catalog = makeCatalog({ store, folders });
    const { context } = makeRun();
    const writer = await catalog.begin("web", context);
    await addAll(writer, SOME_ITEMS);
    await writer.commit(makeFacts("web"), context);
    await writer.abort();
    expect(await readBackup(catalog, "web")).toHaveLength(SOME_ITEMS.length);
  });

  test("keeps its name: a second run of it is refused and leaves nothing", async () => {
    const store = createMemoryStore();
    const catalog = makeCatalog({ store, folders });
    await writeBackup(catalog, makeFacts("web"));
    const before = await keysIn(store);
    await expect(catalog.begin("web", makeRun().context)).rejects.toMatchObject({ code: "name-taken" });
    expect(await keysIn(store)).toEqual(before);
  });
});

describe("a run that ends early", () => {
  test("leaves no object, no upload and no temporary file when it is aborted, however often", async () => {
    const store = createMemoryStore();
    const writer = await makeCatalog({ store, folders }).begin("web", makeRun().context);
    await addAll(writer, SOME_ITEMS);
    await writer.abort();
    await writer.abort();
    expect(await keysIn(store)).toEqual([]);
    expect(await store.sweepUploads("", 0, AbortSignal.timeout(1000))).toBe(0);
    expect(await folders.leftInTemp()).toEqual([]);
  });

  test("commits nothing when it is interrupted before the commit object is begun", async () => {
    const store = createMemoryStore();
    const catalog = makeCatalog({ store, folders });
    const run = makeRun();
    const writer = await catalog.begin("web", run.context);
    await addAll(writer, SOME_ITEMS);
    run.interrupt();
    await expect(writer.commit(makeFacts("web"), run.context)).rejects.toThrow("interrupted");
    await writer.abort();
    expect(await keysIn(store)).toEqual([]);
  });

  test("is carried to its end when it is interrupted while the commit object is being put", async () => {
    const store = createMemoryStore();
    const run = makeRun();
    const interrupting = watchStore(store, (call, happen) => {
      if (call.method === "put" && call.key.endsWith("/velero-backup.json")) run.interrupt();
      return happen();
    });
    await writeBackup(makeCatalog({ store: interrupting, folders }), makeFacts("web"), run);
    expect(await readBackup(makeCatalog({ store, folders }), "web")).toHaveLength(SOME_ITEMS.length);
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
