import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReadItem } from "#core/catalog/catalog.ts";
import { isFailure } from "#core/model/errors.ts";
import type { ItemKind } from "#core/model/item.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import {
  addAll,
  bytesOf,
  CONFIG_MAPS,
  keysIn,
  LeapingClock,
  makeCatalog,
  makeFacts,
  makeFolders,
  makeItem,
  makeRun,
  overwrite,
  readBackup,
} from "#test/unit/catalog/backup-fixtures.ts";

const NAMESPACES: ItemKind = {
  group: "",
  version: "v1",
  resource: "namespaces",
  kind: "Namespace",
  namespaced: false,
};

/** Several gzip members, some content that deflate leaves as it is. */
const ITEMS = [
  makeItem(NAMESPACES, "shop"),
  ...Array.from({ length: 6 }, (_, n) =>
    makeItem(CONFIG_MAPS, `shop/settings-${n}`, randomBytes(200).toString("base64")),
  ),
  // A phrase, since among equal letters a flipped distance changes nothing.
  ...["a", "b"].map((name) =>
    makeItem(CONFIG_MAPS, `shop/wide-${name}`, randomBytes(75).toString("base64").repeat(6000)),
  ),
];
const ORIGINALS = new Map(
  ITEMS.map(({ kind, header, bytes }) => [
    `${kind.resource} ${header.namespace}/${header.name}`,
    Buffer.from(bytes),
  ]),
);

const store = createMemoryStore();
const folder = "backups/b1/";
let folders: Awaited<ReturnType<typeof makeFolders>>;
let files: ReadonlyMap<string, Buffer>;

beforeAll(async () => {
  folders = await makeFolders();
  const writer = await makeCatalog({ store, folders }).begin("b1", makeRun().context);
  await addAll(writer, ITEMS);
  await writer.commit(makeFacts("b1", { itemCount: ITEMS.length }), makeRun().context);
  const keys = await keysIn(store);
  files = new Map(await Promise.all(keys.map(async (key) => [key, await bytesOf(store, key)] as const)));
});

afterAll(() => folders.remove());

const file = (name: string): Buffer => files.get(folder + name) ?? Buffer.alloc(0);

type Outcome = "refused" | "damaged items" | "same bytes";

/** What a reader makes of the backup with another content of this file. */
async function outcomeWith(name: string, bytes: Uint8Array): Promise<Outcome> {
  await overwrite(store, folder + name, bytes);
  const catalog = makeCatalog({ store, folders, clock: new LeapingClock() });
  try {
    const listed = await catalog.list(makeRun().context);
    expect(listed).toHaveLength(1);
    return judge(await readBackup(catalog, "b1"));
  } catch (error) {
    if (isFailure(error, "backup-damaged") || isFailure(error, "backup-unsupported")) return "refused";
    throw error;
  } finally {
    await overwrite(store, folder + name, file(name));
  }
}

function judge(found: readonly ReadItem[]): Outcome {
  expect(found).toHaveLength(ITEMS.length);
  for (const read of found) {
    if (!read.ok) continue;
    const { resource, namespace, name } = read.item;
    const original = ORIGINALS.get(`${resource} ${namespace}/${name}`);
    if (original === undefined || !original.equals(read.bytes)) {
      throw new Error(`other bytes were read as ${resource} ${namespace}/${name}`);
    }
  }
  return found.every((read) => read.ok) ? "same bytes" : "damaged items";
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
  return copy;
}

async function outcomesOf(name: string, variants: Iterable<Buffer>): Promise<Record<Outcome, number>> {
  const counts = { refused: 0, "damaged items": 0, "same bytes": 0 };
  for (const bytes of variants) counts[await outcomeWith(name, bytes)] += 1;
  return counts;
}

const everyFlip = (bytes: Buffer) => Iterator.from(bytes.keys()).map((at) => flipped(bytes, at));
const everyCut = (bytes: Buffer) =>
  Iterator.from(bytes.keys())
    .filter((length) => length % 64 === 0)
    .map((length) => bytes.subarray(0, length));

describe("one flipped bit", () => {
  test("anywhere in the manifest is refused", async () => {
    const { refused } = await outcomesOf("kubectl-backup.json", everyFlip(file("kubectl-backup.json")));
    expect(refused).toBe(file("kubectl-backup.json").length);
  });

  test("anywhere in the index is refused", async () => {
    const { refused } = await outcomesOf(
      "kubectl-backup-index.gz",
      everyFlip(file("kubectl-backup-index.gz")),
    );
    expect(refused).toBe(file("kubectl-backup-index.gz").length);
  });

  test("anywhere in the commit object is refused or changes no item", async () => {
    const counts = await outcomesOf("velero-backup.json", everyFlip(file("velero-backup.json")));
    expect(counts["damaged items"]).toBe(0);
    expect(counts.refused).toBeGreaterThan(64);
    expect(counts["same bytes"]).toBeGreaterThan(0);
  });

  test("anywhere in the archive damages items by name or changes nothing", async () => {
    const archive = file("b1.tar.gz");
    const headers = [...archive.keys()].filter(
      (at) => archive.readUIntBE(at, Math.min(3, archive.length - at)) === 0x1f8b08,
    );
    expect(headers.length).toBeGreaterThan(2);
    const places = new Set([
      ...[...archive.keys()].filter((at) => at % 7 === 0),
      ...headers.flatMap((at) => Array.from({ length: 32 }, (_, n) => Math.min(at + n, archive.length - 1))),
    ]);
    const counts = await outcomesOf(
      "b1.tar.gz",
      Iterator.from(places).map((at) => flipped(archive, at)),
    );
    expect(counts.refused).toBe(0);
    expect(counts["damaged items"]).toBeGreaterThan(places.size / 2);
  });
});

describe("a cut", () => {
  test.each(["b1.tar.gz", "kubectl-backup.json", "kubectl-backup-index.gz", "velero-backup.json"])(
    "of %s at any length is refused",
    async (name) => {
      const counts = await outcomesOf(name, everyCut(file(name)));
      expect(counts).toEqual({
        refused: Math.ceil(file(name).length / 64),
        "damaged items": 0,
        "same bytes": 0,
      });
    },
  );
});
