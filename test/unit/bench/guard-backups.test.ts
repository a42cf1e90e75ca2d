import { afterEach, beforeEach, expect, test } from "vitest";
import { damageIn } from "#core/catalog/stored-folder.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import { backupTemplate, type GuardedNamespace, putBackup } from "#test/bench/guard-backups.ts";
import { deletionReview } from "#test/bench/review-load.ts";
import { makeCatalog, makeFolders, makeRun, readBackup } from "#test/unit/catalog/backup-fixtures.ts";
import { readReview } from "#webhook/review.ts";

const { context } = makeRun();
const namespace: GuardedNamespace = { name: "prod-1", uid: "prod-1-uid" };
let folders: Awaited<ReturnType<typeof makeFolders>>;

beforeEach(async () => {
  folders = await makeFolders();
});
afterEach(() => folders.remove());

test("a backup that is put under a name of its own is as whole as the one that it was made from", async () => {
  const store = createMemoryStore();
  const catalog = makeCatalog({ store, folders });
  const wanted = {
    name: "prod-1-0",
    namespace,
    firstListAt: new Date("2026-05-01T10:00:00Z"),
    kubeSystemUid: "here",
  };
  const put = (key: string, body: Uint8Array) => store.put(key, body, context.signal);
  await putBackup(await backupTemplate(), wanted, put);
  const folder = await catalog.folder("prod-1-0", context);
  if (folder === undefined) throw new Error("it is not committed");
  const proof = await catalog.prove(folder, context);
  expect(damageIn(folder, proof)).toBeUndefined();
  expect(proof.manifest).toMatchObject({ cluster: { kubeSystemUid: "here" }, namespaces: [namespace] });
  const items = await readBackup(catalog, "prod-1-0");
  expect(items.map(({ ok }) => ok)).toEqual([true, true, true, true]);
});

test("a review of the bench is one that the guard reads", () => {
  const review = readReview(JSON.parse(deletionReview(namespace)));
  expect(review).toMatchObject({ operation: "DELETE", isNamespace: true, before: namespace });
});
