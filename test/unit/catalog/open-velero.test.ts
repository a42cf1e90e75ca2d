import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import { tarGz } from "#test/harness/tar-gz.ts";
import { CONFIG_MAPS, makeCatalog, makeItem, makeRun, readBackup } from "./backup-fixtures.ts";
import { useFolders } from "./use-folders.ts";

const signal = new AbortController().signal;
const SETTINGS = makeItem(CONFIG_MAPS, "shop/settings", "x".repeat(2000));
const PLAIN = "resources/configmaps/namespaces/shop/settings.json";
const TWIN = "resources/configmaps/v1-preferredversion/namespaces/shop/settings.json";

const folders = useFolders();

const ARCHIVE = {
  "metadata/version": Buffer.from("1.1.0\n"),
  [PLAIN]: SETTINGS.bytes,
  [TWIN]: SETTINGS.bytes,
};

async function storeWith(status: object, archive: Buffer | undefined): Promise<ObjectStore> {
  const store = createMemoryStore();
  const commit = {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name: "v1.nightly" },
    spec: {},
    status,
  };
  await store.put("backups/v1.nightly/velero-backup.json", Buffer.from(JSON.stringify(commit)), signal);
  if (archive !== undefined) await store.put("backups/v1.nightly/v1.nightly.tar.gz", archive, signal);
  return store;
}

describe("a backup that Velero made", () => {
  test("opens without an index and gives its items' bytes, twins left out", async () => {
    const store = await storeWith({ phase: "Completed", formatVersion: "1.1.0" }, await tarGz(ARCHIVE));
    const catalog = makeCatalog({ store, folders });
    const backup = await catalog.open("v1.nightly", makeRun().context);
    expect(backup.summary).toMatchObject({ origin: "velero", phase: "Completed" });
    expect(backup.manifest).toBeUndefined();
    expect(backup.notices).toEqual([]);
    await backup.close();
    expect(await readBackup(catalog, "v1.nightly")).toMatchObject([
      { ok: true, item: { namespace: "shop", name: "settings" }, bytes: SETTINGS.bytes },
    ]);
    expect(await folders.leftInTemp()).toEqual([]);
  });

  test("names what could not be read of it", async () => {
    const archive = await tarGz({
      ...ARCHIVE,
      "resources/configmaps/namespaces/shop/odd.json": Buffer.from("{"),
    });
    const store = await storeWith({ phase: "PartiallyFailed", formatVersion: "1" }, archive);
    const backup = await makeCatalog({ store, folders }).open("v1.nightly", makeRun().context);
    expect(backup.notices).toHaveLength(1);
    expect(backup.notices[0]?.message).toContain("shop/odd.json");
    await backup.close();
  });

  test.for([
    [
      "that is under way",
      { phase: "InProgress", formatVersion: "1.1.0" },
      "backup-damaged",
      "phase InProgress",
    ],
    ["without a phase", {}, "backup-damaged", "phase New"],
    ["of a later format", { phase: "Completed", formatVersion: "2.0" }, "backup-unsupported", "2.0"],
  ] as const)("%s is refused before its archive is read", async ([, status, code, text]) => {
    const store = await storeWith(status, undefined);
    const opening = makeCatalog({ store, folders }).open("v1.nightly", makeRun().context);
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });

  test.for([
    ["is missing", undefined],
    ["ends early", gzipSync(Buffer.alloc(4000, "x")).subarray(0, 30)],
  ] as const)("is damaged when its archive %s, and leaves nothing behind", async ([, archive]) => {
    const store = await storeWith({ phase: "Completed" }, archive);
    const opening = makeCatalog({ store, folders }).open("v1.nightly", makeRun().context);
    await expect(opening).rejects.toMatchObject({ code: "backup-damaged" });
    expect(await folders.leftInTemp()).toEqual([]);
  });
});
