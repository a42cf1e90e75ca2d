import { afterEach, beforeEach, expect, test } from "vitest";
import type { CatalogReader } from "#core/catalog/catalog.ts";
import { BackupIndex } from "#core/guard/backup-index.ts";
import { Failure } from "#core/model/errors.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import {
  makeCatalog,
  makeFacts,
  makeFolders,
  makeRun,
  warnings,
  writeBackup,
} from "#test/unit/catalog/backup-fixtures.ts";

// What is wrong with an archive's bytes, and how often they are read for it. The reading itself is the catalog's.
const run = makeRun();
let folders: Awaited<ReturnType<typeof makeFolders>>;
let store: ObjectStore;
let index: BackupIndex;
let checked: string[];
/** Backup → what reading it shows, or throws. */
let found: Map<string, string | Failure>;

beforeEach(async () => {
  folders = await makeFolders();
  store = createMemoryStore();
  [checked, found] = [[], new Map()];
  const checkArchive: CatalogReader["checkArchive"] = async ({ backup }) => {
    checked.push(backup);
    const shown = found.get(backup);
    if (shown instanceof Failure) throw shown;
    return shown;
  };
  const open = async () => ({ ...makeCatalog({ store, folders }), checkArchive });
  index = new BackupIndex(
    { url: "memory:", open },
    { cluster: { kubeSystemUid: "kube-system-uid" }, monotonicMs: () => 0, pause: async () => undefined },
  );
});
afterEach(() => folders.remove());

async function backup(
  name: string,
  hour: number,
  {
    namespaces = ["shop"],
    complete = true,
    excludedByLabel = 0,
  }: { namespaces?: readonly string[]; complete?: boolean; excludedByLabel?: number } = {},
) {
  const records = namespaces.map((namespace) => ({
    name: namespace,
    uid: `${namespace}-uid`,
    firstListAt: new Date(Date.UTC(2026, 0, 1, hour)).toISOString(),
    itemCount: 4,
    excludedByLabel,
    kindsNotRead: [],
    claims: [],
    complete,
  }));
  await writeBackup(makeCatalog({ store, folders }), makeFacts(name, { namespaces: records }));
}

const checkAll = () => index.checkArchives(() => undefined, run.context);
const standing = (namespace = "shop") =>
  index
    .candidatesOf(namespace)
    .map(({ evidence: { name, damage } }) => (damage === undefined ? name : `${name}: ${damage}`));

test("each namespace's newest whole backup is read once in each of its states, one for several once", async () => {
  await backup("a", 1);
  await backup("b", 2, { namespaces: ["shop", "bank"] });
  await backup("c", 3, { namespaces: ["bank"], complete: false });
  await index.refresh(run.context);
  await checkAll();
  await checkAll();
  expect(checked).toEqual(["b"]);
  await backup("d", 4);
  await index.refresh(run.context);
  await checkAll();
  expect(checked).toEqual(["b", "d"]);
  const catalog = makeCatalog({ store, folders });
  await catalog.remove("d", run.context);
  await backup("d", 5);
  await index.refresh(run.context);
  await checkAll();
  expect(checked).toEqual(["b", "d", "d"]);
});

test("where the newest leaves something out, the newest that does not is read too", async () => {
  await backup("a", 1);
  await backup("b", 2);
  await backup("c", 3, { excludedByLabel: 1 });
  await backup("d", 4, { excludedByLabel: 1 });
  await index.refresh(run.context);
  await checkAll();
  expect(checked).toEqual(["d", "b"]);
});

test("what is damaged counts for nothing from then on, and an older one stands in, which is read too", async () => {
  for (const [hour, name] of ["a", "b", "c", "d", "e"].entries()) await backup(name, hour);
  await index.refresh(run.context);
  found.set("e", "rotten");
  found.set("c", "rotten too");
  await checkAll();
  expect(standing()).toEqual(["e: rotten", "d", "c"]);
  expect(checked).toEqual(["e", "d"]);
  // The place of the damaged one is filled, and it is known without being read again.
  await index.refresh(run.context);
  await index.refresh(run.context);
  await checkAll();
  expect(standing()).toEqual(["e: rotten", "d", "c", "b"]);
  expect(checked).toEqual(["e", "d"]);
});

test("what cannot be read is no damage: it is told once and tried again", async () => {
  await backup("a", 1);
  await backup("b", 2, { namespaces: ["bank"] });
  await index.refresh(run.context);
  found.set("b", new Failure("location-error", "the object is in an archive tier"));
  await checkAll();
  await checkAll();
  expect(checked).toEqual(["b", "a", "b"]);
  expect(standing("bank")).toEqual(["b"]);
  expect(warnings(run)).toEqual([
    'the archive of backup "b" could not be checked: the object is in an archive tier',
  ]);
});

test("where nobody answers no other archive is tried", async () => {
  await backup("a", 1);
  await backup("b", 2, { namespaces: ["bank"] });
  await index.refresh(run.context);
  found.set("b", new Failure("location-unreachable", "no route to host"));
  await expect(checkAll()).rejects.toThrow("no route to host");
  expect(checked).toEqual(["b"]);
});
