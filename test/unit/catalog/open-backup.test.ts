import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import type { Catalog, StoredItem } from "#core/catalog/catalog.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import {
  bytesOf,
  CONFIG_MAPS,
  collect,
  keysIn,
  makeCatalog,
  makeFacts,
  makeRun,
  overwrite,
  readBackup,
  SOME_ITEMS,
  writeBackup,
} from "./backup-fixtures.ts";
import { useFolders } from "./use-folders.ts";

const COMMIT = "backups/web/velero-backup.json";
const MANIFEST = "backups/web/kubectl-backup.json";
const INDEX = "backups/web/kubectl-backup-index.gz";
const ARCHIVE = "backups/web/web.tar.gz";

const folders = useFolders();

let store: ObjectStore;
let catalog: Catalog;
beforeEach(async () => {
  store = createMemoryStore();
  catalog = makeCatalog({ store, folders });
  await writeBackup(catalog, makeFacts("web"));
});

async function change(key: string, edit: (document: Record<string, unknown>) => void): Promise<void> {
  const document = JSON.parse((await bytesOf(store, key)).toString());
  edit(document);
  await overwrite(store, key, Buffer.from(JSON.stringify(document)));
}

const open = () => catalog.open("web", makeRun().context);

describe("the chain of proof", () => {
  test.for([MANIFEST, INDEX])("ends at %s when any byte of it is another", async (key) => {
    const bytes = await bytesOf(store, key);
    for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      await overwrite(store, key, flipped);
      await expect(open()).rejects.toMatchObject({ code: "backup-damaged" });
    }
  });

  test("ends at a manifest that is as well-formed as the true one", async () => {
    await change(MANIFEST, (manifest) => {
      manifest["createdBy"] = { user: "eve" };
    });
    await expect(open()).rejects.toThrow("kubectl-backup.json is not what was written");
  });

  test("never lets a flipped byte of the archive become an item's bytes", { timeout: 60_000 }, async () => {
    const bytes = await bytesOf(store, ARCHIVE);
    const originals = new Set(SOME_ITEMS.map((item) => Buffer.from(item.bytes).toString()));
    let damaged = 0;
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 25)) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at);
      await overwrite(store, ARCHIVE, flipped);
      const results = await readBackup(catalog, "web");
      expect(results).toHaveLength(SOME_ITEMS.length);
      for (const result of results) {
        if (result.ok) expect(originals).toContain(Buffer.from(result.bytes).toString());
        else damaged += 1;
      }
    }
    expect(damaged).toBeGreaterThan(0);
  });

  test.for([MANIFEST, INDEX, ARCHIVE])("ends when %s is missing", async (key) => {
    await store.remove([key], AbortSignal.timeout(1000));
    await expect(open()).rejects.toMatchObject({ code: "backup-damaged" });
  });

  test.for([INDEX, ARCHIVE])("ends when %s is shorter or longer than it was", async (key) => {
    const bytes = await bytesOf(store, key);
    for (const other of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.alloc(1)])]) {
      await overwrite(store, key, other);
      await expect(open()).rejects.toMatchObject({ code: "backup-damaged" });
    }
  });

  test("is not left out because the commit object lost its annotation", async () => {
    const annotation = '"kubectl-backup.io/manifest-sha256"';
    const text = (await bytesOf(store, COMMIT)).toString();
    expect(text).toContain(annotation);
    await overwrite(
      store,
      COMMIT,
      Buffer.from(text.replace(annotation, '"kubectl-backup.io/manifest-sha257"')),
    );
    await expect(open()).rejects.toMatchObject({ code: "backup-damaged" });
    expect(await catalog.list(makeRun().context)).toMatchObject([{ name: "web", phase: "damaged" }]);
  });

  test("shows an index that lies, though its digest is as the manifest says", async () => {
    const other = createMemoryStore();
    const others = makeCatalog({ store: other, folders });
    const { context } = makeRun();
    const writer = await others.begin("web", context);
    const [first] = SOME_ITEMS;
    if (first !== undefined) await writer.add(first.kind, first.header, first.bytes);
    await writer.commit(makeFacts("web"), context);
    const index = await bytesOf(other, INDEX);
    await overwrite(store, INDEX, index);
    await change(MANIFEST, (manifest) => {
      const files = Object(manifest["files"]);
      files["kubectl-backup-index.gz"].sizeBytes = index.length;
      files["kubectl-backup-index.gz"].sha256 = createHash("sha256").update(index).digest("hex");
    });
    const digest = createHash("sha256")
      .update(await bytesOf(store, MANIFEST))
      .digest("hex");
    await change(COMMIT, (commit) => {
      Object(commit["metadata"]).annotations["kubectl-backup.io/manifest-sha256"] = digest;
    });
    await expect(open()).rejects.toThrow("its index lists 1 items, its manifest 4");
  });

  test.for([
    ["phase", "PartiallyFailed"],
    ["phase", ""],
  ] as const)("ends when the commit object tells another %s: %s", async ([field, value]) => {
    await change(COMMIT, (commit) => {
      Object(commit["status"])[field] = value;
    });
    await expect(open()).rejects.toMatchObject({ code: "backup-damaged" });
  });
});

describe("an open backup", () => {
  test("counts its kinds and lists their items in order, or those of one namespace", async () => {
    const backup = await open();
    expect(backup.kinds.map((kind) => [kind.resource, kind.count])).toEqual([
      ["configmaps", 2],
      ["namespaces", 1],
      ["deployments", 1],
    ]);
    const names = async (namespace?: string) =>
      (await collect(backup.items(CONFIG_MAPS, namespace))).flat().map((item) => item.name);
    expect(await names()).toEqual(["settings", "texts"]);
    expect(await names("shop")).toEqual(["settings", "texts"]);
    expect(await names("other")).toEqual([]);
    await backup.close();
  });

  test("tells damage of items as they are read", async () => {
    const bytes = await bytesOf(store, ARCHIVE);
    const middle = Math.floor(bytes.length / 2);
    bytes.fill(0, middle, middle + 40);
    await overwrite(store, ARCHIVE, bytes);
    const backup = await open();
    const items = (await collect(backup.items(CONFIG_MAPS))).flat();
    const read = await collect(backup.read(items, makeRun().context.signal));
    expect(read.filter(({ ok }) => !ok)).not.toEqual([]);
    await backup.close();
  });

  test("reads only what it gave", async () => {
    const backup = await open();
    const foreign: StoredItem = { ...(await collect(backup.items(CONFIG_MAPS))).flat()[0] } as StoredItem;
    await expect(collect(backup.read([foreign], makeRun().context.signal))).rejects.toMatchObject({
      code: "internal",
    });
    await backup.close();
  });

  test("has nothing in the folder for temporary files, while it is open and afterwards", async () => {
    const backup = await open();
    expect(await folders.leftInTemp()).toEqual([]);
    await backup.close();
    expect(await folders.leftInTemp()).toEqual([]);
  });
});

test.for(["nowhere", "../web", "web/../web", ""])("a backup named %j is not found", async (name) => {
  await expect(catalog.open(name, makeRun().context)).rejects.toMatchObject({ code: "backup-not-found" });
  await expect(catalog.find(name, makeRun().context)).rejects.toMatchObject({ code: "backup-not-found" });
});

describe("the stored log", () => {
  test("that is missing is told as that", async () => {
    await store.remove(["backups/web/web-logs.gz"], AbortSignal.timeout(1000));
    await expect(collect(catalog.logs("web", makeRun().context))).rejects.toMatchObject({
      code: "object-not-found",
    });
  });

  test("that cannot be unpacked is damage", async () => {
    const bytes = await bytesOf(store, "backups/web/web-logs.gz");
    await overwrite(store, "backups/web/web-logs.gz", bytes.subarray(0, 15));
    await expect(collect(catalog.logs("web", makeRun().context))).rejects.toMatchObject({
      code: "backup-damaged",
    });
  });
});

describe("removal", () => {
  test("takes everything away, and a second one finds nothing", async () => {
    await catalog.remove("web", makeRun().context);
    expect(await keysIn(store)).toEqual([]);
    await expect(catalog.remove("web", makeRun().context)).rejects.toMatchObject({
      code: "backup-not-found",
    });
  });

  test("is refused while another run is at work there", async () => {
    const writer = await catalog.begin("other", makeRun().context);
    await expect(catalog.remove("other", makeRun().context)).rejects.toMatchObject({ code: "refused" });
    await writer.abort();
  });
});
